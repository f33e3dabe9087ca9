#include "base/crypto.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>

namespace slipway {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void ensure_sodium() {
    static const bool ready = sodium_init() >= 0;
    if (!ready) std::abort();
}

std::string encode_base64(std::string_view bytes, int variant) {
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), variant);
    text.resize(std::strlen(text.c_str()));
    return text;
}

// HMAC with SHA-256 as OpenSSL looked it up once; looking it up each time costs more than the digest of a short text.
struct HmacContext {
    HmacContext() {
        EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
        std::string digest = OSSL_DIGEST_NAME_SHA2_256;
        const std::array<OSSL_PARAM, 2> parameters{
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
        context = EVP_MAC_CTX_new(hmac);
        EVP_MAC_free(hmac);
        if (EVP_MAC_CTX_set_params(context, parameters.data()) != 1) std::abort();
    }
    ~HmacContext() { EVP_MAC_CTX_free(context); }
    HmacContext(const HmacContext&) = delete;
    HmacContext& operator=(const HmacContext&) = delete;
    EVP_MAC_CTX* context = nullptr;
};

constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned char kNoDigit = 64;
constexpr auto kBase64UrlDigits = [] {
    std::array<unsigned char, 256> digits{};
    digits.fill(kNoDigit);
    for (std::size_t i = 0; i < kBase64Url.size(); ++i)
        digits[static_cast<unsigned char>(kBase64Url[i])] = static_cast<unsigned char>(i);
    return digits;
}();

}  // namespace

std::string sha256(std::string_view bytes) {
    std::string digest(32, '\0');
    unsigned length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &length, EVP_sha256(),
                   nullptr) != 1)
        std::abort();
    return digest;
}

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
};

Sha256::Sha256() : state_(new State) {
    if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) std::abort();
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(state_->context);
    delete state_;
}

void Sha256::add(std::string_view bytes) {
    if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) std::abort();
}

std::string Sha256::finish() {
    std::string digest(32, '\0');
    unsigned length = 0;
    if (EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(digest.data()), &length) != 1)
        std::abort();
    return digest;
}

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    thread_local const HmacContext hmac;
    std::string digest(32, '\0');
    std::size_t length = 0;
    // No key at all would mean the one before.
    if (EVP_MAC_init(hmac.context, bytes_of(key.empty() ? "" : key), key.size(), nullptr) != 1 ||
        EVP_MAC_update(hmac.context, bytes_of(bytes), bytes.size()) != 1 ||
        EVP_MAC_final(hmac.context, reinterpret_cast<unsigned char*>(digest.data()), &length, digest.size()) != 1)
        std::abort();
    return digest;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

std::string to_base64url(std::string_view bytes) {
    return encode_base64(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::string to_base64(std::string_view bytes) { return encode_base64(bytes, sodium_base64_VARIANT_ORIGINAL); }

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t gathered = 0;
    int bits = 0;
    for (const char c : text) {
        const auto digit = kBase64UrlDigits[static_cast<unsigned char>(c)];
        if (digit == kNoDigit) return std::nullopt;
        gathered = gathered << 6 | digit;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(gathered >> bits);
    }
    const bool whole = bits < 6 && (gathered & ((1U << bits) - 1)) == 0;
    return whole ? std::optional(std::move(bytes)) : std::nullopt;
}

std::string random_bytes(std::size_t count) {
    ensure_sodium();
    std::string bytes(count, '\0');
    randombytes_buf(bytes.data(), count);
    return bytes;
}

std::string random_token(std::size_t bytes) { return to_base64url(random_bytes(bytes)); }

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string new_id() {
    auto bytes = random_bytes(16);
    using namespace std::chrono;
    const auto ms =
        static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
    for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<char>(ms >> (40 - 8 * i));
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x70);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    auto text = to_hex(bytes);
    for (const std::size_t position : std::array<std::size_t, 4>{8, 13, 18, 23}) text.insert(position, 1, '-');
    return text;
}

Result<std::string> hash_password(std::string_view password, PasswordCost cost) {
    ensure_sodium();
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (crypto_pwhash_argon2id_str(text.data(), password.data(), password.size(), cost.operations, cost.memory_bytes) !=
        0)
        return fail(ErrorCode::unavailable, "There is not enough memory to hash a password; try again in a moment.");
    return std::string(text.data());
}

bool verify_password(std::string_view hash, std::string_view password) {
    ensure_sodium();
    const std::string terminated(hash);
    return crypto_pwhash_argon2id_str_verify(terminated.c_str(), password.data(), password.size()) == 0;
}

}  // namespace slipway
