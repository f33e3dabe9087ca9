// Section `jobs`: work in the background, and by the clock. What a job does, a script says (docs/lua.md).
#pragma once

#include <string>
#include <vector>

#include "app/manifest/keys.h"

namespace slipway::app {

struct ScheduleSection {
    std::string name;
    std::string when;  // as job::Schedule::parse has it
    std::string job;
    TextMap arguments;
};

struct JobsSection {
    std::size_t at_once = 4;
    Milliseconds time_max{3'600'000};
    Milliseconds lease{60'000};
    int attempts = 5;
    Milliseconds keep{30LL * 24 * 3'600'000};
    std::vector<ScheduleSection> schedules;
};

void describe(Keys& keys, JobsSection& jobs);

}  // namespace slipway::app
