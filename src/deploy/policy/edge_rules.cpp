// CloudFront.
#include <algorithm>
#include <array>

#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

std::vector<const json::object*> behaviours(const Resource& distribution) {
    auto all = distribution.blocks("default_cache_behavior");
    for (const auto* one : distribution.blocks("ordered_cache_behavior")) all.push_back(one);
    return all;
}

// Named, or known only later.
bool any_given(const Resource& distribution, std::string_view block, std::string_view key) {
    for (const auto* one : distribution.blocks(block))
        if (!text_or(*one, key).empty()) return true;
    if (distribution.unknown != nullptr)
        for (const auto* one : blocks_in(*distribution.unknown, block))
            if (bool_or(*one, key, false)) return true;
    return false;
}

// An origin without a custom or a VPC origin's block is a bucket. Its control's id comes later, so it is looked for
// among the references.
bool controls_buckets(const Audit& audit, const Resource& distribution) {
    const bool bucket = std::ranges::any_of(distribution.blocks("origin"), [](const json::object* origin) {
        return blocks_in(*origin, "custom_origin_config").empty() && blocks_in(*origin, "vpc_origin_config").empty();
    });
    if (!bucket) return true;
    if (!audit.plan.referred(distribution, "origin", "aws_cloudfront_origin_access_control").empty()) return true;
    return any_given(distribution, "origin", "origin_access_control_id");
}

bool speaks_https(const Audit&, const Resource& distribution) {
    return std::ranges::all_of(behaviours(distribution), [](const json::object* one) {
        return text_or(*one, "viewer_protocol_policy") != "allow-all";
    });
}

bool is_modern(const Audit&, const Resource& distribution) {
    const auto* certificate = distribution.block("viewer_certificate");
    if (certificate == nullptr || bool_or(*certificate, "cloudfront_default_certificate", false)) return true;
    return text_or(*certificate, "minimum_protocol_version") >= "TLSv1.2_2021";
}

bool has_firewall(const Audit&, const Resource& distribution) { return distribution.given("web_acl_id"); }
bool is_logged(const Audit& audit, const Resource& distribution) {
    return distribution.given("logging_config") || !audit.plan.of("aws_cloudwatch_log_delivery").empty();
}

bool has_root(const Audit&, const Resource& distribution) {
    const auto* behaviour = distribution.block("default_cache_behavior");
    const auto target = behaviour != nullptr ? text_or(*behaviour, "target_origin_id") : "";
    for (const auto* origin : distribution.blocks("origin"))
        if (text_or(*origin, "origin_id") == target &&
            (!blocks_in(*origin, "custom_origin_config").empty() || !blocks_in(*origin, "vpc_origin_config").empty()))
            return true;  // an application answers at /
    return distribution.given("default_root_object");
}

bool adds_headers(const Audit& audit, const Resource& distribution) {
    return any_given(distribution, "default_cache_behavior", "response_headers_policy_id") ||
           !audit.plan.referred(distribution, "default_cache_behavior", "aws_cloudfront_response_headers_policy")
                .empty();
}

bool reaches_origins_by_tls(const Audit&, const Resource& distribution) {
    return std::ranges::all_of(distribution.blocks("origin"), [](const json::object* origin) {
        return std::ranges::all_of(blocks_in(*origin, "custom_origin_config"), [](const json::object* custom) {
            return text_or(*custom, "origin_protocol_policy") == "https-only";
        });
    });
}

constexpr std::string_view kDistribution = "aws_cloudfront_distribution";
constexpr std::array<Rule, 8> kRules{{
    {"cdn.access-control", kDistribution, error, error, controls_buckets, "CloudFront reads a bucket as anybody would.",
     "aws_cloudfront_origin_access_control, named by the origin."},
    {"cdn.https", kDistribution, error, error, speaks_https, "Plain HTTP is answered.",
     "viewer_protocol_policy = \"redirect-to-https\"."},
    {"cdn.tls", kDistribution, error, error, is_modern, "TLS below 1.2 is accepted.",
     "minimum_protocol_version = \"TLSv1.2_2021\"."},
    {"cdn.firewall", kDistribution, note, warning, has_firewall, "No web application firewall stands in front.",
     "web_acl_id of an aws_wafv2_web_acl with scope CLOUDFRONT."},
    {"cdn.logs", kDistribution, note, warning, is_logged, "Who asked for what is not kept.",
     "logging_config to a bucket that forgets."},
    {"cdn.root", kDistribution, warning, warning, has_root, "/ lists the bucket, or fails.",
     "default_root_object = \"index.html\"."},
    {"cdn.headers", kDistribution, warning, warning, adds_headers, "Pages come without HSTS and nosniff.",
     "response_headers_policy_id of an aws_cloudfront_response_headers_policy."},
    {"cdn.origin-tls", kDistribution, error, error, reaches_origins_by_tls,
     "Between edge and origin requests travel in clear.", "origin_protocol_policy = \"https-only\", or a VPC origin."},
}};

}  // namespace

std::span<const Rule> edge_rules() { return kRules; }

}  // namespace slipway::deploy
