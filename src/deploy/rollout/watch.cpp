#include "deploy/rollout/watch.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <vector>

#include "deploy/rollout/revision.h"

namespace slipway::deploy {
namespace {

using How = DeploymentEnd::How;
constexpr std::size_t kDeploymentsLookedAt = 10;  // the newest; ours is one of them
constexpr double kClocksApart = 15;               // seconds, of AWS's services among each other

const json::object* first_object(const json::object& object, std::string_view key) {
    const auto* array = array_in(object, key);
    return array == nullptr || array->empty() ? nullptr : array->front().if_object();
}

std::string_view text_in(const json::object& object, std::string_view part, std::string_view key) {
    const auto* inner = object_in(object, part);
    return inner == nullptr ? std::string_view() : text_or(*inner, key);
}

std::string counts_of(const json::object& deployment) {
    const auto* target = object_in(deployment, "targetServiceRevision");
    if (target == nullptr) return "";
    auto text = fmt::format("{} of {} tasks run", integer_or(*target, "runningTaskCount", 0),
                            integer_or(*target, "requestedTaskCount", 0));
    const auto* breaker = object_in(deployment, "deploymentCircuitBreaker");
    if (breaker != nullptr && integer_or(*breaker, "failureCount", 0) > 0)
        text += fmt::format(", {} of {} failures before the breaker", integer_or(*breaker, "failureCount", 0),
                            integer_or(*breaker, "threshold", 0));
    return text;
}

std::string alarms_of(const json::object& deployment) {
    const auto* alarms = object_in(deployment, "alarms");
    const auto* names = alarms == nullptr ? nullptr : array_in(*alarms, "triggeredAlarmNames");
    std::string text;
    if (names == nullptr) return text;
    for (const auto& name : *names)
        if (name.is_string()) text += (text.empty() ? " Alarm: " : ", ") + to_text(name.get_string());
    return text.empty() ? text : text + ".";
}

std::string reason_of(const json::object& deployment) {
    auto text = std::string(text_in(deployment, "rollback", "reason"));
    if (const auto status = text_or(deployment, "statusReason"); !status.empty() && status != text)
        text += (text.empty() ? "" : " ") + std::string(status);
    if (text.empty() && text_in(deployment, "deploymentCircuitBreaker", "status") == "TRIGGERED")
        text = "The circuit breaker was triggered.";
    return text + alarms_of(deployment);
}

double created(const json::object& deployment) { return number_or(deployment, "createdAt", 0); }

std::string primary_definition(const json::object& service) {
    if (const auto* deployments = array_in(service, "deployments"))
        for (const auto& each : *deployments)
            if (const auto* one = each.if_object(); one != nullptr && text_or(*one, "status") == "PRIMARY")
                return std::string(text_or(*one, "taskDefinition"));
    return std::string(text_or(service, "taskDefinition"));
}

class Watch {
 public:
    Watch(Cloud& cloud, Watched watched, Evidence& evidence, Tell tell)
        : cloud_(cloud), watched_(std::move(watched)), evidence_(evidence), tell_(std::move(tell)) {}

    // nullopt: it goes on.
    Task<std::optional<DeploymentEnd>> look();
    const std::string& seen() const { return said_; }

 private:
    Task<void> find_deployment();
    Task<DeploymentEnd> end_of(json::object deployment, std::string status);
    void say(std::string line);

