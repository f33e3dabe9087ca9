// Points in time are UTC with millisecond precision; stores keep them as integers (milliseconds since 1970).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

Instant now();
std::int64_t to_unix_ms(Instant instant);
Instant from_unix_ms(std::int64_t milliseconds);

// "2026-11-21T13:36:04.123Z"
std::string to_iso8601(Instant instant);
// "24h", "15m", "30s", "500ms", "7d"; a bare number is seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace slipway
