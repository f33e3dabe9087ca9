// Adapters with one fault each, around a good one: the conformance suite must find each.
#include <set>

#include <gtest/gtest.h>

#include "store/queue/database_queue_place.h"

namespace slipway::test {
namespace {

using store::Enqueued;
using store::Lease;
using store::LeasedMessage;
using store::MessageInfo;
using store::MessagePage;
using store::NewMessage;
using store::Queue;
using store::QueueCounts;
using store::QueueStatus;

class PassingQueue : public Queue {
 public:
    explicit PassingQueue(std::unique_ptr<Queue> inner) : inner_(std::move(inner)) {}
    Task<Enqueued> enqueue(WorkspaceId workspace, std::string queue, NewMessage message) override {
        return inner_->enqueue(std::move(workspace), std::move(queue), std::move(message));
    }
    Task<void> extend(Lease lease, Milliseconds visibility) override {
        return inner_->extend(std::move(lease), visibility);
    }
    Task<void> acknowledge(Lease lease) override { return inner_->acknowledge(std::move(lease)); }
    Task<void> retry(Lease lease, std::string reason, std::optional<Milliseconds> after) override {
        return inner_->retry(std::move(lease), std::move(reason), after);
    }
    Task<void> release(Lease lease) override { return inner_->release(std::move(lease)); }
    Task<void> bury(Lease lease, std::string reason) override {
        return inner_->bury(std::move(lease), std::move(reason));
    }
    Task<MessageInfo> find(WorkspaceId workspace, std::string queue, std::string id) override {
        return inner_->find(std::move(workspace), std::move(queue), std::move(id));
    }
    Task<QueueCounts> counts(WorkspaceId workspace, std::string queue) override {
        return inner_->counts(std::move(workspace), std::move(queue));
    }
    Task<QueueCounts> total_counts(std::string queue) override { return inner_->total_counts(std::move(queue)); }
    Task<MessagePage> dead_letters(WorkspaceId workspace, std::string queue, std::size_t limit,
                                   std::optional<std::string> cursor) override {
        return inner_->dead_letters(std::move(workspace), std::move(queue), limit, std::move(cursor));
    }
    Task<std::int64_t> redrive(WorkspaceId workspace, std::string queue, std::optional<std::string> id) override {
        return inner_->redrive(std::move(workspace), std::move(queue), std::move(id));
    }
    Task<std::int64_t> purge(WorkspaceId workspace, std::string queue, bool dead_letters) override {
        return inner_->purge(std::move(workspace), std::move(queue), dead_letters);
    }
    Task<QueueStatus> status() override { return inner_->status(); }

