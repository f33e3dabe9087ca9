#include "account/password_hash.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <memory>

#include <dlfcn.h>
#include <openssl/evp.h>

#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::uint64_t kArgon2PassesMax = 64;
constexpr std::uint64_t kLanesMax = 16;
constexpr std::size_t kSaltBytesMax = 128, kDigestBytesMin = 16, kDigestBytesMax = 128;
constexpr std::size_t kBcryptBytes = 60, kBcryptHeadBytes = 7;

std::unexpected<Error> unknown_form() {
    return fail(ErrorCode::invalid,
                "This is no hash of a password that can be verified: argon2id, bcrypt and scrypt are.");
}
std::unexpected<Error> too_dear() {
    return fail(ErrorCode::invalid, "This hash of a password costs more time or memory than is allowed.");
}

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// "ln=16,r=8,p=1": the value of one.
bool read_parameter(std::string_view parameters, std::string_view name, std::uint64_t& number) {
    for (const auto part : split(parameters, ','))
        if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
            return read_number(part.substr(name.size() + 1), number);
    return false;
}

std::optional<std::string> from_plain_base64(std::string_view text) {
    std::string url(text);
    std::ranges::replace(url, '+', '-');
    std::ranges::replace(url, '/', '_');
    return from_base64url(url);
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned char byte = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
        bytes.push_back(static_cast<char>(byte));
    }
    return bytes;
}

Result<PasswordHash> parse_argon2id(std::string_view text) {
    const auto parts = split(text, '$');
    if (parts.size() != 6 || parts[2] != "v=19") return unknown_form();
    PasswordHash hash{.kind = HashKind::argon2id, .text = std::string(text)};
    std::uint64_t kibibytes = 0, lanes = 0;
    if (!read_parameter(parts[3], "m", kibibytes) || !read_parameter(parts[3], "t", hash.passes) ||
        !read_parameter(parts[3], "p", lanes) || !from_plain_base64(parts[4]) || !from_plain_base64(parts[5]))
        return unknown_form();
    if (kibibytes > kHashMemoryMax / 1024 || hash.passes > kArgon2PassesMax || lanes > kLanesMax) return too_dear();
    hash.memory_bytes = kibibytes * 1024;
    hash.lanes = static_cast<std::uint32_t>(lanes);
    return hash;
}

Result<PasswordHash> parse_bcrypt(std::string_view text) {
    constexpr std::string_view kDigits = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::uint64_t cost = 0;
    const bool shaped = text.size() == kBcryptBytes && text[6] == '$' && read_number(text.substr(4, 2), cost) &&
                        text.substr(kBcryptHeadBytes).find_first_not_of(kDigits) == std::string_view::npos;
    if (!shaped || cost < 4) return unknown_form();
    if (cost > kBcryptCostMax) return too_dear();
    return PasswordHash{.kind = HashKind::bcrypt, .text = std::string(text), .memory_bytes = 4 << 10};
}

Result<PasswordHash> checked_scrypt(PasswordHash hash) {
    if (!std::has_single_bit(hash.n) || hash.n < 2 || hash.r == 0 || hash.p == 0 || hash.salt.size() > kSaltBytesMax ||
        hash.digest.size() < kDigestBytesMin || hash.digest.size() > kDigestBytesMax)
        return unknown_form();
    constexpr std::uint64_t kBlock = 128;
    constexpr std::uint64_t kMost = kHashMemoryMax / kBlock;
    if (hash.n > kMost || hash.r > kMost / hash.n || hash.p > kMost / (hash.n * hash.r)) return too_dear();
    hash.memory_bytes = kBlock * hash.n * hash.r;
    return hash;
}

Result<PasswordHash> parse_scrypt(std::string_view text) {
    const auto parts = split(text, '$');
    if (parts.size() != 5) return unknown_form();
    PasswordHash hash{.kind = HashKind::scrypt, .text = std::string(text)};
    std::uint64_t logarithm = 0;
    if (read_parameter(parts[2], "ln", logarithm)) {
        if (logarithm > 32) return too_dear();
        hash.n = std::uint64_t{1} << logarithm;
    } else if (!read_parameter(parts[2], "n", hash.n)) {
        return unknown_form();
    }
    auto salt = from_plain_base64(parts[3]), digest = from_plain_base64(parts[4]);
    if (!read_parameter(parts[2], "r", hash.r) || !read_parameter(parts[2], "p", hash.p) || !salt || !digest)
        return unknown_form();
    hash.salt = *std::move(salt);
    hash.digest = *std::move(digest);
    return checked_scrypt(std::move(hash));
}

