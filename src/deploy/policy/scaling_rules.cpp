// How services are replaced, scaled and drained.
#include <algorithm>
#include <array>

#include "deploy/plan/tasks.h"
#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

constexpr double kSpotNotice = 120;  // seconds from the notice to the end

const Service* service_of(const std::vector<Service>& services, const Resource& resource) {
    const auto found = std::ranges::find(services, &resource, &Service::resource);
    return found == services.end() ? nullptr : &*found;
}

bool runs_on_spot(const Audit& audit, const Resource& resource) {
    const auto services = services_of(audit.plan);
    const auto* service = service_of(services, resource);
    return service != nullptr && service->spot > 0;
}

bool has_alarms(const Audit&, const Resource& service) {
    const auto* alarms = service.block("alarms");
    return alarms != nullptr && bool_or(*alarms, "enable", false) && bool_or(*alarms, "rollback", false);
}

// Longer than the container may take to be well, or the balancer kills it while it starts.
bool has_grace(const Audit& audit, const Resource& resource) {
    if (resource.blocks("load_balancer").empty()) return true;
    const auto grace = resource.number("health_check_grace_period_seconds");
    const auto services = services_of(audit.plan);
    const auto* service = service_of(services, resource);
    double start = 1;
    if (service != nullptr && service->task != nullptr)
        for (const auto& container : containers_of(audit.plan, *service->task))
            if (const auto* check = object_in(container.definition, "healthCheck"))
                start = std::max(start, number_in(*check, "startPeriod", 0));
    return grace >= start;
}

// One or two tasks: none of them may be missing while they are replaced. Files are the exception: the old task stops
// first.
bool keeps_all(const Audit&, const Resource& service) {
    const auto count = service.number("desired_count");
    const auto least = service.number("deployment_minimum_healthy_percent", 100);
    const auto most = service.number("deployment_maximum_percent", 200);
    return count < 1 || count > 2 || least >= 100 || (least == 0 && most == 100 && count == 1);
}

// Blue/green, canary and linear (provider 6.x) move traffic between two target groups; ROLLING needs none of it.
std::vector<const json::object*> shifts_of(const Resource& service) {
    auto parts = service.blocks("deployment_configuration");
    std::erase_if(parts, [](const json::object* part) { return text_or(*part, "strategy", "ROLLING") == "ROLLING"; });
    return parts;
}

bool has_its_parts(const Audit&, const Resource& service) {
    const auto balanced = service.blocks("load_balancer");
    const bool two_groups =
        service.is_unknown("load_balancer") || std::ranges::all_of(balanced, [](const json::object* one) {
            return !blocks_in(*one, "advanced_configuration").empty();
        });
    return std::ranges::all_of(shifts_of(service), [&](const json::object* part) {
        const auto strategy = text_or(*part, "strategy");
        const bool steps = (strategy != "CANARY" || !blocks_in(*part, "canary_configuration").empty()) &&
                           (strategy != "LINEAR" || !blocks_in(*part, "linear_configuration").empty());
        return two_groups && steps;
    });
}

bool bakes(const Audit&, const Resource& service) {
    return service.is_unknown("deployment_configuration") ||
           std::ranges::all_of(shifts_of(service), [](const json::object* part) {
               return number_in(*part, "bake_time_in_minutes", 0) >= 1;
           });
}

bool rebalances(const Audit&, const Resource& service) {
    return service.number("desired_count") < 2 || service.text("availability_zone_rebalancing") != "DISABLED";
}

bool scales_from_two(const Audit&, const Resource& target) { return target.number("min_capacity") >= 2; }

bool scales_in_slowly(const Audit&, const Resource& policy) {
    const auto* tracking = policy.block("target_tracking_scaling_policy_configuration");
    return tracking == nullptr ||
           number_in(*tracking, "scale_in_cooldown", 300) > number_in(*tracking, "scale_out_cooldown", 300);
}

constexpr std::string_view kTracking = "target_tracking_scaling_policy_configuration";
constexpr std::string_view kRequests = "ALBRequestCountPerTarget";

std::vector<const json::object*> tracked(const Resource& policy, std::string_view type) {
    const auto* tracking = policy.block(kTracking);
    if (tracking == nullptr) return {};
    auto metrics = blocks_in(*tracking, "predefined_metric_specification");
    std::erase_if(metrics, [&](const json::object* one) { return text_or(*one, "predefined_metric_type") != type; });
    return metrics;
}

bool tracks(const Audit& audit, std::string_view type) {
    const auto policies = audit.plan.of("aws_appautoscaling_policy");
    return std::ranges::any_of(policies, [&](const Resource* policy) { return !tracked(*policy, type).empty(); });
}

bool tracks_cpu(const Audit& audit, const Resource&) { return tracks(audit, "ECSServiceAverageCPUUtilization"); }

