// Several servers have one index: one of them makes it anew, and what the others do meanwhile is not lost; a backup of
// one holds the originals of all.
#include "two_servers.h"

namespace slipway::knowledge::test {
namespace {

class SharedIndex : public TwoServers {
 protected:
    Task<std::size_t> reindex(Knowledge& server) {
        std::function<void(std::size_t, std::size_t)> nobody;
        return server.reindex(std::move(nobody));
    }
};

TEST_F(SharedIndex, WhatIsTakenInWhileItIsMadeAnewIsFound) {
    must(run_to_end(put(*first_, "tides.md", "The tide turns twice a day.")));
    // Written to the index that goes, published when the new one is there.
    const auto until_renewed = [this]() -> Task<void> {
        while (second_index_.renewed == 0) co_await sleep_for(Milliseconds(1));
        co_await sleep_for(Milliseconds(50));
        co_return Result<void>();
    };
    first_index_.after_upsert = until_renewed;
    const auto [taken, made] = together(put(*first_, "whales.md", "A whale sings for hours."), reindex(*second_));
    ASSERT_TRUE(taken) << taken.error().message;
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(passages(), 2U);
    expect_whole(2);
    second_index_.renewed = 0;
    first_index_.after_upsert = until_renewed;
    const auto [changed, again] = together(put(*first_, "whales.md", "A whale is no fish."), reindex(*second_));
    ASSERT_TRUE(changed && again);
    expect_whole(2);
}

TEST_F(SharedIndex, WhatIsTakenInByTheSameServerWhileItIsMadeAnewIsFound) {
    first_index_.after_upsert = [this]() -> Task<void> {
        while (first_index_.renewed == 0) co_await sleep_for(Milliseconds(1));
        co_await sleep_for(Milliseconds(50));
        co_return Result<void>();
    };
    const auto [taken, made] = together(put(*first_, "whales.md", "A whale sings for hours."), reindex(*first_));
    ASSERT_TRUE(taken && made);
    expect_whole(1);
}

TEST_F(SharedIndex, OneMakesItAnewAtATime) {
    must(run_to_end(put(*first_, "tides.md", "The tide turns twice a day.")));
    first_index_.before_upsert = [this]() -> Task<void> {
        for (auto* const server : {first_.get(), second_.get()}) {
            const auto other = co_await reindex(*server);
            EXPECT_TRUE(!other && other.error().code == ErrorCode::conflict);
        }
        co_return Result<void>();
    };
    EXPECT_EQ(must(run_to_end(reindex(*first_))), 1U);
    EXPECT_EQ(must(run_to_end(reindex(*second_))), 1U);
    expect_whole(1);
}

TEST_F(SharedIndex, WhatADeadServerBeganIsMadeToTheEnd) {
    must(run_to_end(put(*first_, "tides.md", "The tide turns twice a day.")));
    must(run_to_end(put(*first_, "whales.md", "A whale sings for hours.")));
    cut(reindex(*first_), first_index_);
    EXPECT_EQ(passages(), 1U);
    must(run_to_end(second_->recover(workspace_)));
    EXPECT_EQ(passages(), 1U) << "it may live";
    EXPECT_TRUE(second_->has_leftovers());
    must(run_to_end(let_leases_run_out()));
    must(run_to_end(second_->recover(workspace_)));
    EXPECT_EQ(second_index_.renewed, 1);
    expect_whole(2);
}

TEST_F(SharedIndex, ALostOneIsMadeAnewByOneOfThoseThatStart) {
    must(run_to_end(put(*first_, "tides.md", "The tide turns twice a day.")));
    must(run_to_end(index_->erase_where(workspace_, "documents", store::Filter())));
    first_index_.before_upsert = [this]() -> Task<void> {
        second_ =
            std::make_unique<Knowledge>(*database_, second_index_, *objects_, pool_, pool_, nullptr, nullptr, options_);
        co_return co_await second_->prepare(workspace_);
    };
    start(first_, first_index_);
    EXPECT_EQ(first_index_.renewed, 1);
    EXPECT_EQ(second_index_.renewed, 0);
    EXPECT_TRUE(second_->has_leftovers());
    must(run_to_end(second_->recover(workspace_)));
    EXPECT_FALSE(second_->has_leftovers());
    EXPECT_EQ(second_index_.renewed, 0);
    expect_whole(1);
}

TEST_F(SharedIndex, OriginalsThatABackupOfOneHoldsGoAfterIt) {
    auto work = [this]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto report, co_await put(*first_, "whales.md", "A whale sings for hours."));
        {
            SLIPWAY_CO_TRY(const auto hold, co_await second_->hold_originals());
            SLIPWAY_CO_CHECK(co_await first_->remove(workspace_, report.document.id));
            SLIPWAY_CO_CHECK(co_await first_->recover(workspace_));
            SLIPWAY_CO_TRY(const auto kept, co_await objects_->list(workspace_, "", 10, {}));
            EXPECT_EQ(kept.objects.size(), 1U) << "the backup may still copy it";
            EXPECT_TRUE(first_->has_leftovers());
        }
        co_return Result<void>();
    };
    must(run_to_end(work()));
    EXPECT_EQ(number_of("select count(*) as n from knowledge_leases"), 0) << "the hold was let go";
    expect_whole(0);
}

}  // namespace
}  // namespace slipway::knowledge::test
