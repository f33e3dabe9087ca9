// What goes wrong between the pgvector adapter and its PostgreSQL, and what a role may see of its tables.
#include <csignal>

#include <gtest/gtest.h>

#include "engines/proxy.h"
#include "store/check.h"
#include "store/index/bench.h"
#include "store/index/engines/faults.h"
#include "store/index/engines/pgvector_place.h"

namespace slipway::test {
namespace {

using store::Scope;

// A server of its own, which these tests stop and kill.
class PgvectorFaults : public testing::Test {
 protected:
    void SetUp() override {
        const auto* const shared = PostgresServer::of("18");
        if (!shared) GTEST_SKIP() << "scripts/engines.sh postgresql-18";
        static auto* const server = new PostgresServer(shared->programs());
        static auto* const place = new PgvectorPlace(*server);
        place_ = place;
        if (!place_->server().process().running()) must(place_->server().process().start_again());
    }
    // As it waits in these tests: for a server that is away a second, for a statement as long as told.
    std::unique_ptr<store::Index> open(std::uint16_t port = 0, std::string_view more = "") const {
        auto options = place_->options();
        if (port != 0) {
            const auto there = fmt::format(":{}/", place_->server().port());
            options.url.replace(options.url.find(there), there.size(), fmt::format(":{}/", port));
        }
        options.url += more;
        options.pool.reconnect_time_max = Milliseconds(1'500);
        options.pool.wait_time_max = Milliseconds(1'500);
        options.transaction_time_max = Milliseconds(6'000);
        return store::open_pgvector(PgvectorPlace::open_database(options));
    }

    PgvectorPlace* place_ = nullptr;
};

TEST_F(PgvectorFaults, StoppedInTheMiddleItIsToldAndNothingAcknowledgedIsLost) {
    auto index = open();
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(7)));
    place_->server().process().stop(SIGKILL);
    for (const auto& error : {error_of(index->search(kWorkspace, name, {.text = "water"})), error_of(index->status()),
                              error_of(index->upsert(kWorkspace, name, some_passages(8)))}) {
        EXPECT_EQ(error.code, ErrorCode::unavailable) << error.message;
        EXPECT_FALSE(error.message.contains("-secret")) << error.message;
    }
    must(place_->server().process().start_again());
    EXPECT_EQ(must(index->count(kWorkspace, name, {})), 7U);
    must(index->upsert(kWorkspace, name, some_passages(9)));
    EXPECT_EQ(must(index->search(kWorkspace, name, {.text = "water"})).size(), 9U);
    must(index->check_integrity());
    must(index->drop(name));
}

TEST_F(PgvectorFaults, CutAnywhereInACallItIsWholeOrNotAtAll) {
    Proxy proxy(place_->server().port());
    auto index = open(proxy.port());
    const auto name = fresh_collection(*index);
    std::uint64_t known = 0;
    std::size_t failed = 0;
    for (const int bytes : {1, 200, 450, 700, 1'000, 1'400, 1'800, 2'300, 3'000}) {
        proxy.cut_after(bytes);
        const auto written = run_to_end(index->upsert(kWorkspace, name, some_passages(known + 5)));
        proxy.cut_after(-1);
        failed += written ? 0 : 1;
        if (!written) EXPECT_EQ(written.error().code, ErrorCode::unavailable) << written.error().message;
        const auto there = must(index->count(kWorkspace, name, {}));
        EXPECT_TRUE(there == known + 5 || (!written && there == known)) << bytes << ": " << there << " of " << known;
        known = there;
        EXPECT_EQ(must(index->search(kWorkspace, name, {.text = "water", .limit = 100})).size(), known);
    }
    must(index->check_integrity());
    must(index->drop(name));
    EXPECT_GT(known, 0U) << failed << " failed";
}

TEST_F(PgvectorFaults, ASlowServerIsWaitedForAndASilentOneIsTold) {
    Proxy proxy(place_->server().port());
    auto index = open(proxy.port(), "&statement_timeout=2s");
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(4)));
    proxy.delay(std::chrono::milliseconds(50));
    EXPECT_EQ(must(index->search(kWorkspace, name, {.text = "water"})).size(), 4U);
    proxy.delay(std::chrono::milliseconds(0));
    proxy.swallow(true);
    EXPECT_EQ(error_of(index->search(kWorkspace, name, {.text = "water"})).code, ErrorCode::unavailable);
    proxy.swallow(false);
    EXPECT_EQ(must(index->search(kWorkspace, name, {.text = "water"})).size(), 4U);
    must(index->drop(name));
}

// Another one holds the row that every writer of the workspace needs.
TEST_F(PgvectorFaults, ALockThatIsNotGivenBackIsTold) {
    auto index = open(0, "&lock_timeout=500ms");
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(4)));
    const auto holder = place_->open_database();
    const store::Database::Body hold = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await transaction.execute("UPDATE index_space SET terms = terms"));
        const auto refused = co_await index->upsert(kWorkspace, name, some_passages(6));
        EXPECT_FALSE(refused);
        if (!refused) EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << refused.error().message;
        const auto found = co_await index->search(kWorkspace, name, {.text = "water"});
        EXPECT_TRUE(found && found->size() == 4) << "readers wait for nobody";
        co_return Result<void>();
    };
    must(holder->transact(Scope::system(), hold));
    must(index->upsert(kWorkspace, name, some_passages(6)));
    EXPECT_EQ(must(index->count(kWorkspace, name, {})), 6U);
    must(index->drop(name));
}

TEST_F(PgvectorFaults, RenewedByAnotherProcessIsFoundAgain) { expect_renewed_is_found_again(*open(), *open()); }

// Two processes that write into one workspace: each its own adapter, so only the database keeps them apart.
TEST_F(PgvectorFaults, ProcessesThatWriteAtOnceLoseNothing) {
    const auto one = open(), other = open();
    const auto name = fresh_collection(*one);
    const auto write = [&](store::Index& index, std::string_view prefix) -> Task<void> {
        for (int i = 0; i < 12; ++i) {
            std::vector<store::Passage> passages;
            for (int k = 0; k < 3; ++k)
                passages.push_back({.id = fmt::format("{}{}-{}", prefix, i, k), .text = fmt::format("water {}", i)});
            SLIPWAY_CO_CHECK(co_await index.upsert(kWorkspace, name, std::move(passages)));
        }
        co_return Result<void>();
    };
    std::vector<Task<void>> both;
    both.push_back(write(*one, "a"));
    both.push_back(write(*other, "b"));
    for (const auto& result : run_to_end(all_of(std::move(both)))) EXPECT_TRUE(result) << result.error().message;
    EXPECT_EQ(must(one->search(kWorkspace, name, {.text = "water", .limit = 100})).size(), 72U);
    must(one->check_integrity());
    must(one->drop(name));
}

TEST_F(PgvectorFaults, DroppedCollectionsLeaveNothing) {
    const auto index = place_->open({.exact_max = 9});
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(20)));
    must(index->renew(name, {.dimension = 3}));
    must(index->drop(name));
    const auto database = place_->open_database();
    for (const auto* const table :
         {"index_passage", "index_posting", "index_waiting", "index_space", "index_collection"}) {
        const auto rows = must(database->read(Scope::system(), fmt::format("SELECT count(*) AS n FROM {}", table)));
        EXPECT_EQ(rows.front().integer("n"), 0) << table;
    }
    const auto left = must(database->read(
        Scope::system(), "SELECT count(*) AS n FROM pg_class WHERE relname LIKE 'index_passage_near_%'"));
    EXPECT_EQ(left.front().integer("n"), 0);
}

}  // namespace
}  // namespace slipway::test
