#include "base/clock.h"

#include <array>
#include <charconv>
#include <limits>

#include <fmt/compile.h>
#include <fmt/format.h>

namespace slipway {

using namespace std::chrono;

Instant now() { return floor<milliseconds>(system_clock::now()); }
std::int64_t to_unix_ms(Instant instant) { return instant.time_since_epoch().count(); }
Instant from_unix_ms(std::int64_t value) { return Instant(milliseconds(value)); }

std::string to_iso8601(Instant instant) {
    const auto day = floor<days>(instant);
    const year_month_day date(day);
    const hh_mm_ss<milliseconds> time(instant - day);
    return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"), static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<milliseconds> parse_duration(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    struct Unit {
        std::string_view name;
        std::int64_t factor;
    };
    constexpr std::array<Unit, 6> kUnits{
        {{"ms", 1}, {"", 1000}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    for (const auto& [name, factor] : kUnits)
        if (unit == name && value <= std::numeric_limits<std::int64_t>::max() / factor)
            return milliseconds(value * factor);
    return std::nullopt;
}

}  // namespace slipway
