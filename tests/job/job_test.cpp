#include <gtest/gtest.h>

#include "base/log.h"
#include "job/conformance.h"
#include "job/schedule.h"
#include "must.h"
#include "store/queue/database.h"

namespace slipway::test {
namespace {

class DatabaseJobPlace : public JobPlace {
    std::unique_ptr<store::Queue> open_queue(store::Database& database) override {
        return store::make_database_queue(database);
    }
};

struct DatabaseJobs : testing::TestWithParam<JobCheck> {};

TEST_P(DatabaseJobs, Holds) {
    log::set_level(log::Level::warning);
    const auto failure = failure_of(GetParam(), [] { return std::make_unique<DatabaseJobPlace>(); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Sqlite, DatabaseJobs, testing::ValuesIn(job_checks()),
                         [](const auto& info) { return std::string(info.param.name); });

Instant at(int year, unsigned month, unsigned day, int hour, int minute) {
    return Instant(std::chrono::sys_days(std::chrono::year(year) / month / day) + std::chrono::hours(hour) +
                   std::chrono::minutes(minute));
}

std::string next(std::string_view text, Instant after) {
    const auto schedule = job::Schedule::parse(text);
    if (!schedule) return schedule.error().message;
    const auto instant = schedule->next(after);
    return instant ? to_iso8601(*instant).substr(0, 16) : "never";
}

TEST(Schedule, NamesTheNextTime) {
    const auto friday = at(2026, 5, 1, 12, 34);
    EXPECT_EQ(next("* * * * *", friday), "2026-05-01T12:35");
    EXPECT_EQ(next("34 12 * * *", friday), "2026-05-02T12:34");
    EXPECT_EQ(next("*/15 * * * *", friday), "2026-05-01T12:45");
    EXPECT_EQ(next("10-40/15 * * * *", friday), "2026-05-01T12:40");
    EXPECT_EQ(next("0 3 * * 1-5", friday), "2026-05-04T03:00");
    EXPECT_EQ(next("0 0 * * 7", friday), "2026-05-03T00:00");
    EXPECT_EQ(next("0 0 13 * 5", friday), "2026-05-08T00:00");
    EXPECT_EQ(next("5,50 23 31 * *", friday), "2026-05-31T23:05");
    EXPECT_EQ(next("0 0 29 2 *", friday), "2028-02-29T00:00");
    EXPECT_EQ(next("0 0 30 2 *", friday), "never");
    EXPECT_EQ(next("59 23 31 12 *", at(2026, 12, 31, 23, 59)), "2027-12-31T23:59");
    EXPECT_EQ(next("every 15m", friday), "2026-05-01T12:45");
    EXPECT_EQ(next("every 1h", at(2026, 5, 1, 12, 0)), "2026-05-01T13:00");
}

TEST(Schedule, RefusesWhatIsNone) {
    for (const auto* const text : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
                                   "* * * * 8", "a * * * *", "5-1 * * * *", "*/0 * * * *", "1, * * * *", "every",
                                   "every 0s", "every 10ms", "every 1000d", "every x", "- * * * *"})
        EXPECT_FALSE(job::Schedule::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace slipway::test
