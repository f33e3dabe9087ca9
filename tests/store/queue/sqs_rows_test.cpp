// What the SQS queue asks of the rows, on each database: which messages need a ticket, and when.
#include "store/queue/sqs_rows.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "store/queue/any_database_queue_place.h"

namespace slipway::test {
namespace {

using store::Queue;

struct SqsRows : testing::Test {
    void SetUp() override {
        log::set_level(log::Level::error);
        queue = must(place.open());
    }
    std::string add(std::string group, Milliseconds delay = Milliseconds(0), WorkspaceId workspace = kHere) {
        auto made = message("a");
        made.group = std::move(group);
        made.delay = delay;
        return must(run_to_end(enqueue(*queue, std::move(workspace), std::move(made))));
    }
    std::int64_t heads(std::optional<Instant> before = {}) {
        return must(run_to_end(store::count_heads(place.database(), "work", before)));
    }
    std::optional<Instant> next() { return must(run_to_end(store::next_due(place.database(), "work"))); }

    AnyDatabaseQueuePlace place;
    std::unique_ptr<Queue> queue;
};

TEST_F(SqsRows, KnowWhoNeedsATicket) {
    EXPECT_EQ(heads(), 0);
    EXPECT_FALSE(next());
    const auto late = add("", Milliseconds(600'000));
    EXPECT_GT(*next(), now());
    const auto first = add("g"), second = add("g"), elsewhere = add("g", Milliseconds(0), kThere);
    EXPECT_EQ(heads(), 3) << "one of each group";
    EXPECT_EQ(heads(now() + Milliseconds(1'000)), 2);
    EXPECT_LE(*next(), now());
    const std::vector<std::string> ids{late, first, second, elsewhere, "none", ""};
    const auto live = must(run_to_end(store::live_messages(place.database(), "work", ids)));
    ASSERT_EQ(live.size(), 4U);
    for (const auto& each : live) EXPECT_EQ(each.head, each.id != second);
    EXPECT_TRUE(must(run_to_end(store::live_messages(place.database(), "other", ids))).empty());
}

TEST_F(SqsRows, KnowWhatComesNext) {
    const auto first = add("g"), second = add("g", Milliseconds(600'000));
    const auto leased = must(run_to_end(lease_one(*queue)));
    ASSERT_EQ(leased.lease.id, first);
    EXPECT_TRUE(must(run_to_end(store::is_followed(place.database(), leased.lease, "g"))));
    EXPECT_FALSE(must(run_to_end(store::is_followed(place.database(), leased.lease, ""))));
    auto foreign = leased.lease;
    foreign.workspace = kThere;
    EXPECT_FALSE(must(run_to_end(store::is_followed(place.database(), foreign, "g"))));
    const auto held = must(run_to_end(store::first_of(place.database(), kHere, "work", first, "g")));
    ASSERT_TRUE(held && held->leased);
    must(run_to_end(queue->acknowledge(leased.lease)));
    const auto after = must(run_to_end(store::first_of(place.database(), kHere, "work", first, "g")));
    ASSERT_TRUE(after);
    EXPECT_TRUE(after->id == second && !after->leased && after->due > now());
    EXPECT_FALSE(must(run_to_end(store::first_of(place.database(), kHere, "work", first, ""))));
    EXPECT_FALSE(must(run_to_end(store::first_of(place.database(), kThere, "work", first, "g"))));
}

TEST_F(SqsRows, AreTakenBackWithTheirKey) {
    auto keyed = message("a");
    keyed.deduplication_key = "key";
    const auto first = must(run_to_end(queue->enqueue(kHere, "work", keyed)));
    EXPECT_FALSE(must(run_to_end(store::take_back(place.database(), kThere, "work", first.id)))) << "another tenant's";
    EXPECT_TRUE(must(run_to_end(store::take_back(place.database(), kHere, "work", first.id))));
    const auto again = must(run_to_end(queue->enqueue(kHere, "work", keyed)));
    EXPECT_FALSE(again.duplicate);
    const auto leased = must(run_to_end(lease_one(*queue)));
    EXPECT_FALSE(must(run_to_end(store::take_back(place.database(), kHere, "work", again.id)))) << "it is leased";
    must(run_to_end(queue->acknowledge(leased.lease)));
}

}  // namespace
}  // namespace slipway::test
