#include "account/totp.h"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/crypto.h"
#include "base/error.h"
#include "base/percent.h"

namespace slipway::account {
namespace {

constexpr std::size_t kDigestBytes = 20;
constexpr std::uint32_t kCodes = 1'000'000;
constexpr std::size_t kTypedBytesMax = 32;

}  // namespace

std::int64_t totp_step(Instant instant) { return to_unix_ms(instant) / (1000 * kTotpStepSeconds); }

std::string totp_code(std::string_view secret, std::int64_t step) {
    std::array<unsigned char, 8> counter{};
    for (std::size_t i = 0; i < counter.size(); ++i)
        counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (56 - 8 * i));
    std::array<unsigned char, kDigestBytes> digest{};
    unsigned int size = kDigestBytes;
    if (HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(), digest.data(),
             &size) == nullptr)
        std::abort();
    const std::size_t offset = digest.back() & 0x0fU;
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | digest[offset + i];
    return fmt::format("{:06}", (number & 0x7fffffffU) % kCodes);
}

std::optional<std::int64_t> totp_match(std::string_view secret, std::string_view code, Instant instant,
                                       std::int64_t last_step) {
    std::optional<std::int64_t> matched;
    const auto current = totp_step(instant);
    for (const auto step : {current - 1, current, current + 1})
        if (equal_constant_time(totp_code(secret, step), code) && step > last_step) matched = step;
    return matched;
}

std::optional<std::string> totp_input(std::string_view typed) {
    if (typed.size() > kTypedBytesMax) return std::nullopt;
    std::string code;
    for (const char c : typed) {
        if (c == ' ' || c == '-') continue;
        if (c < '0' || c > '9') return std::nullopt;
        code += c;
    }
    if (code.size() != kTotpDigits) return std::nullopt;
    return code;
}

std::string to_base32(std::string_view bytes) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        count += 8;
        while (count >= 5) {
            count -= 5;
            text += kAlphabet[bits >> count & 31U];
        }
        bits &= (1U << count) - 1;
    }
    if (count > 0) text += kAlphabet[bits << (5 - count) & 31U];
    return text;
}

std::string otpauth_uri(std::string_view issuer, std::string_view account, std::string_view secret) {
    return fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits={}&period={}",
                       percent_encode(issuer), percent_encode(account), to_base32(secret), percent_encode(issuer),
                       kTotpDigits, kTotpStepSeconds);
}

}  // namespace slipway::account
