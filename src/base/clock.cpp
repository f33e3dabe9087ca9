#include "base/clock.h"

#include <array>
#include <charconv>
#include <limits>

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
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

namespace {

// Reads exactly `digits` digits at the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<milliseconds> take_fraction(std::string_view& text) {
    int value = 0, digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (digits < 3) value = value * 10 + (text.front() - '0');
        if (digits < 3) ++digits;
        text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 3; ++digits) value *= 10;
    return milliseconds(value);
}

std::optional<minutes> take_offset(std::string_view& text) {
    if (text.empty() || take(text, 'Z') || take(text, 'z')) return minutes(0);
    const int sign = text.front() == '-' ? -1 : 1;
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const auto hour = take_number(text, 2);
    take(text, ':');
    const auto minute = take_number(text, 2);
    if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
    return minutes(sign * (*hour * 60 + *minute));
}

}  // namespace

std::optional<Instant> from_iso8601(std::string_view text) {
    const auto y = take_number(text, 4);
    if (!y || !take(text, '-')) return std::nullopt;
    const auto m = take_number(text, 2);
    if (!m || !take(text, '-')) return std::nullopt;
    const auto d = take_number(text, 2);
    if (!d) return std::nullopt;
    const year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
    if (!date.ok()) return std::nullopt;
    Instant instant{sys_days(date)};
    if (text.empty()) return instant;
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    int second = 0;
    if (take(text, ':')) {
        const auto value = take_number(text, 2);
        if (!value || *value > 60) return std::nullopt;
        second = *value;
    }
    milliseconds fraction(0);
    if (take(text, '.')) {
        const auto value = take_fraction(text);
        if (!value) return std::nullopt;
        fraction = *value;
    }
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    return instant + hours(*hour) + minutes(*minute) + seconds(second) + fraction - *offset;
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
