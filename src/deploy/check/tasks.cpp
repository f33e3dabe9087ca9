// Files, images and deployments of tasks.
#include "deploy/plan/tasks.h"

#include <algorithm>

#include "deploy/check/check.h"

namespace slipway::deploy {
namespace {

struct Mount {
    std::string container, path;
};

// Mounts of EFS that a container may write to, by the place in the file system that they are.
std::map<std::string, std::vector<Mount>> shared_files(const Plan& plan, const Resource& task) {
    std::map<std::string, std::string> volumes;
    for (const auto* volume : task.blocks("volume"))
        for (const auto* efs : blocks_in(*volume, "efs_volume_configuration")) {
            const auto authorization = blocks_in(*efs, "authorization_config");
            const auto name = std::string(text_or(*volume, "name"));
            volumes[name] = authorization.empty() ? std::string(text_or(*efs, "root_directory", "/")) : name;
        }
    std::map<std::string, std::vector<Mount>> mounts;
    for (const auto& container : containers_of(plan, task))
        for (const auto* point : blocks_in(container.definition, "mountPoints")) {
            const auto volume = volumes.find(std::string(text_or(*point, "sourceVolume")));
            if (volume != volumes.end() && !bool_or(*point, "readOnly", false))
                mounts[volume->second].push_back(
                    {std::string(container.name()), std::string(text_or(*point, "containerPath"))});
        }
    return mounts;
}

bool keeps_records_in(const Plan& plan, const Resource& task) {
    for (const auto& container : containers_of(plan, task))
        for (const auto& [name, value] : container.environment())
            if (name.contains("SQLITE") || value.ends_with(".db") || value.ends_with(".sqlite")) return true;
    return false;
}

}  // namespace

void check_files(const Subject& subject, Findings& findings) {
    for (const auto& service : services_of(subject.plan)) {
        if (service.task == nullptr) continue;
        const auto mounts = shared_files(subject.plan, *service.task);
        if (mounts.empty()) continue;
        const auto& resource = *service.resource;
        const bool two_at_once = resource.number("deployment_maximum_percent", 200) > 100;
        if (keeps_records_in(subject.plan, *service.task) && (service.most > 1 || two_at_once || service.spot > 0))
            findings.push_back(
                {.rule = "C13",
                 .resource = resource.address,
                 .message = fmt::format("Records lie in files on EFS, and {}: two processes would write to one file.",
                                        service.most > 1 ? fmt::format("{} tasks may run", service.most)
                                        : two_at_once    ? "a deployment starts the new task before the old one ends"
                                                         : "a Spot task may still write when its successor starts"),
                 .fix = "desired_count = 1, deployment_minimum_healthy_percent = 0, deployment_maximum_percent = "
                        "100, no Spot; or PostgreSQL."});
        for (const auto& [place, all] : mounts)
            for (std::size_t i = 1; i < all.size(); ++i)
                if (all[i].container != all[0].container)
                    findings.push_back({.rule = "C14",
                                        .severity = Severity::warning,
                                        .resource = service.task->address,
                                        .message = fmt::format("{} of {} and {} of {} are one folder.", all[0].path,
                                                               all[0].container, all[i].path, all[i].container),
                                        .fix = "An aws_efs_access_point with a root_directory of its own for each."});
    }
}

void check_images(const Subject& subject, Findings& findings) {
    for (const auto* task : subject.plan.of("aws_ecs_task_definition"))
        for (const auto& container : containers_of(subject.plan, *task)) {
            const auto image = container.image();
            if (!image.contains('/') && !image.contains(':')) continue;  // of no registry: it is not known yet
            if (image.contains("@sha256:")) continue;
            const auto tag = image.substr(image.rfind('/') == std::string_view::npos ? 0 : image.rfind('/'));
            if (!tag.contains(':') || tag.ends_with(":latest"))
                findings.push_back({.rule = "C16",
                                    .resource = task->address,
                                    .message = fmt::format(
                                        "The image of {} is whatever latest is when a task starts: there is nothing "
                                        "to roll back to.",
                                        container.name()),
                                    .fix = "Name it by digest, NAME@sha256:…"});
        }
}

void check_deployments(const Subject& subject, Findings& findings) {
    for (const auto* service : subject.plan.of("aws_ecs_service")) {
        const auto* breaker = service->block("deployment_circuit_breaker");
        if (breaker != nullptr && bool_or(*breaker, "enable", false) && bool_or(*breaker, "rollback", false)) continue;
        findings.push_back({.rule = "C26",
                            .resource = service->address,
                            .message = "A release that never gets well stays, and nothing says when to go back.",
                            .fix = "deployment_circuit_breaker { enable = true, rollback = true }."});
    }
}

}  // namespace slipway::deploy
