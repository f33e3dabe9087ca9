// WAFv2.
#include <algorithm>
#include <array>

#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

std::vector<const json::object*> statements(const Resource& acl, std::string_view kind) {
    std::vector<const json::object*> found;
    for (const auto* rule : acl.blocks("rule"))
        for (const auto* statement : blocks_in(*rule, "statement"))
            for (const auto* one : blocks_in(*statement, kind)) found.push_back(one);
    return found;
}

bool manages(const Resource& acl, std::string_view group) {
    return std::ranges::any_of(statements(acl, "managed_rule_group_statement"),
                               [&](const json::object* one) { return text_or(*one, "name") == group; });
}

bool has_rules(const Audit&, const Resource& acl) { return !acl.blocks("rule").empty(); }

bool has_known_sets(const Audit&, const Resource& acl) {
    return manages(acl, "AWSManagedRulesCommonRuleSet") && manages(acl, "AWSManagedRulesKnownBadInputsRuleSet") &&
           manages(acl, "AWSManagedRulesAmazonIpReputationList");
}

bool knows_injections(const Audit&, const Resource& acl) { return manages(acl, "AWSManagedRulesSQLiRuleSet"); }

bool limits_rates(const Audit&, const Resource& acl) { return !statements(acl, "rate_based_statement").empty(); }

// Uploads and long messages are larger than the 8 KB of that rule.
bool lets_bodies_in(const Audit&, const Resource& acl) {
    return std::ranges::all_of(statements(acl, "managed_rule_group_statement"), [](const json::object* group) {
        if (text_or(*group, "name") != "AWSManagedRulesCommonRuleSet") return true;
        return std::ranges::any_of(blocks_in(*group, "rule_action_override"), [](const json::object* one) {
            return text_or(*one, "name") == "SizeRestrictions_BODY";
        });
    });
}

bool is_logged(const Audit& audit, const Resource& acl) {
    return !audit.plan.referring(acl, "aws_wafv2_web_acl_logging_configuration", "resource_arn").empty();
}

bool is_where_edges_are(const Audit& audit, const Resource& acl) {
    return acl.text("scope") != "CLOUDFRONT" || audit.plan.region_of(acl) == "us-east-1";
}

constexpr std::string_view kAcl = "aws_wafv2_web_acl";
constexpr std::array<Rule, 7> kRules{{
    {"waf.rules", kAcl, error, error, has_rules, "It lets everything through.", "Add managed rule groups."},
    {"waf.managed", kAcl, note, warning, has_known_sets, "One of AWS's three free sets is missing.",
     "AWSManagedRulesCommonRuleSet, …KnownBadInputsRuleSet and …AmazonIpReputationList."},
    {"waf.injections", kAcl, note, note, knows_injections, "The set against SQL injection is not there.",
     "AWSManagedRulesSQLiRuleSet (1 $ a month), where something behind it puts SQL together."},
    {"waf.rate", kAcl, warning, warning, limits_rates, "One address may ask without end.",
     "A rate_based_statement by IP."},
    {"waf.body-size", kAcl, warning, error, lets_bodies_in,
     "Bodies over 8 KB are blocked: uploads and long messages fail.",
     "rule_action_override of SizeRestrictions_BODY with action_to_use { count {} }."},
    {"waf.logs", kAcl, note, warning, is_logged, "What was blocked is not kept.",
     "aws_wafv2_web_acl_logging_configuration to a log group whose name begins with aws-waf-logs-."},
    {"waf.region", kAcl, error, error, is_where_edges_are, "A web ACL for CloudFront exists in us-east-1 alone.",
     "provider = aws.us_east_1."},
}};

}  // namespace

std::span<const Rule> firewall_rules() { return kRules; }

}  // namespace slipway::deploy
