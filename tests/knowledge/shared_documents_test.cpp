// Several servers work on the same documents: one has a document, the others wait for it, and finish what it left.
#include "two_servers.h"

namespace slipway::knowledge::test {
namespace {

using SharedDocuments = TwoServers;

TEST_F(SharedDocuments, WhatTwoPutAtOnceIsOneDocument) {
    const auto [one, two] = together(put(*first_, "whales.md", "A whale sings for hours."),
                                     put(*second_, "whales.md", "A whale sings for hours."));
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->document.id, two->document.id);
    EXPECT_NE(one->what, two->what) << "one adds it, the other finds it";
    expect_whole(1);
}

TEST_F(SharedDocuments, VersionsOfTwoServersFollowEachOther) {
    for (int round = 0; round < 5; ++round) {
        const auto [one, two] = together(put(*first_, "whales.md", fmt::format("A whale sings for {} hours.", round)),
                                         put(*second_, "whales.md", fmt::format("A whale swims for {} days.", round)));
        ASSERT_TRUE(one && two);
        EXPECT_NE(one->document.version, two->document.version);
    }
    EXPECT_EQ(number_of("select version as n from documents"), 10);
    expect_whole(1);
}

TEST_F(SharedDocuments, WhatALiveServerWorksOnIsLeftAlone) {
    first_index_.after_upsert = [this]() -> Task<void> {
        SLIPWAY_CO_CHECK(co_await second_->recover(workspace_));
        EXPECT_TRUE(second_->has_leftovers()) << "it may die yet";
        co_return Result<void>();
    };
    EXPECT_EQ(must(run_to_end(put(*first_, "whales.md", "A whale sings for hours."))).document.version, 1);
    must(run_to_end(second_->recover(workspace_)));
    EXPECT_FALSE(second_->has_leftovers());
    expect_whole(1);
}

TEST_F(SharedDocuments, AServerThatStartsTakesNothingFromAnother) {
    must(run_to_end(put(*first_, "tides.md", "The tide turns twice a day.")));
    first_index_.after_upsert = [this]() -> Task<void> {
        second_ =
            std::make_unique<Knowledge>(*database_, second_index_, *objects_, pool_, pool_, nullptr, nullptr, options_);
        co_return co_await second_->prepare(workspace_);
    };
    must(run_to_end(put(*first_, "whales.md", "A whale sings for hours.")));
    EXPECT_EQ(second_index_.renewed, 0) << "passages that are not visible yet are no reason to make the index anew";
    must(run_to_end(second_->recover(workspace_)));
    EXPECT_EQ(second_index_.renewed, 0);
    EXPECT_FALSE(second_->has_leftovers());
    expect_whole(2);
}

TEST_F(SharedDocuments, WhatADeadServerLeftIsFinishedByAnother) {
    must(run_to_end(put(*first_, "tides.md", "The tide turns twice a day.")));
    cut(put(*first_, "whales.md", "A whale sings for hours."), first_index_);
    cut(put(*first_, "tides.md", "The tide turns four times in two days."), first_index_);
    EXPECT_EQ(passages(), 3U);
    must(run_to_end(second_->recover(workspace_)));
    EXPECT_EQ(passages(), 3U) << "their leases hold";
    EXPECT_TRUE(second_->has_leftovers());
    must(run_to_end(let_leases_run_out()));
    must(run_to_end(second_->recover(workspace_)));
    EXPECT_FALSE(second_->has_leftovers());
    EXPECT_EQ(number_of("select count(*) as n from documents where status = 'indexed'"), 1);
    expect_whole(1);
}

TEST_F(SharedDocuments, WhatADeadServerLeftMayBePutAgain) {
    cut(put(*first_, "whales.md", "A whale sings for hours.\n\nAnd it breathes air."), first_index_);
    must(run_to_end(let_leases_run_out()));
    EXPECT_EQ(must(run_to_end(put(*second_, "whales.md", "A whale is no fish."))).document.version, 1);
    expect_whole(1);
}

TEST_F(SharedDocuments, WhoLostADocumentPublishesNothing) {
    first_index_.after_upsert = [this]() -> Task<void> {
        SLIPWAY_CO_CHECK(co_await let_leases_run_out());
        co_return co_await second_->recover(workspace_);
    };
    const auto put_late = run_to_end(put(*first_, "whales.md", "A whale sings for hours."));
    ASSERT_FALSE(put_late);
    EXPECT_EQ(put_late.error().code, ErrorCode::conflict) << put_late.error().message;
    expect_whole(0);
}

TEST_F(SharedDocuments, WhoLostADocumentTakesBackWhatCameLate) {
    must(run_to_end(put(*first_, "whales.md", "A whale sings for hours.")));
    first_index_.before_upsert = [this]() -> Task<void> {
        SLIPWAY_CO_CHECK(co_await let_leases_run_out());
        SLIPWAY_CO_CHECK(co_await put(*second_, "whales.md", "A whale is no fish."));
        co_return Result<void>();
    };
    EXPECT_FALSE(run_to_end(put(*first_, "whales.md", "A whale breathes air.")));
    EXPECT_EQ(passages(), 2U) << "one is nobody's";
    EXPECT_TRUE(first_->has_leftovers());
    const auto id = must(run_to_end(first_->find_source(workspace_, "whales.md")))->id;
    EXPECT_EQ(must(run_to_end(second_->content(workspace_, id))), "A whale is no fish.");
    expect_whole(1);
}

TEST_F(SharedDocuments, WhatCameLateWhileAnotherIsAtWorkGoesAfterwards) {
    must(run_to_end(put(*first_, "whales.md", "A whale sings for hours.")));
    first_index_.before_upsert = [this]() -> Task<void> {
        SLIPWAY_CO_CHECK(co_await let_leases_run_out());
        co_return co_await change("update documents set holder = 'another', held_until = 99999999999999");
    };
    EXPECT_FALSE(run_to_end(put(*first_, "whales.md", "A whale breathes air.")));
    EXPECT_EQ(number_of("select dirty as n from documents"), 2);
    must(run_to_end(let_leases_run_out()));
    must(run_to_end(put(*second_, "whales.md", "A whale is no fish.")));
    expect_whole(1);
}

TEST_F(SharedDocuments, PutAndRemoveMayCross) {
    for (int round = 0; round < 10; ++round) {
        const auto id = must(run_to_end(put(*first_, "whales.md", "A whale sings for hours."))).document.id;
        const auto [one, two] = together(put(*first_, "whales.md", fmt::format("A whale sings {} songs.", round)),
                                         second_->remove(workspace_, id));
        ASSERT_TRUE(one) << one.error().message;
        ASSERT_TRUE(two) << two.error().message;
        const auto left = must(run_to_end(first_->find_source(workspace_, "whales.md")));
        expect_whole(left ? 1 : 0);
    }
}

TEST_F(SharedDocuments, TwoMayRemoveTheSame) {
    const auto id = must(run_to_end(put(*first_, "whales.md", "A whale sings for hours."))).document.id;
    const auto [one, two] = together(first_->remove(workspace_, id), second_->remove(workspace_, id));
    EXPECT_NE(one.has_value(), two.has_value()) << "one removes it, for the other it is not there";
    expect_whole(0);
}

TEST_F(SharedDocuments, ChangesOfTwoServersAreBothKept) {
    const auto id = must(run_to_end(put(*first_, "whales.md", "A whale sings for hours."))).document.id;
    DocumentChange author, year;
    author.metadata = json::object{{"author", "Ann"}};
    year.metadata = json::object{{"year", 2026}};
    const auto [one, two] = together(first_->change(workspace_, id, author), second_->change(workspace_, id, year));
    ASSERT_TRUE(one) << one.error().message;
    ASSERT_TRUE(two) << two.error().message;
    const auto document = must(run_to_end(first_->get(workspace_, id)));
    EXPECT_EQ(document.metadata, json::object({{"author", "Ann"}, {"year", 2026}}));
    expect_whole(1);
}

TEST_F(SharedDocuments, ALongWorkKeepsItsDocument) {
    options_.holds.lease = Milliseconds(600);
    start(first_, first_index_);
    first_index_.before_upsert = [this]() -> Task<void> {
        const std::string asked = "select held_until from documents";
        SLIPWAY_CO_TRY(const auto begun, co_await database_->read(store::Scope::system(), asked));
        for (auto until = begun.front().integer("held_until"); until == begun.front().integer("held_until");) {
            co_await sleep_for(Milliseconds(20));
            SLIPWAY_CO_TRY(const auto rows, co_await database_->read(store::Scope::system(), asked));
            until = rows.front().integer("held_until");
        }
        co_return Result<void>();
    };
    EXPECT_TRUE(run_to_end(put(*first_, "whales.md", "A whale sings for hours.")));
    expect_whole(1);
}

TEST_F(SharedDocuments, WhatCannotBeReadLeavesNothingOrItsReason) {
    auto broken = document("broken.pdf", "%PDF-1.4 nothing");
    EXPECT_FALSE(run_to_end(first_->put(workspace_, broken)));
    EXPECT_EQ(number_of("select count(*) as n from documents"), 0);
    broken.keep_failure = true;
    EXPECT_FALSE(run_to_end(first_->put(workspace_, broken)));
    EXPECT_EQ(number_of("select count(*) as n from documents where status = 'failed' and dirty = 0 and holder = ''"),
              1);
    must(run_to_end(put(*first_, "whales.md", "A whale sings for hours.")));
    auto worse = document("whales.md", std::string("\x00\x01\x02\x03", 4));
    EXPECT_FALSE(run_to_end(second_->put(workspace_, worse)));
    EXPECT_EQ(number_of("select count(*) as n from documents where status = 'indexed' and dirty = 0"), 1);
}

TEST_F(SharedDocuments, WhoIsAskedForDocumentsLooksForWhatADeadServerLeft) {
    options_.holds.lease = Milliseconds(1);
    start(second_, second_index_);
    EXPECT_FALSE(second_->has_leftovers()) << "nobody asks";
    run_to_end(sleep_for(Milliseconds(5)));
    must(run_to_end(second_->list(workspace_, std::nullopt, 0, 10)));
    EXPECT_TRUE(second_->has_leftovers());
    must(run_to_end(second_->recover(workspace_)));
    EXPECT_FALSE(second_->has_leftovers());
}

}  // namespace
}  // namespace slipway::knowledge::test
