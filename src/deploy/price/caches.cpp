// ElastiCache: nodes of Redis and Valkey, and the kind without nodes.
#include <algorithm>

#include "deploy/price/pricer.h"

namespace slipway::deploy {
namespace {

constexpr double kServerlessGigabytesMin = 0.1;  // Valkey; Redis counts 1 GB at least

double nodes(const Resource& group) {
    const auto shards = group.number("num_node_groups");
    if (shards > 0) return shards * (1 + group.number("replicas_per_node_group"));
    return std::max(1.0, group.number("num_cache_clusters", 1));
}

std::string_view engine(const Resource& resource) {
    const auto given = resource.text("engine");
    return given.empty() ? "redis" : given;
}

}  // namespace

void price_caches(Pricer& pricer) {
    for (const auto* group : pricer.plan.of("aws_elasticache_replication_group")) {
        const auto size = group->text("node_type");
        pricer.hourly(*group, "cache", fmt::format("elasticache.{}.{}", engine(*group), size), nodes(*group),
                      fmt::format("{} × {}", nodes(*group), size));
    }
    for (const auto* cluster : pricer.plan.of("aws_elasticache_cluster")) {
        if (cluster->given("replication_group_id")) continue;  // counted with its group
        const auto count = cluster->number("num_cache_nodes", 1);
        pricer.hourly(*cluster, "cache", fmt::format("elasticache.{}.{}", engine(*cluster), cluster->text("node_type")),
                      count, fmt::format("{} × {}", count, cluster->text("node_type")));
    }
    for (const auto* cache : pricer.plan.of("aws_elasticache_serverless_cache")) {
        const bool valkey = engine(*cache) == "valkey";
        pricer.hourly(*cache, "cache", fmt::format("elasticache.{}.serverless.gb", engine(*cache)),
                      valkey ? kServerlessGigabytesMin : 1, "the least that is counted");
    }
}

}  // namespace slipway::deploy