Result<PasswordHash> parse_werkzeug(std::string_view text) {
    const auto parts = split(text, '$');
    if (parts.size() != 3) return unknown_form();
    const auto numbers = split(parts[0], ':');
    auto digest = from_hex(parts[2]);
    PasswordHash hash{.kind = HashKind::scrypt, .text = std::string(text)};
    if (numbers.size() != 4 || !read_number(numbers[1], hash.n) || !read_number(numbers[2], hash.r) ||
        !read_number(numbers[3], hash.p) || !digest)
        return unknown_form();
    hash.salt = parts[1];
    hash.digest = *std::move(digest);
    return checked_scrypt(std::move(hash));
}

// Of libxcrypt, which Debian has as its libcrypt. Allocates what it needs in `data`.
using CryptFunction = char* (*)(const char* phrase, const char* setting, void** data, int* size);

CryptFunction load_crypt() {
    void* library = ::dlopen("libcrypt.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) library = ::dlopen("libcrypt.so.2", RTLD_NOW | RTLD_LOCAL);
    return library == nullptr ? nullptr : reinterpret_cast<CryptFunction>(::dlsym(library, "crypt_ra"));
}

struct Freed {
    void operator()(void* data) const { std::free(data); }
};

Result<bool> matches_bcrypt(const PasswordHash& hash, const std::string& password) {
    static const CryptFunction crypt = load_crypt();
    if (crypt == nullptr)
        return fail(ErrorCode::unavailable, "Hashes of bcrypt need libcrypt. On Debian: apt-get install libcrypt1.");
    if (password.find('\0') != std::string::npos) return false;
    void* data = nullptr;
    int size = 0;
    const char* const computed = crypt(password.c_str(), hash.text.c_str(), &data, &size);
    const std::unique_ptr<void, Freed> held(data);
    return computed != nullptr && equal_constant_time(computed, hash.text);
}

Result<bool> matches_scrypt(const PasswordHash& hash, std::string_view password) {
    std::string computed(hash.digest.size(), '\0');
    constexpr std::uint64_t kBesides = 1 << 20;  // what OpenSSL counts beside the blocks
    const int done =
        EVP_PBE_scrypt(password.data(), password.size(), reinterpret_cast<const unsigned char*>(hash.salt.data()),
                       hash.salt.size(), hash.n, hash.r, hash.p, hash.memory_bytes + 128 * hash.r * hash.p + kBesides,
                       reinterpret_cast<unsigned char*>(computed.data()), computed.size());
    if (done != 1)
        return fail(ErrorCode::unavailable, "There is not enough memory to verify a password; try again in a moment.");
    return equal_constant_time(computed, hash.digest);
}

}  // namespace

Result<PasswordHash> parse_password_hash(std::string_view text) {
    if (text.size() > kHashBytesMax || text.find('\0') != std::string_view::npos) return unknown_form();
    if (text.starts_with("$argon2id$")) return parse_argon2id(text);
    if (text.starts_with("$2a$") || text.starts_with("$2b$") || text.starts_with("$2y$")) return parse_bcrypt(text);
    if (text.starts_with("$scrypt$")) return parse_scrypt(text);
    if (text.starts_with("scrypt:")) return parse_werkzeug(text);
    return unknown_form();
}

Result<bool> matches(const PasswordHash& hash, std::string_view password) {
    if (hash.kind == HashKind::bcrypt) return matches_bcrypt(hash, std::string(password));
    if (hash.kind == HashKind::scrypt) return matches_scrypt(hash, password);
    return verify_password(hash.text, password);
}

bool is_outdated(const PasswordHash& hash, PasswordCost cost) {
    return hash.kind != HashKind::argon2id || hash.lanes != 1 || hash.passes != cost.operations ||
           hash.memory_bytes != cost.memory_bytes / 1024 * 1024;
}

}  // namespace slipway::account
