// Hosts, certificates, and answers that stream through an edge.
#include <algorithm>

#include "base/text.h"
#include "deploy/check/check.h"
#include "deploy/plan/tasks.h"
#include "deploy/policy/policy_document.h"

namespace slipway::deploy {
namespace {

constexpr double kStreamSeconds = 60;  // AWS gives so much without asking
// Managed-CachingDisabled
constexpr std::string_view kNoCaching = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

std::string host_in(std::string_view value) {
    for (const std::string_view scheme : {"https://", "wss://"})
        if (value.starts_with(scheme)) {
            const auto rest = value.substr(scheme.size());
            return std::string(rest.substr(0, rest.find_first_of("/:?")));
        }
    return "";
}

void add_hosts(const json::object& variables, std::set<std::string>& hosts) {
    for (const auto& [name, value] : variables)
        if (const auto* text = value.if_string())
            if (auto host = host_in(to_text(*text)); !host.empty()) hosts.insert(std::move(host));
}

std::set<std::string> hosts_named(const Plan& plan) {
    std::set<std::string> hosts;
    for (const auto* task : plan.of("aws_ecs_task_definition"))
        for (const auto& container : containers_of(plan, *task))
            for (const auto& [name, value] : container.environment())
                if (auto host = host_in(value); !host.empty()) hosts.insert(std::move(host));
    for (const auto* app : plan.of("aws_amplify_app"))
        if (const auto* variables = object_in(*app->values, "environment_variables")) add_hosts(*variables, hosts);
    return hosts;
}

std::vector<std::string> names_of(const Resource& certificate) {
    auto names = certificate.texts("subject_alternative_names");
    if (const auto name = certificate.text("domain_name"); !name.empty()) names.emplace_back(name);
    return names;
}

bool covers(const std::vector<std::string>& names, const std::string& host) {
    return std::ranges::any_of(names, [&](const std::string& name) {
        const auto dot = host.find('.');
        return name == host ||
               (name.starts_with("*.") && dot != std::string::npos && name.substr(1) == host.substr(dot));
    });
}

// "example.org" of "api.example.org": of this plan when one of its certificates or zones ends in it.
bool is_own(const Plan& plan, const std::string& host, const std::vector<std::string>& names) {
    const auto below = [&](std::string_view name) { return host == name || host.ends_with(fmt::format(".{}", name)); };
    return std::ranges::any_of(plan.of("aws_route53_zone"),
                               [&](const Resource* zone) { return below(zone->text("name")); }) ||
           std::ranges::any_of(
               names, [&](std::string_view name) { return below(name.starts_with("*.") ? name.substr(2) : name); });
}

bool streams_well(const Plan& plan, const Resource& distribution, const json::object& behaviour, std::string& why) {
    if (bool_or(behaviour, "compress", false)) {
        why = "compression holds the answer back";
        return false;
    }
    const auto policy = text_or(behaviour, "cache_policy_id");
    const bool own_policy = policy.empty() && blocks_in(behaviour, "forwarded_values").empty() &&
                            !plan.of("aws_cloudfront_cache_policy").empty();
    if (policy != kNoCaching && !own_policy) {
        why = "answers may be cached";
        return false;
    }
    for (const auto* origin : distribution.blocks("origin")) {
        if (text_or(*origin, "origin_id") != text_or(behaviour, "target_origin_id")) continue;
        for (const auto kind : {"custom_origin_config", "vpc_origin_config"})
            for (const auto* config : blocks_in(*origin, kind))
                if (number_in(*config, "origin_read_timeout", 30) < kStreamSeconds) {
                    why = "the edge gives up after 30 s without a byte";
                    return false;
                }
    }
    return true;
}

bool is_bucket(const Resource& distribution, std::string_view id) {
    return std::ranges::any_of(distribution.blocks("origin"), [&](const json::object* origin) {
        return text_or(*origin, "origin_id") == id && blocks_in(*origin, "custom_origin_config").empty() &&
               blocks_in(*origin, "vpc_origin_config").empty();
    });
}

}  // namespace

void check_hosts(const Subject& subject, Findings& findings) {
    std::vector<std::string> names;
    for (const auto* certificate : subject.plan.of("aws_acm_certificate"))
        for (auto& name : names_of(*certificate)) names.push_back(std::move(name));
    for (const auto& host : hosts_named(subject.plan))
        if (is_own(subject.plan, host, names) && !covers(names, host))
            findings.push_back(
                {.rule = "C10",
                 .message = fmt::format("{} is named in the environment, and no certificate covers it.", host),
                 .fix = "Add it to subject_alternative_names, to a distribution's aliases and as a record."});
    for (const auto* distribution : subject.plan.of("aws_cloudfront_distribution"))
        for (const auto* certificate :
             subject.plan.referred(*distribution, "viewer_certificate", "aws_acm_certificate"))
            if (const auto region = subject.plan.region_of(*certificate); region != "us-east-1")
                findings.push_back({.rule = "C10",
                                    .resource = certificate->address,
                                    .message = fmt::format(
                                        "CloudFront takes certificates of us-east-1 alone; this one is of {}.", region),
                                    .fix = "provider = aws.us_east_1, a second provider with that region."});
}

void check_streams(const Subject& subject, Findings& findings) {
    for (const auto* distribution : subject.plan.of("aws_cloudfront_distribution")) {
        auto behaviours = distribution->blocks("ordered_cache_behavior");
        for (const auto* one : distribution->blocks("default_cache_behavior")) behaviours.push_back(one);
        for (const auto* behaviour : behaviours) {
            std::string why;
            const auto target = text_or(*behaviour, "target_origin_id");
            if (is_bucket(*distribution, target) || streams_well(subject.plan, *distribution, *behaviour, why))
                continue;
            findings.push_back(
                {.rule = "C12",
                 .severity = Severity::warning,
                 .resource = distribution->address,
                 .message =
                     fmt::format("An answer that streams from \"{}\" does not come as it is written: {}.", target, why),
                 .fix = "compress = false, the managed policy CachingDisabled, origin_read_timeout = 60; the "
                        "application writes a heartbeat every 15 s."});
        }
    }
}

void check_public_objects(const Subject& subject, Findings& findings) {
    for (const auto* policy : subject.plan.of("aws_s3_bucket_policy"))
        for (const auto& statement : statements_of(policy->text("policy"))) {
            if (!statement.allow || !holds(statement.principals, std::string("*")) || statement.has_condition())
                continue;
            findings.push_back(
                {.rule = "C11",
                 .resource = policy->address,
                 .message = "Anybody may read the bucket, which its public access block forbids.",
                 .fix = "Serve public/ alone through CloudFront with an origin access control, on a host of its own."});
        }
}

}  // namespace slipway::deploy
