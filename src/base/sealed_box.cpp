#include "base/sealed_box.h"

#include <stdexcept>

#include <sodium.h>

#include "base/crypto.h"

namespace slipway {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* room_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void check_key(std::string_view key) {
    if (key.size() != crypto_secretbox_KEYBYTES) throw std::logic_error("a key for sealing has 32 bytes");
}

}  // namespace

std::string derive_key(std::string_view secret, std::string_view purpose) { return hmac_sha256(secret, purpose); }

std::string seal(std::string_view key, std::string_view plain) {
    check_key(key);
    const auto nonce = random_bytes(crypto_secretbox_NONCEBYTES);
    std::string box(crypto_secretbox_MACBYTES + plain.size(), '\0');
    crypto_secretbox_easy(room_of(box), bytes_of(plain), plain.size(), bytes_of(nonce), bytes_of(key));
    return to_base64url(nonce + box);
}

std::optional<std::string> open_sealed(std::string_view key, std::string_view sealed) {
    check_key(key);
    const auto bytes = from_base64url(sealed);
    constexpr std::size_t kAround = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (!bytes || bytes->size() < kAround) return std::nullopt;
    const std::string_view box = std::string_view(*bytes).substr(crypto_secretbox_NONCEBYTES);
    std::string plain(bytes->size() - kAround, '\0');
    if (crypto_secretbox_open_easy(room_of(plain), bytes_of(box), box.size(), bytes_of(*bytes), bytes_of(key)) != 0)
        return std::nullopt;
    return plain;
}

}  // namespace slipway