// A task that waits for models is full long before its processor is.
bool tracks_requests(const Audit& audit, const Resource& target) {
    const auto services = audit.plan.referred(target, "resource_id", "aws_ecs_service");
    const bool balanced = std::ranges::any_of(
        services, [](const Resource* service) { return !service->blocks("load_balancer").empty(); });
    return !balanced || tracks(audit, kRequests);
}

bool says_whose_requests(const Audit&, const Resource& policy) {
    return policy.is_unknown(kTracking) || std::ranges::all_of(tracked(policy, kRequests), [](const json::object* one) {
               return !text_or(*one, "resource_label").empty();
           });
}

bool stops_within_notice(const Audit& audit, const Resource& resource) {
    if (!runs_on_spot(audit, resource)) return true;
    const auto services = services_of(audit.plan);
    const auto* task = service_of(services, resource)->task;
    if (task == nullptr) return true;
    return std::ranges::all_of(containers_of(audit.plan, *task), [](const Container& container) {
        const auto stop = number_in(container.definition, "stopTimeout", 30);
        return stop <= kSpotNotice && (stop > 30 || !bool_or(container.definition, "essential", true));
    });
}

// A Spot task may stay in its target group until it is stopped.
bool leaves_in_time(const Audit& audit, const Resource& resource) {
    if (!runs_on_spot(audit, resource)) return true;
    const auto groups = target_groups_of(audit.plan, resource);
    return std::ranges::all_of(
        groups, [](const Resource* group) { return group->number("deregistration_delay", 300) < kSpotNotice; });
}

bool has_base(const Audit& audit, const Resource& resource) {
    if (!runs_on_spot(audit, resource)) return true;
    return std::ranges::any_of(resource.blocks("capacity_provider_strategy"), [](const json::object* part) {
        return text_or(*part, "capacity_provider") == "FARGATE" && number_in(*part, "base", 0) >= 1;
    });
}

constexpr std::array<Rule, 14> kRules{{
    {"ecs.alarms", "aws_ecs_service", note, warning, has_alarms, "No alarm rolls a bad release back.",
     "alarms { alarm_names, enable = true, rollback = true }."},
    {"ecs.grace", "aws_ecs_service", error, error, has_grace,
     "The load balancer asks before the task can be well, and has it killed.",
     "health_check_grace_period_seconds of at least the health check's startPeriod."},
    {"ecs.minimum-healthy", "aws_ecs_service", error, error, keeps_all,
     "With one or two tasks a deployment leaves none or half of them.",
     "deployment_minimum_healthy_percent = 100; a single task with files: 0 and a maximum of 100."},
    {"ecs.strategy", "aws_ecs_service", error, error, has_its_parts,
     "Its deployment strategy moves traffic, but not where to, or in which steps.",
     "load_balancer { advanced_configuration } with a second target group; canary_configuration, "
     "linear_configuration."},
    {"ecs.bake", "aws_ecs_service", warning, error, bakes,
     "The old tasks are gone as soon as all traffic has moved: there is no quick way back.",
     "deployment_configuration { bake_time_in_minutes } of at least 1."},
    {"ecs.rebalancing", "aws_ecs_service", note, note, rebalances,
     "After the loss of a zone all tasks stay in the other.", "availability_zone_rebalancing = \"ENABLED\"."},
    {"scale.minimum", "aws_appautoscaling_target", note, warning, scales_from_two,
     "At rest one task carries production.", "min_capacity = 2."},
    {"scale.cooldown", "aws_appautoscaling_policy", warning, warning, scales_in_slowly,
     "Tasks are taken away as fast as they are added: the count swings.",
     "scale_in_cooldown greater than scale_out_cooldown."},
    {"scale.cpu", "aws_appautoscaling_target", note, warning, tracks_cpu, "Nothing scales with the processor's load.",
     "A target tracking policy on ECSServiceAverageCPUUtilization."},
    {"scale.requests", "aws_appautoscaling_target", note, note, tracks_requests,
     "Nothing scales with the number of requests.",
     "A target tracking policy on ALBRequestCountPerTarget, where tasks wait more than they compute."},
    {"scale.request-label", "aws_appautoscaling_policy", error, error, says_whose_requests,
     "Requests per target are counted, but not of which target group: AWS refuses the policy.",
     "resource_label = \"LOAD_BALANCER_ARN_SUFFIX/TARGET_GROUP_ARN_SUFFIX\"."},
    {"spot.stop", "aws_ecs_service", error, error, stops_within_notice,
     "A Spot task gets 120 s; a container has fewer than it could, or asks for more.",
     "stopTimeout above the default of 30 and at most 120."},
    {"spot.drain", "aws_ecs_service", error, error, leaves_in_time,
     "Requests reach a Spot task that is already gone: its target group lets go of it after 120 s or more.",
     "deregistration_delay below 120."},
    {"spot.base", "aws_ecs_service", note, warning, has_base, "All tasks may be taken away at once.",
     "A capacity_provider_strategy of FARGATE with base = 1."},
}};

}  // namespace

std::span<const Rule> scaling_rules() { return kRules; }

}  // namespace slipway::deploy
