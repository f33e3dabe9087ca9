#include "deploy/rollout/evidence.h"

#include <regex>

#include "base/text.h"
#include "deploy/rollout/revision.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kLineBytesMax = 400;
constexpr int kLines = 20;
constexpr std::size_t kTasksMax = 100;  // of one DescribeTasks
constexpr std::string_view kScaling = "Scaling activity initiated by";

struct Secret {
    std::regex what;
    const char* with;
};

const std::vector<Secret>& secrets() {
    const auto flags = std::regex::ECMAScript | std::regex::icase | std::regex::optimize;
    static const std::vector<Secret> all{
        {std::regex(R"(([a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s@]+@)", flags), "$1:[redacted]@"},
        {std::regex(R"(\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,})", flags), "$1 [redacted]"},
        {std::regex(std::string(R"re(((?:passw(?:or)?d|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|)re") +
                        R"re(credential|signature)[\w-]*["']?\s*[:=]\s*["']?)[^\s"'&,;}]+)re",
                    flags),
         "$1[redacted]"},
        {std::regex(R"(\b(?:AKIA|ASIA)[A-Z0-9]{12,})"), "[redacted]"},
        {std::regex(R"(\b(?:sk|pk|rk|gsk|ghp|gho|xox[a-z])[-_][A-Za-z0-9_-]{12,})"), "[redacted]"},
        {std::regex(R"(\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*)"), "[redacted]"}};
    return all;
}

const json::object* released_container(const json::object& task, std::string_view name) {
    const auto* containers = array_in(task, "containers");
    if (containers == nullptr) return nullptr;
    const json::object *named = nullptr, *failed = nullptr;
    for (const auto& each : *containers) {
        const auto* container = each.if_object();
        if (container == nullptr) continue;
        if (text_or(*container, "name") == name) named = container;
        const bool bad = integer_or(*container, "exitCode", 0) != 0 || !text_or(*container, "reason").empty();
        if (bad && failed == nullptr) failed = container;
    }
    const bool fine = named != nullptr && integer_or(*named, "exitCode", 0) == 0 && text_or(*named, "reason").empty();
    return named == nullptr || (fine && failed != nullptr) ? failed : named;
}

}  // namespace

std::string redacted(std::string_view line) {
    std::string text;
    for (const char c : cut_utf8(line, kLineBytesMax)) text += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    for (const auto& secret : secrets()) text = std::regex_replace(text, secret.what, secret.with);
    return to_valid_utf8(text);
}

StoppedTask stopped_task(const json::object& task, std::string_view container) {
    StoppedTask told{.arn = std::string(text_or(task, "taskArn")),
                     .code = std::string(text_or(task, "stopCode")),
                     .reason = redacted(text_or(task, "stoppedReason", "no reason was given")),
                     .container = std::string(container),
                     .container_reason = {}};
    if (const auto* found = released_container(task, container)) {
        told.container = text_or(*found, "name");
        told.container_reason = redacted(text_or(*found, "reason"));
        told.exit_code = static_cast<int>(integer_or(*found, "exitCode", -1));
    }
    return told;
}

Task<std::vector<StoppedTask>> Evidence::look(std::string definition_arn, std::string container) {
    json::object question{{"cluster", cluster_}, {"serviceName", service_}, {"desiredStatus", "STOPPED"}};
    SLIPWAY_CO_TRY(const auto listed, co_await cloud_.ecs("ListTasks", std::move(question)));
    json::array unknown;
    if (const auto* arns = array_in(listed, "taskArns"))
        for (const auto& arn : *arns)
            if (arn.is_string() && !seen_.contains(to_text(arn.get_string())) && unknown.size() < kTasksMax)
                unknown.push_back(arn);
    std::vector<StoppedTask> found;
    if (unknown.empty()) co_return found;
    json::object details{{"cluster", cluster_}, {"tasks", std::move(unknown)}};
    SLIPWAY_CO_TRY(const auto described, co_await cloud_.ecs("DescribeTasks", std::move(details)));
    const auto* tasks = array_in(described, "tasks");
    if (tasks == nullptr) co_return found;
    for (const auto& each : *tasks) {
        const auto* task = each.if_object();
        if (task == nullptr) continue;
        const bool spot = text_or(*task, "stopCode") == "SpotInterruption";
        if (!spot && text_or(*task, "lastStatus") != "STOPPED") continue;  // on its way; asked again
        seen_.emplace(text_or(*task, "taskArn"));
        if (text_or(*task, "taskDefinitionArn") != definition_arn) continue;
        auto told = stopped_task(*task, container);
        if (spot) {
            ++interrupted_;
        } else if (!told.reason.starts_with(kScaling)) {
            found.push_back(told);
            stopped_.push_back(std::move(told));
        }
    }
    co_return found;
}

Task<std::vector<std::string>> last_lines(Cloud& cloud, json::object definition, StoppedTask task) {
    std::vector<std::string> lines;
    const auto place = log_place(definition, task.container, task.arn);
    if (!place) {
        lines.push_back(fmt::format("(the container {} does not log to CloudWatch)", task.container));
        co_return lines;
    }
    json::object question{
        {"logGroupName", place->group}, {"logStreamName", place->stream}, {"limit", kLines}, {"startFromHead", false}};
    const auto answer = co_await cloud.logs("GetLogEvents", std::move(question));
    if (!answer) {
        lines.push_back(answer.error().code == ErrorCode::not_found
                            ? fmt::format("(nothing in {} {}: it ended before it wrote)", place->group, place->stream)
                            : fmt::format("(the log cannot be read: {})", answer.error().message));
        co_return lines;
    }
    if (const auto* events = array_in(*answer, "events"))
        for (const auto& each : *events)
            if (const auto* event = each.if_object()) lines.push_back(redacted(text_or(*event, "message")));
    if (lines.empty()) lines.push_back(fmt::format("(nothing in {} {})", place->group, place->stream));
    co_return lines;
}

}  // namespace slipway::deploy
