#include "account/decoy.h"

#include <fmt/format.h>

namespace slipway::account {
namespace {

constexpr std::size_t kSaltBytes = 16, kDigestBytes = 32;  // as crypto_pwhash has them
constexpr int kArgon2Version = 19;

std::string base64_without_padding(const std::string& bytes) {
    auto text = to_base64(bytes);
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

}  // namespace

std::string decoy_hash(PasswordCost cost) {
    return fmt::format("$argon2id$v={}$m={},t={},p=1${}${}", kArgon2Version, cost.memory_bytes / 1024, cost.operations,
                       base64_without_padding(random_bytes(kSaltBytes)),
                       base64_without_padding(random_bytes(kDigestBytes)));
}

}  // namespace slipway::account