 protected:
    Task<std::vector<LeasedMessage>> lease_now(std::string queue, std::size_t count, Milliseconds visibility) override {
        store::LeaseOptions options;
        options.count_max = count;
        options.visibility = visibility;
        return inner_->lease(std::move(queue), options);
    }
    std::unique_ptr<Queue> inner_;
};

template <typename Fault>
class BrokenPlace : public DatabaseQueuePlace {
 public:
    Result<std::unique_ptr<Queue>> open() override {
        SLIPWAY_TRY(auto inner, DatabaseQueuePlace::open());
        return std::make_unique<Fault>(std::move(inner));
    }
};

// Whether the check of that name fails; throws when there is none.
template <typename Fault>
bool fails(std::string_view name) {
    for (const auto checks : {queue_checks(), queue_order_checks(), queue_worker_checks()})
        for (const auto& check : checks)
            if (check.name == name)
                return failure_of(check, [] { return std::make_unique<BrokenPlace<Fault>>(); }).has_value();
    throw std::runtime_error("there is no such check");
}

struct LeasesForAMoment final : PassingQueue {
    using PassingQueue::PassingQueue;
    Task<std::vector<LeasedMessage>> lease_now(std::string queue, std::size_t count, Milliseconds) override {
        return PassingQueue::lease_now(std::move(queue), count, Milliseconds(1));
    }
};

struct ForgetsGroups final : PassingQueue {
    using PassingQueue::PassingQueue;
    Task<Enqueued> enqueue(WorkspaceId workspace, std::string queue, NewMessage message) override {
        message.group.clear();
        return PassingQueue::enqueue(std::move(workspace), std::move(queue), std::move(message));
    }
};

struct ForgetsPriorities final : PassingQueue {
    using PassingQueue::PassingQueue;
    Task<Enqueued> enqueue(WorkspaceId workspace, std::string queue, NewMessage message) override {
        message.priority = 0;
        return PassingQueue::enqueue(std::move(workspace), std::move(queue), std::move(message));
    }
};

struct ForgetsKeys final : PassingQueue {
    using PassingQueue::PassingQueue;
    Task<Enqueued> enqueue(WorkspaceId workspace, std::string queue, NewMessage message) override {
        message.deduplication_key.clear();
        return PassingQueue::enqueue(std::move(workspace), std::move(queue), std::move(message));
    }
};

struct IgnoresHeartbeats final : PassingQueue {
    using PassingQueue::PassingQueue;
    Task<void> extend(Lease, Milliseconds) override { co_return Result<void>(); }
};

struct ReleaseCounts final : PassingQueue {
    using PassingQueue::PassingQueue;
    Task<void> release(Lease lease) override { return inner_->retry(std::move(lease), "released", Milliseconds(0)); }
};

struct FindsOthers final : PassingQueue {
    using PassingQueue::PassingQueue;
    Task<MessageInfo> find(WorkspaceId, std::string queue, std::string id) override {
        return inner_->find({"here"}, std::move(queue), std::move(id));
    }
};

struct TakesOthersLeases final : PassingQueue {
    using PassingQueue::PassingQueue;
    Task<void> acknowledge(Lease lease) override {
        lease.workspace = kHere;
        return inner_->acknowledge(std::move(lease));
    }
};

TEST(BrokenQueue, TheWrapperItselfIsGood) {
    for (const auto* const name : {"GivesWhatItWasGiven", "GroupsGoOneByOne", "ReleasedIsAsNeverLeased",
                                   "TenantsAreApart", "EqualKeysAreOneMessage", "OrdersByPriorityThenAge"})
        EXPECT_FALSE(fails<PassingQueue>(name)) << name;
}
TEST(BrokenQueue, ShortLeasesAreFound) { EXPECT_TRUE(fails<LeasesForAMoment>("NoMessageIsLeasedTwice")); }
TEST(BrokenQueue, ForgettingGroupsIsFound) {
    EXPECT_TRUE(fails<ForgetsGroups>("GroupsGoOneByOne"));
    EXPECT_TRUE(fails<ForgetsGroups>("GroupsKeepTheirOrderAmongMany"));
}
TEST(BrokenQueue, ForgettingPrioritiesIsFound) { EXPECT_TRUE(fails<ForgetsPriorities>("OrdersByPriorityThenAge")); }
TEST(BrokenQueue, ForgettingKeysIsFound) {
    EXPECT_TRUE(fails<ForgetsKeys>("EqualKeysAreOneMessage"));
    EXPECT_TRUE(fails<ForgetsKeys>("ManyEnqueueAtOnce"));
}
TEST(BrokenQueue, IgnoringHeartbeatsIsFound) { EXPECT_TRUE(fails<IgnoresHeartbeats>("HeartbeatsKeepLeases")); }
TEST(BrokenQueue, CountingReleasesIsFound) { EXPECT_TRUE(fails<ReleaseCounts>("ReleasedIsAsNeverLeased")); }
TEST(BrokenQueue, FindingOthersMessagesIsFound) { EXPECT_TRUE(fails<FindsOthers>("TenantsAreApart")); }
TEST(BrokenQueue, TakingOthersLeasesIsFound) { EXPECT_TRUE(fails<TakesOthersLeases>("TenantsAreApart")); }

}  // namespace
}  // namespace slipway::test
