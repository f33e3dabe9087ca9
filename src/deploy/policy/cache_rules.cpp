#include <array>

#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

constexpr std::string_view kGroup = "aws_elasticache_replication_group";

bool is_encrypted(const Audit&, const Resource& one) {
    return one.flag("at_rest_encryption_enabled") || one.text("at_rest_encryption_enabled") == "true";
}
bool speaks_tls(const Audit&, const Resource& one) { return one.flag("transit_encryption_enabled"); }
bool asks_who(const Audit&, const Resource& one) { return one.given("auth_token") || one.given("user_group_ids"); }
bool fails_over(const Audit&, const Resource& one) {
    return one.flag("automatic_failover_enabled") && one.flag("multi_az_enabled");
}
bool keeps_copies(const Audit&, const Resource& one) { return one.number("snapshot_retention_limit") > 0; }
bool has_subnets(const Audit&, const Resource& one) { return one.given("subnet_group_name"); }

constexpr std::array<Rule, 6> kRules{{
    {"cache.at-rest", kGroup, error, error, is_encrypted, "Snapshots and swap are not encrypted.",
     "at_rest_encryption_enabled = true."},
    {"cache.transit", kGroup, error, error, speaks_tls, "Sessions travel in clear.",
     "transit_encryption_enabled = true and rediss:// in the URL."},
    {"cache.authentication", kGroup, warning, error, asks_who, "Whoever reaches the port is in.",
     "A user group with passwords (user_group_ids), or auth_token."},
    {"cache.failover", kGroup, note, warning, fails_over, "The loss of a node ends all sessions.",
     "num_cache_clusters = 2, automatic_failover_enabled and multi_az_enabled."},
    {"cache.snapshots", kGroup, note, warning, keeps_copies, "There is no copy of what it holds.",
     "snapshot_retention_limit = 1."},
    {"cache.subnets", kGroup, error, error, has_subnets, "It lies in the default VPC.",
     "subnet_group_name of private subnets."},
}};

}  // namespace

std::span<const Rule> cache_rules() { return kRules; }

}  // namespace slipway::deploy