    Cloud& cloud_;
    Watched watched_;
    Evidence& evidence_;
    Tell tell_;
    std::string arn_, said_;
};

void Watch::say(std::string line) {
    if (line == said_) return;
    said_ = std::move(line);
    tell_(said_);
}

std::set<std::string_view> revisions_of(const json::object& described, const std::string& definition_arn) {
    std::set<std::string_view> revisions;
    if (const auto* all = array_in(described, "serviceRevisions"))
        for (const auto& each : *all)
            if (each.is_object() && text_or(each.get_object(), "taskDefinition") == definition_arn)
                revisions.insert(text_or(each.get_object(), "serviceRevisionArn"));
    return revisions;
}

// By its revision, since the service may have been changed by others meanwhile, and by its age, since what is rolled
// back to was deployed before.
Task<void> Watch::find_deployment() {
    json::object question{{"cluster", watched_.cluster}, {"service", watched_.service}};
    SLIPWAY_CO_TRY(const auto listed, co_await cloud_.ecs("ListServiceDeployments", std::move(question)));
    std::vector<const json::object*> recent;
    if (const auto* deployments = array_in(listed, "serviceDeployments"))
        for (const auto& each : *deployments)
            if (const auto* one = each.if_object(); one != nullptr && created(*one) >= watched_.since - kClocksApart)
                recent.push_back(one);
    std::ranges::sort(recent, std::greater<>(), [](const json::object* one) { return created(*one); });
    if (recent.size() > kDeploymentsLookedAt) recent.resize(kDeploymentsLookedAt);
    if (recent.empty()) co_return Result<void>();
    json::array targets;
    for (const auto* one : recent) targets.push_back(json::string(text_or(*one, "targetServiceRevisionArn")));
    json::object more{{"serviceRevisionArns", std::move(targets)}};
    SLIPWAY_CO_TRY(const auto described, co_await cloud_.ecs("DescribeServiceRevisions", std::move(more)));
    const auto ours = revisions_of(described, watched_.definition_arn);
    for (const auto* one : recent)
        if (arn_.empty() && ours.contains(text_or(*one, "targetServiceRevisionArn")))
            arn_ = text_or(*one, "serviceDeploymentArn");
    co_return Result<void>();
}

Task<DeploymentEnd> Watch::end_of(json::object deployment, std::string status) {
    const auto reason = reason_of(deployment);
    if (status == "SUCCESSFUL") co_return DeploymentEnd{How::successful, reason};
    if (status == "ROLLBACK_SUCCESSFUL") co_return DeploymentEnd{How::rolled_back, reason};
    if (status == "ROLLBACK_FAILED") co_return DeploymentEnd{How::rollback_failed, reason};
    const bool broke = text_in(deployment, "deploymentCircuitBreaker", "status") == "TRIGGERED";
    if (broke) co_return DeploymentEnd{How::rollback_failed, reason};
    SLIPWAY_CO_TRY(const auto service, co_await describe_service(cloud_, watched_.cluster, watched_.service));
    const auto now_wanted = primary_definition(service);
    if (now_wanted == watched_.definition_arn) co_return DeploymentEnd{How::stopped, reason};
    co_return DeploymentEnd{
        How::superseded, fmt::format("Another deployment, of {}, took its place. {}", short_name(now_wanted), reason)};
}

Task<std::optional<DeploymentEnd>> Watch::look() {
    if (arn_.empty()) SLIPWAY_CO_CHECK(co_await find_deployment());
    if (arn_.empty()) co_return std::nullopt;
    json::object question{{"serviceDeploymentArns", json::array{json::string(arn_)}}};
    SLIPWAY_CO_TRY(const auto answer, co_await cloud_.ecs("DescribeServiceDeployments", std::move(question)));
    const auto* found = first_object(answer, "serviceDeployments");
    if (found == nullptr) co_return std::nullopt;
    auto deployment = *found;
    const std::string status(text_or(deployment, "status"));
    SLIPWAY_CO_TRY(const auto ended, co_await evidence_.look(watched_.definition_arn, watched_.container));
    for (const auto& task : ended) tell_("stopped task " + task.text());
    say(fmt::format("{}: {}", status, counts_of(deployment)));
    constexpr std::array<std::string_view, 4> kEnds{"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"};
    if (std::ranges::find(kEnds, status) == kEnds.end()) co_return std::nullopt;
    SLIPWAY_CO_TRY(auto end, co_await end_of(std::move(deployment), status));
    co_return end;
}

}  // namespace

bool passes(const Error& error) {
    constexpr std::array<std::string_view, 12> kRefusals{"AccessDeniedException",       "AccessDenied",
                                                         "ExpiredTokenException",       "ExpiredToken",
                                                         "UnrecognizedClientException", "InvalidClientTokenId",
                                                         "InvalidSignatureException",   "MissingAuthenticationToken",
                                                         "ClusterNotFoundException",    "ServiceNotFoundException",
                                                         "InvalidParameterException",   "ClientException"};
    const auto code = text_or(error.details, "aws_code");
    if (std::ranges::find(kRefusals, code) != kRefusals.end()) return false;
    return error.code == ErrorCode::unavailable && (!code.empty() || !text_or(error.details, "phase").empty());
}

Task<json::object> describe_service(Cloud& cloud, std::string cluster, std::string service) {
    json::object question{{"cluster", cluster}, {"services", json::array{json::string(service)}}};
    SLIPWAY_CO_TRY(const auto answer, co_await cloud.ecs("DescribeServices", std::move(question)));
    const auto* found = first_object(answer, "services");
    if (found == nullptr || text_or(*found, "status") != "ACTIVE")
        co_return fail(ErrorCode::not_found, "There is no active service {} in the cluster {}.", service, cluster);
    co_return *found;
}

Task<DeploymentEnd> watch(Cloud& cloud, Watched watched, Evidence& evidence, Tell tell) {
    const auto poll = watched.poll, end = cloud.elapsed() + watched.timeout;
    Watch looking(cloud, std::move(watched), evidence, tell);
    std::string trouble;
    while (cloud.elapsed() < end) {
        auto looked = co_await looking.look();
        if (!looked && !passes(looked.error())) co_return DeploymentEnd{How::lost, looked.error().message};
        if (looked && *looked) co_return **std::move(looked);
        const auto before = std::exchange(trouble, looked ? std::string() : looked.error().message);
        if (!trouble.empty() && trouble != before) tell("asking again: " + trouble);
        if (co_await cancelled()) co_return DeploymentEnd{How::lost, "It was interrupted."};
        co_await sleep_for(poll);
    }
    if (!trouble.empty()) co_return DeploymentEnd{How::lost, trouble};
    co_return DeploymentEnd{How::timed_out, looking.seen().empty() ? "ECS has begun no deployment of it."
                                                                   : "At the end: " + looking.seen() + "."};
}

}  // namespace slipway::deploy
