#include "store/database/sqlite.h"

#include <gtest/gtest.h>

#include "store/database/sqlite_place.h"

namespace slipway::test {
namespace {

std::vector<DatabaseCheck> every_check() {
    std::vector<DatabaseCheck> checks(database_checks().begin(), database_checks().end());
    checks.insert(checks.end(), database_promise_checks().begin(), database_promise_checks().end());
    return checks;
}

struct SqliteDatabaseConformance : testing::TestWithParam<DatabaseCheck> {};

TEST_P(SqliteDatabaseConformance, Holds) {
    const auto failure = failure_of(GetParam(), [] { return std::make_unique<SqlitePlace>(); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

TEST_P(SqliteDatabaseConformance, HoldsWithExclusiveLocking) {
    const auto failure =
        failure_of(GetParam(), [] { return std::make_unique<SqlitePlace>(store::SqliteOptions{.exclusive = true}); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Sqlite, SqliteDatabaseConformance, testing::ValuesIn(every_check()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace slipway::test
