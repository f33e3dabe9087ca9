// The conformance suite on each version of PostgreSQL.
#include <gtest/gtest.h>

#include "must.h"
#include "store/database/engines/postgres_place.h"

namespace slipway::test {
namespace {

struct OnVersion {
    std::string version;
    DatabaseCheck check;
};

std::vector<OnVersion> all_checks() {
    std::vector<OnVersion> all;
    for (const auto* const version : {"16", "18"})
        for (const auto checks : {database_checks(), database_promise_checks()})
            for (const auto& check : checks) all.push_back({version, check});
    return all;
}

class PostgresConformance : public ::testing::TestWithParam<OnVersion> {};

TEST_P(PostgresConformance, Holds) {
    auto* const server = PostgresServer::of(GetParam().version);
    if (server == nullptr) GTEST_SKIP() << "postgresql-" << GetParam().version << " was not fetched";
    const auto failure = failure_of(GetParam().check, [server] { return std::make_unique<PostgresPlace>(*server); });
    EXPECT_EQ(failure, std::nullopt) << *failure;
}

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresConformance, ::testing::ValuesIn(all_checks()), [](const auto& made) {
    return fmt::format("{}_on_{}", made.param.check.name, made.param.version);
});

TEST(Postgres, SaysWhoItIs) {
    for (const auto* const version : {"16", "18"}) {
        auto* const server = PostgresServer::of(version);
        if (server == nullptr) GTEST_SKIP();
        PostgresPlace place(*server);
        const auto database = must(place.open());
        const auto status = must(run_to_end(database->status()));
        std::printf("engine: %s, %zu conformance tests\n", status.engine.c_str(),
                    database_checks().size() + database_promise_checks().size());
        EXPECT_TRUE(status.engine.starts_with("PostgreSQL " + std::string(version))) << status.engine;
    }
}

}  // namespace
}  // namespace slipway::test
