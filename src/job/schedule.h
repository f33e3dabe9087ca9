// When something is due again: "every 15m", or five fields as cron has them, in UTC.
//
//     minute hour day-of-month month day-of-week        each: *  5  1-5  1,3,5  */10  10-50/5
//
// Days of the week are 0 (Sunday) to 6; 7 is Sunday, too. When both days are restricted, either is enough, as in cron.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"

namespace slipway::job {

class Schedule {
 public:
    // `invalid` says which field is wrong. An interval is at least a second and at most 366 days.
    static Result<Schedule> parse(std::string_view text);

    // The first instant after this one. Intervals are counted from 1970, so that all processes agree. nullopt when
    // there is none within eight years ("0 0 30 2 *").
    std::optional<Instant> next(Instant after) const;

 private:
    std::optional<Milliseconds> every_;
    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<8> weekdays_;
    bool any_day_ = false, any_weekday_ = false;

    bool is_day(std::chrono::sys_days day) const;
};

}  // namespace slipway::job
