#include "deploy/rollout/serving.h"

#include <algorithm>
#include <vector>

#include "deploy/rollout/watch.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kTasksOfOneCall = 100;

const json::object* named_in(const json::object& object, std::string_view key, std::string_view name) {
    if (const auto* all = array_in(object, key))
        for (const auto& each : *all)
            if (each.is_object() && text_or(each.get_object(), "name") == name) return &each.get_object();
    return nullptr;
}

std::string address_of(const json::object& task) {
    const auto* attachments = array_in(task, "attachments");
    if (attachments == nullptr) return "";
    for (const auto& each : *attachments)
        if (each.is_object())
            if (const auto* detail = named_in(each.get_object(), "details", "privateIPv4Address"))
                return std::string(text_or(*detail, "value"));
    return "";
}

Task<std::vector<json::object>> running_tasks(Cloud& cloud, std::string cluster, std::string service) {
    std::vector<json::object> tasks;
    std::string page;
    do {
        json::object question{{"cluster", cluster},
                              {"serviceName", service},
                              {"desiredStatus", "RUNNING"},
                              {"maxResults", kTasksOfOneCall}};
        if (!page.empty()) question["nextToken"] = page;
        SLIPWAY_CO_TRY(const auto listed, co_await cloud.ecs("ListTasks", std::move(question)));
        page = text_or(listed, "nextToken");
        const auto* arns = array_in(listed, "taskArns");
        if (arns == nullptr || arns->empty()) continue;
        json::object details{{"cluster", cluster}, {"tasks", *arns}};
        SLIPWAY_CO_TRY(const auto described, co_await cloud.ecs("DescribeTasks", std::move(details)));
        if (const auto* found = array_in(described, "tasks"))
            for (const auto& each : *found)
                if (each.is_object()) tasks.push_back(each.get_object());
    } while (!page.empty());
    co_return tasks;
}

Serving not_yet(std::string reason) { return {.serves = false, .in_vain = false, .reason = std::move(reason)}; }

bool has_health_check(const json::object& definition) {
    if (const auto* containers = array_in(definition, "containerDefinitions"))
        for (const auto& each : *containers)
            if (each.is_object() && object_in(each.get_object(), "healthCheck") != nullptr) return true;
    return false;
}

// Empty: as it should be.
Serving judge_task(const json::object& task, const Wanted& wanted) {
    const auto name = std::string(short_name(text_or(task, "taskArn")));
    if (text_or(task, "taskDefinitionArn") != wanted.definition_arn)
        return not_yet(fmt::format("Task {} is of {}.", name, short_name(text_or(task, "taskDefinitionArn"))));
    if (text_or(task, "lastStatus") != "RUNNING")
        return not_yet(fmt::format("Task {} is {}.", name, text_or(task, "lastStatus", "starting")));
    const auto health = text_or(task, "healthStatus", "UNKNOWN");
    if (health == "UNHEALTHY" || (health == "UNKNOWN" && has_health_check(wanted.definition)))
        return not_yet(fmt::format("Task {} is {} by its health check.", name, health));
    const auto* container = named_in(task, "containers", wanted.container);
    const auto digest = container == nullptr ? std::string_view() : text_or(*container, "imageDigest");
    if (wanted.digests.empty()) return {.serves = true};
    if (digest.empty()) return not_yet(fmt::format("Task {} has not told the digest of its image.", name));
    if (!wanted.digests.contains(digest))
        return {.serves = false,
                .in_vain = true,
                .reason = fmt::format("Task {} runs another image, {}, in its container {}.", name, digest,
                                      wanted.container)};
    return {.serves = true};
}

Task<Serving> judge_targets(Cloud& cloud, json::object service, std::vector<std::string> addresses) {
    const auto* balancers = array_in(service, "loadBalancers");
    Serving fine{.serves = true};
    if (balancers == nullptr) co_return fine;
    for (const auto& each : *balancers) {
        const std::string group(each.is_object() ? text_or(each.get_object(), "targetGroupArn") : "");
        if (group.empty()) continue;
        SLIPWAY_CO_TRY(const auto targets, co_await cloud.target_health(group));
        for (const auto& address : addresses) {
            const auto target = std::ranges::find(targets, address, &TargetHealth::address);
            if (target == targets.end())
                co_return not_yet(fmt::format("The load balancer does not know the task at {}.", address));
            if (target->state != "healthy")
                co_return not_yet(fmt::format("To the load balancer the task at {} is {}: {}", address, target->state,
                                              target->reason));
        }
    }
    co_return fine;
}

}  // namespace

Task<Serving> check_serving(Cloud& cloud, Wanted wanted) {
    SLIPWAY_CO_TRY(auto service, co_await describe_service(cloud, wanted.cluster, wanted.service));
    SLIPWAY_CO_TRY(const auto tasks, co_await running_tasks(cloud, wanted.cluster, wanted.service));
    std::vector<std::string> addresses;
    Serving waits{.serves = true};
    for (const auto& task : tasks) {
        auto judged = judge_task(task, wanted);
        if (judged.in_vain) co_return judged;
        if (!judged.serves && waits.serves) waits = std::move(judged);
        addresses.push_back(address_of(task));
    }
    if (!waits.serves) co_return waits;
    const auto wants = static_cast<std::size_t>(std::max<std::int64_t>(integer_or(service, "desiredCount", 0), 0));
    if (wants == 0)
        co_return Serving{.serves = false, .in_vain = true, .reason = "The service wants no task (desired count 0)."};
    if (tasks.size() < wants) co_return not_yet(fmt::format("{} of {} tasks run.", tasks.size(), wants));
    SLIPWAY_CO_TRY(auto judged, co_await judge_targets(cloud, std::move(service), std::move(addresses)));
    if (judged.serves) judged.reason = fmt::format("{} of {} tasks run it", tasks.size(), wants);
    co_return judged;
}

Task<std::set<std::string, std::less<>>> digests_of(Cloud& cloud, Image image) {
    std::set<std::string, std::less<>> digests{image.digest};
    if (image.ecr_name().empty()) co_return digests;
    const json::array types{"application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
                            "application/vnd.docker.distribution.manifest.list.v2+json",
                            "application/vnd.docker.distribution.manifest.v2+json"};
    json::object which{{"imageDigest", image.digest}};
    json::object question{{"registryId", image.ecr_account()},
                          {"repositoryName", image.ecr_name()},
                          {"imageIds", json::array{std::move(which)}},
                          {"acceptedMediaTypes", types}};
    SLIPWAY_CO_TRY(const auto answer, co_await cloud.ecr("BatchGetImage", std::move(question)));
    const auto* images = array_in(answer, "images");
    if (images == nullptr || images->empty())
        co_return fail(ErrorCode::not_found, "The repository {} has no image {}: was it pushed?", image.repository,
                       image.digest);
    for (const auto& each : *images) {
        if (!each.is_object()) continue;
        const auto manifest = parse_json(text_or(each.get_object(), "imageManifest"));
        if (!manifest || !manifest->is_object()) continue;
        if (const auto* entries = array_in(manifest->get_object(), "manifests"))
            for (const auto& entry : *entries)
                if (entry.is_object()) digests.emplace(text_or(entry.get_object(), "digest"));
    }
    co_return digests;
}

}  // namespace slipway::deploy
