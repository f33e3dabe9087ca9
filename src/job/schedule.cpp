#include "job/schedule.h"

#include <charconv>
#include <vector>

#include "base/text.h"

namespace slipway::job {
namespace {

constexpr std::string_view kEvery = "every ";
constexpr std::size_t kTextBytesMax = 200;
constexpr int kDaysAhead = 8 * 366;

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

struct Range {
    unsigned first = 0, last = 0, step = 1;
};

std::optional<Range> range_of(std::string_view text, unsigned least, unsigned most) {
    Range range{least, most, 1};
    const auto slash = text.find('/');
    if (slash != std::string_view::npos) {
        const auto step = number(text.substr(slash + 1));
        if (!step || *step == 0) return std::nullopt;
        range.step = *step;
        text = text.substr(0, slash);
    }
    if (text != "*") {
        const auto dash = text.find('-');
        const auto first = number(text.substr(0, dash));
        if (!first) return std::nullopt;
        range.first = *first;
        if (dash != std::string_view::npos) {
            const auto last = number(text.substr(dash + 1));
            if (!last) return std::nullopt;
            range.last = *last;
        } else if (slash == std::string_view::npos) {
            range.last = *first;
        }
    }
    if (range.first < least || range.last > most || range.first > range.last) return std::nullopt;
    return range;
}

template <std::size_t Size>
Result<void> read_field(std::string_view text, std::string_view name, unsigned least, unsigned most,
                        std::bitset<Size>& into) {
    for (const auto part : split(text, ',')) {
        const auto range = range_of(part, least, most);
        if (!range)
            return fail(ErrorCode::invalid, "The {} of a schedule is *, or numbers from {} to {}: 5, 1-5, 1,3, */10.",
                        name, least, most);
        for (auto value = range->first; value <= range->last; value += range->step) into.set(value);
    }
    return {};
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view text) {
    if (text.size() > kTextBytesMax) return fail(ErrorCode::invalid, "The schedule is too long.");
    Schedule schedule;
    const auto plain = collapse_spaces(text);
    if (plain.starts_with(kEvery)) {
        const auto every = parse_duration(std::string_view(plain).substr(kEvery.size()));
        if (!every || *every < std::chrono::seconds(1) || *every > std::chrono::days(366))
            return fail(ErrorCode::invalid, "A schedule is like “every 15m”, from 1s to 366d.");
        schedule.every_ = *every;
        return schedule;
    }
    const auto fields = split(plain, ' ');
    if (fields.size() != 5)
        return fail(ErrorCode::invalid,
                    "A schedule is “every 15m”, or minute, hour, day, month and weekday: 0 3 * * 1.");
    SLIPWAY_CHECK(read_field(fields[0], "minute", 0, 59, schedule.minutes_));
    SLIPWAY_CHECK(read_field(fields[1], "hour", 0, 23, schedule.hours_));
    SLIPWAY_CHECK(read_field(fields[2], "day", 1, 31, schedule.days_));
    SLIPWAY_CHECK(read_field(fields[3], "month", 1, 12, schedule.months_));
    SLIPWAY_CHECK(read_field(fields[4], "weekday", 0, 7, schedule.weekdays_));
    if (schedule.weekdays_[7]) schedule.weekdays_.set(0);
    schedule.any_day_ = fields[2] == "*";
    schedule.any_weekday_ = fields[4] == "*";
    return schedule;
}

bool Schedule::is_day(std::chrono::sys_days day) const {
    const std::chrono::year_month_day date(day);
    if (!months_[static_cast<unsigned>(date.month())]) return false;
    const bool by_day = days_[static_cast<unsigned>(date.day())];
    const bool by_weekday = weekdays_[std::chrono::weekday(day).c_encoding()];
    if (any_day_ || any_weekday_) return by_day && by_weekday;
    return by_day || by_weekday;
}

std::optional<Instant> Schedule::next(Instant after) const {
    if (every_) {
        const auto since = after.time_since_epoch();
        return Instant((since / *every_ + 1) * *every_);
    }
    const auto first = std::chrono::floor<std::chrono::minutes>(after) + std::chrono::minutes(1);
    auto day = std::chrono::floor<std::chrono::days>(first);
    auto minute = std::chrono::duration_cast<std::chrono::minutes>(first - day).count();
    for (int i = 0; i < kDaysAhead; ++i, day += std::chrono::days(1), minute = 0) {
        if (!is_day(day)) continue;
        for (; minute < 24L * 60; ++minute)
            if (hours_[static_cast<std::size_t>(minute) / 60] && minutes_[static_cast<std::size_t>(minute) % 60])
                return Instant(day + std::chrono::minutes(minute));
    }
    return std::nullopt;
}

}  // namespace slipway::job
