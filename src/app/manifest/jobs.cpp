#include "app/manifest/jobs.h"

#include "app/manifest/checks.h"
#include "job/schedule.h"
#include "store/queue/queue.h"

namespace slipway::app {

using std::chrono::hours;
using std::chrono::seconds;

static void describe(Keys& keys, ScheduleSection& schedule) {
    keys.text("when", schedule.when,
              "`every 15m`, or five fields as cron has them, in UTC: minute, hour, day of the month, month, day of the "
              "week.",
              {Form::line, true});
    keys.text("job", schedule.job, "Name of the job.", {Form::line, true});
    keys.text_map("arguments", schedule.arguments, "Its arguments.");
}

void describe(Keys& keys, JobsSection& jobs) {
    keys.integer("at_once", jobs.at_once, 1, 256, "Jobs that one process runs at the same time.");
    keys.duration("time_max", jobs.time_max, seconds(1), hours(24),
                  "How long one attempt may take; then it is stopped, and tried again.");
    keys.duration("lease", jobs.lease, seconds(2), hours(1),
                  "How long what a dead server was at waits for another one; a live one renews it.");
    keys.integer("attempts", jobs.attempts, 1, store::kQueueAttemptsMax,
                 "Attempts at a job that says nothing else. After the last one it is given up: `slipway jobs retry`.");
    keys.duration("keep", jobs.keep, hours(1), hours(24 * 366),
                  "How long it is known what became of a job that has ended.");
    keys.named("schedules", jobs.schedules, "Jobs that the clock starts, each once, however many servers there are.");
}

void check_jobs(Checks& checks) {
    for (const auto& schedule : checks.manifest.jobs.schedules) {
        const auto path = "jobs.schedules." + schedule.name;
        if (const auto when = job::Schedule::parse(schedule.when); !when)
            checks.error(path + ".when", fmt::format("{}.when: {}", path, when.error().message));
        else if (!when->next(now()))
            checks.error(path + ".when", fmt::format("{}.when: \"{}\" never comes.", path, schedule.when));
        if (const auto name = store::check_queue_name(schedule.job); !name)
            checks.error(path + ".job", fmt::format("{}.job: \"{}\" is no name of a job.", path, schedule.job),
                         "It has letters, digits, '-', '_' and '.', at most 64.");
    }
}

}  // namespace slipway::app
