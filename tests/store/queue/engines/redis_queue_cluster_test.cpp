// The Redis adapter of the queue port on a cluster: each queue lies on one node.
#include <gtest/gtest.h>

#include "engines/redis_cluster.h"
#include "store/queue/conformance.h"
#include "store/queue/redis.h"

namespace slipway::test {
namespace {

class ClusterQueuePlace : public QueuePlace {
 public:
    explicit ClusterQueuePlace(const RedisClusterServers& cluster) : cluster_(cluster) {
        for (const auto& node : cluster_.nodes) {
            const auto client = must(store::redis::open(must(store::redis::parse_url(node->url()))));
            must(run_to_end(client->run(store::redis::Command("FLUSHALL"))));
        }
    }
    // Each process knows another node.
    Result<std::unique_ptr<store::Queue>> open() override {
        return store::open_redis_queue(cluster_.nodes[opened_++ % cluster_.nodes.size()]->url());
    }

 private:
    const RedisClusterServers& cluster_;
    std::size_t opened_ = 0;
};

TEST(RedisQueueCluster, PassesTheConformanceSuite) {
    for (const auto& engine : redis_engines()) {
        RedisClusterServers cluster(engine);
        for (const auto checks : {queue_checks(), queue_order_checks(), queue_worker_checks()})
            for (const auto& check : checks) {
                const auto failure = failure_of(check, [&] { return std::make_unique<ClusterQueuePlace>(cluster); });
                EXPECT_FALSE(failure.has_value()) << engine << " " << failure.value_or("");
            }
    }
}

}  // namespace
}  // namespace slipway::test
