#include <algorithm>
#include <array>

#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

// Inside the network, behind an edge that speaks TLS to the world, plain HTTP is a choice.
bool is_inside(const Audit&, const Resource& balancer) { return balancer.flag("internal"); }

ResourceList listeners_of(const Audit& audit, const Resource& balancer) {
    return audit.plan.referring(balancer, "aws_lb_listener", "load_balancer_arn");
}

bool has_https(const Audit& audit, const Resource& balancer) {
    if (is_inside(audit, balancer)) return true;
    return std::ranges::any_of(listeners_of(audit, balancer), [](const Resource* listener) {
        return listener->text("protocol") == "HTTPS" || listener->text("protocol") == "TLS";
    });
}

bool is_modern(const Audit&, const Resource& listener) {
    if (listener.text("protocol") != "HTTPS" && listener.text("protocol") != "TLS") return true;
    const auto policy = listener.text("ssl_policy");
    return policy.contains("TLS13") || policy.contains("TLS-1-2") || policy.contains("FS-1-2");
}

bool redirects(const Audit& audit, const Resource& listener) {
    if (listener.text("protocol") != "HTTP") return true;
    for (const auto* balancer : audit.plan.referred(listener, "load_balancer_arn", "aws_lb"))
        if (is_inside(audit, *balancer)) return true;
    const auto actions = listener.blocks("default_action");
    return std::ranges::all_of(actions, [](const json::object* action) {
        return text_or(*action, "type") == "redirect" || text_or(*action, "type") == "fixed-response";
    });
}

bool drops_invalid(const Audit&, const Resource& balancer) { return balancer.flag("drop_invalid_header_fields"); }

bool logs_access(const Audit&, const Resource& balancer) {
    const auto* logs = balancer.block("access_logs");
    return logs != nullptr && bool_or(*logs, "enabled", false);
}

bool is_protected(const Audit&, const Resource& balancer) { return balancer.flag("enable_deletion_protection"); }

bool resists_desync(const Audit&, const Resource& balancer) {
    return balancer.text("load_balancer_type") == "network" || balancer.text("desync_mitigation_mode") != "monitor";
}

// A public one is reached past the edge, so the edge's firewall is none.
bool has_firewall(const Audit& audit, const Resource& balancer) {
    return balancer.flag("internal") ||
           !audit.plan.referring(balancer, "aws_wafv2_web_acl_association", "resource_arn").empty() ||
           !audit.plan.of("aws_cloudfront_distribution").empty();
}

bool is_asked(const Audit&, const Resource& group) {
    const auto* check = group.block("health_check");
    if (check == nullptr || !bool_or(*check, "enabled", true)) return false;
    return group.text("protocol") == "TCP" || text_or(*check, "path").starts_with('/');
}

constexpr std::array<Rule, 9> kRules{{
    {"alb.https", "aws_lb", error, error, has_https, "A public load balancer has no HTTPS listener.",
     "Add an aws_lb_listener on 443 with a certificate."},
    {"alb.tls-policy", "aws_lb_listener", error, error, is_modern, "TLS below 1.2 is accepted.",
     "ssl_policy = \"ELBSecurityPolicy-TLS13-1-2-2021-06\"."},
    {"alb.redirect", "aws_lb_listener", error, error, redirects, "Plain HTTP is served instead of redirected.",
     "default_action { type = \"redirect\" } to HTTPS with HTTP_301."},
    {"alb.drop-invalid", "aws_lb", warning, error, drops_invalid, "Header fields that are none are passed on.",
     "drop_invalid_header_fields = true."},
    {"alb.access-logs", "aws_lb", note, warning, logs_access, "Who asked for what is not kept.",
     "access_logs to a bucket that forgets after days; with tokens in query strings, rather a waiver."},
    {"alb.deletion-protection", "aws_lb", note, error, is_protected, "One command deletes the load balancer.",
     "enable_deletion_protection = true in production."},
    {"alb.desync", "aws_lb", error, error, resists_desync, "Requests that could smuggle another are let through.",
     "desync_mitigation_mode = \"defensive\" or \"strictest\"."},
    {"alb.firewall", "aws_lb", note, warning, has_firewall, "No web application firewall stands in front.",
     "Associate an aws_wafv2_web_acl, or put it behind CloudFront."},
    {"tg.health", "aws_lb_target_group", error, error, is_asked,
     "The target group asks no path whether a task is well.", "health_check { path = the application's health path }."},
}};

}  // namespace

std::span<const Rule> balancer_rules() { return kRules; }

}  // namespace slipway::deploy
