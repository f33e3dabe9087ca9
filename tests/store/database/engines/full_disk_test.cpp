// A PostgreSQL whose disk is full: a tablespace on a disk of few megabytes.
#include <gtest/gtest.h>

#include "must.h"
#include "store/database/engines/postgres_place.h"

namespace slipway::test {
namespace {

TEST(PostgresFullDisk, IsToldAndWhatIsThereCanBeRead) {
    const auto programs = PostgresServer::programs_of("18");
    if (!programs) GTEST_SKIP() << "postgresql-18 was not fetched";
    PostgresServer server(*programs, {}, "3m");
    server.run("postgres", fmt::format("create tablespace small location '{}'", (server.folder() / "small").string()));
    PostgresPlace place(server);
    server.run("postgres", fmt::format("alter database {} set default_tablespace = small", place.database()));
    server.run("postgres", "grant create on tablespace small to public");
    const auto database = must(run_to_end(open_with_tables(place)));
    server.run(place.database(), "create table ballast as select random() from generate_series(1, 20000)");
    must(run_to_end(insert_item(*database, kHere, "kept", 1)));

    // Names that do not compress, until no page fits any more.
    std::int64_t acknowledged = 1;
    Result<void> last;
    for (int i = 0; i < 20'000 && last; ++i) {
        last = run_to_end(insert_item(*database, kHere, random_token(1500), i));
        if (last) ++acknowledged;
    }
    ASSERT_FALSE(last) << "the disk is never full";
    EXPECT_EQ(last.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(last.error().message.contains("has no room left on its disk")) << last.error().message;
    EXPECT_FALSE(last.error().message.contains("-secret"));
    EXPECT_EQ(must(run_to_end(count_items(*database, kHere))), acknowledged) << "no more and no less";

    server.run(place.database(), "drop table ballast");  // room again: no restart is needed
    must(run_to_end(insert_item(*database, kHere, "after", 1)));
    EXPECT_EQ(must(run_to_end(count_items(*database, kHere))), acknowledged + 1);
}

}  // namespace
}  // namespace slipway::test
