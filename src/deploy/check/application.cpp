// The task beside the application that runs in it: ports, health, variables.
#include <algorithm>
#include <array>

#include "deploy/check/check.h"
#include "deploy/plan/tasks.h"

namespace slipway::deploy {
namespace {

// Something that the application takes for the value of a secret; empty for what is none, whose default then counts.
std::string stand_in(std::string_view name) {
    if (name.contains("REDIS")) return "rediss://user:password@cache.internal:6379/0";
    if (name.contains("SMTP")) return "smtps://user:password@mail.internal:465";
    if (name.ends_with("_URL") || name.ends_with("_URI"))
        return "postgresql://user:password@database.internal:5432/database";
    static constexpr std::array<std::string_view, 4> kSecrets{"SECRET", "PASSWORD", "KEY", "TOKEN"};
    if (std::ranges::none_of(kSecrets, [&](std::string_view part) { return name.contains(part); })) return "";
    return "3f8a1c5e7b2d4096f1a8c3e5d7b29046a5c1e8f3b7d2906441c8e5f3a7b2d960";  // random, and of nobody
}

std::map<std::string, std::string> variables_of(const Container& container) {
    auto variables = container.environment();
    for (const auto& [name, from] : container.secrets())
        if (auto value = stand_in(name); !value.empty()) variables[name] = std::move(value);
    return variables;
}

std::string joined(const std::set<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

void check_container(const Subject& subject, const Service& service, const Container& container, int port,
                     Findings& findings) {
    const auto served = subject.application->serve(variables_of(container));
    const auto& address = service.resource->address;
    for (const auto& fault : served.faults)
        findings.push_back({.rule = "app.start",
                            .resource = service.task->address,
                            .message = fmt::format("With these variables the application does not start: {}", fault),
                            .fix = "Give the task what the manifest asks for, in environment or secrets."});
    if (served.port != 0 && served.port != port)
        findings.push_back({.rule = "app.port",
                            .resource = address,
                            .message = fmt::format("The load balancer asks port {}, the application listens on {}.",
                                                   port, served.port),
                            .fix = "container_port, portMappings and the variable of the port must name one number."});
    for (const auto* group : target_groups_of(subject.plan, *service.resource))
        if (const auto* check = group->block("health_check"))
            if (const auto path = text_or(*check, "path"); !path.empty() && !served.paths.contains(std::string(path)))
                findings.push_back(
                    {.rule = "app.health",
                     .resource = group->address,
                     .message =
                         fmt::format("The health check asks {}, which the application does not answer; it answers {}.",
                                     path, joined(served.paths)),
                     .fix = "One path in health_check and server.health."});
    std::set<std::string> unread;
    for (const auto& [name, from] : container.secrets())
        if (!subject.application->variables.contains(name) && !served.read.contains(name)) unread.insert(name);
    if (!unread.empty())
        findings.push_back(
            {.rule = "app.unread",
             .severity = Severity::note,
             .resource = service.task->address,
             .message = fmt::format("The task gets secrets that the application does not read: {}.", joined(unread)),
             .fix = "Remove them, or read them in the manifest."});
    if (served.files && (service.most > 1 || service.spot > 0))
        findings.push_back(
            {.rule = "C13",
             .resource = address,
             .message = "The application keeps its records in SQLite here, and more than one task may run.",
             .fix = "Give it a database URL, or one task on demand."});
}

}  // namespace

void check_application(const Subject& subject, Findings& findings) {
    for (const auto& service : services_of(subject.plan)) {
        if (service.task == nullptr) continue;
        const auto containers = containers_of(subject.plan, *service.task);
        for (const auto* balanced : service.resource->blocks("load_balancer")) {
            const auto name = text_or(*balanced, "container_name");
            const auto port = static_cast<int>(number_in(*balanced, "container_port", 0));
            const auto found = std::ranges::find(containers, name, &Container::name);
            if (found == containers.end()) {
                if (!containers.empty())
                    findings.push_back(
                        {.rule = "app.container",
                         .resource = service.resource->address,
                         .message = fmt::format(
                             "The load balancer is sent to a container \"{}\" that the task does not have.", name),
                         .fix = "container_name of one of the task's containers."});
                continue;
            }
            if (!holds(found->ports(), port))
                findings.push_back(
                    {.rule = "app.port",
                     .resource = service.resource->address,
                     .message =
                         fmt::format("The load balancer is sent to port {} of {}, which opens none such.", port, name),
                     .fix = "portMappings with that containerPort."});
            if (subject.application != nullptr) check_container(subject, service, *found, port, findings);
        }
    }
}

}  // namespace slipway::deploy
