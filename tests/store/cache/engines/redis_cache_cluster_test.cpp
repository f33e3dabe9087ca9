// The Redis adapter of the cache port on a cluster: workspaces lie on several nodes, and all of one on one.
#include <gtest/gtest.h>

#include "engines/redis_cluster.h"
#include "store/cache/conformance.h"

namespace slipway::test {
namespace {

TEST(RedisCacheCluster, PassesTheConformanceSuite) {
    for (const auto& engine : redis_engines()) {
        RedisClusterServers cluster(engine);
        for (const auto& check : cache_checks()) {
            const auto failure = failure_of(check, [&] {
                for (const auto& node : cluster.nodes) {
                    const auto client = must(open(must(store::redis::parse_url(node->url()))));
                    must(run_to_end(client->run(store::redis::Command("FLUSHALL"))));
                }
                return must(store::open_cache(cluster.nodes[1]->url()));
            });
            EXPECT_FALSE(failure.has_value()) << engine << " " << failure.value_or("");
        }
    }
}

}  // namespace
}  // namespace slipway::test
