// Codes of an authenticator: TOTP (RFC 6238) with HMAC-SHA-1, 30 seconds and six digits, which is what all of them can.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace slipway::account {

inline constexpr std::size_t kTotpSecretBytes = 20;  // as long as the digest (RFC 4226, 4)
inline constexpr std::int64_t kTotpStepSeconds = 30;
inline constexpr std::size_t kTotpDigits = 6;

std::int64_t totp_step(Instant instant);
std::string totp_code(std::string_view secret, std::int64_t step);

// The step that a code is of: that of `instant`, or the one before or after it as clocks differ, but none up to
// `last_step`, so that no code counts twice. nullopt when it is none of those. Takes the same time for each code.
std::optional<std::int64_t> totp_match(std::string_view secret, std::string_view code, Instant instant,
                                       std::int64_t last_step);

// What people type, without spaces; nullopt unless it is six digits.
std::optional<std::string> totp_input(std::string_view typed);

std::string to_base32(std::string_view bytes);  // RFC 4648 without padding
// For the QR code: otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…
std::string otpauth_uri(std::string_view issuer, std::string_view account, std::string_view secret);

}  // namespace slipway::account
