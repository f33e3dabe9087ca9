// Roles of tasks and functions: what is called is allowed, and what is allowed is called (calls.tsv).
#include <algorithm>

#include "base/text.h"
#include "deploy/check/check.h"
#include "deploy/plan/tasks.h"
#include "deploy/policy/policy_document.h"

namespace slipway::deploy {
namespace {

constexpr char kCallsText[] = {
#embed "calls.tsv"
    , 0};

struct Call {
    std::string_view role, service, action;
    bool must = false;
    std::string_view when;
};

const std::vector<Call>& calls() {
    static const auto all = [] {
        std::vector<Call> list;
        for (const auto line : split(std::string_view(kCallsText), '\n')) {
            const auto cells = split(line, '\t');
            if (cells.size() == 5 && cells[0] != "role")
                list.push_back({cells[0], cells[1], cells[2], !cells[3].empty(), cells[4]});
        }
        return list;
    }();
    return all;
}

// In a statement that names what the action is for: S3 knows buckets and objects, and an action on the other is none.
bool allowed(const Rights& rights, std::string_view action) {
    if (!action.starts_with("s3:")) return rights.allow(action);
    const bool of_bucket = action == "s3:ListBucket";
    return std::ranges::any_of(rights.statements, [&](const Statement& one) {
        return one.allow && std::ranges::any_of(one.actions, [&](const auto& a) { return matches(a, action); }) &&
               std::ranges::any_of(one.resources,
                                   [&](const auto& r) { return r == "*" || r.contains('/') != of_bucket; });
    });
}

void check_called(const Resource& role, const Rights& rights, std::string_view kind,
                  const std::set<std::string>& services, Findings& findings) {
    for (const auto& call : calls()) {
        if (call.role != kind || !call.must || !services.contains(std::string(call.service)) ||
            allowed(rights, call.action))
            continue;
        findings.push_back({.rule = "iam.missing",
                            .resource = role.address,
                            .message = fmt::format("{} is called ({}) and not allowed.", call.action, call.when),
                            .fix = "Add the action to the role's policy."});
    }
}

// By action, or by a pattern that a known action matches.
bool is_called(std::string_view kind, const std::set<std::string>& services, const std::string& allowed) {
    return std::ranges::any_of(calls(), [&](const Call& call) {
        const bool of_service =
            call.service == "platform" || call.service == "database" || services.contains(std::string(call.service));
        return call.role == kind && of_service && matches(allowed, call.action);
    });
}

void check_allowed(const Resource& role, const Rights& rights, std::string_view kind,
                   const std::set<std::string>& services, Findings& findings) {
    std::set<std::string> unused;
    for (const auto& statement : rights.statements)
        for (const auto& action : statement.actions)
            if (statement.allow && !is_called(kind, services, action)) unused.insert(action);
    for (const auto& action : unused)
        findings.push_back({.rule = "iam.unused",
                            .severity = Severity::warning,
                            .resource = role.address,
                            .message = fmt::format("{} is allowed and never called.", action),
                            .fix = "Remove it; what the application calls lists src/deploy/check/calls.tsv."});
}

void check_secrets_covered(const Subject& subject, const Resource& role, const Rights& rights, const Resource& task,
                           Findings& findings) {
    for (const auto& container : containers_of(subject.plan, task))
        for (const auto& [name, from] : container.secrets()) {
            if (!from.starts_with("arn:")) continue;
            const bool parameter = from.contains(":parameter/");
            const auto action = parameter ? "ssm:GetParameters" : "secretsmanager:GetSecretValue";
            const auto parts = split(from, ':');
            std::string arn;  // without the key of a JSON secret
            for (std::size_t i = 0; i < std::min<std::size_t>(parts.size(), parameter ? 6 : 7); ++i)
                arn += (i == 0 ? "" : ":") + std::string(parts[i]);
            if (rights.allow(action, arn)) continue;
            findings.push_back(
                {.rule = "iam.secret",
                 .resource = role.address,
                 .message = fmt::format("The role may not read where {} comes from: the task never starts.", name),
                 .fix = fmt::format("Allow {} on its ARN.", action)});
        }
}

std::set<std::string> of_execution(const Plan& plan, const Resource& task) {
    std::set<std::string> services;
    for (const auto& container : containers_of(plan, task)) {
        if (container.image().contains(".dkr.ecr.")) services.insert("ecr");
        if (object_in(container.definition, "logConfiguration") != nullptr) services.insert("logs");
    }
    return services;
}

bool serves(const Plan& plan, const Resource& task) {
    const auto services = services_of(plan);
    return std::ranges::any_of(services, [&](const Service& service) { return service.task == &task; });
}

void check_task(const Subject& subject, const Resource& task, Findings& findings) {
    for (const auto* role : subject.plan.referred(task, "execution_role_arn", "aws_iam_role")) {
        const auto rights = rights_of(subject.plan, *role);
        const auto services = of_execution(subject.plan, task);
        if (!rights.complete || containers_of(subject.plan, task).empty()) continue;
        check_called(*role, rights, "execution", services, findings);
        check_allowed(*role, rights, "execution", {"ecr", "logs"}, findings);
        check_secrets_covered(subject, *role, rights, task, findings);
    }
    if (subject.application == nullptr) return;
    for (const auto* role : subject.plan.referred(task, "task_role_arn", "aws_iam_role")) {
        const auto rights = rights_of(subject.plan, *role);
        std::set<std::string> services;
        for (const auto& container : containers_of(subject.plan, task)) {
            auto variables = container.environment();
            for (const auto& [name, from] : container.secrets()) variables.emplace(name, "");
            services.merge(subject.application->serve(variables).services);
        }
        if (!rights.complete || containers_of(subject.plan, task).empty()) continue;
        // A task that no service runs is started for one command, such as a migration, which asks the database alone.
        if (serves(subject.plan, task)) check_called(*role, rights, "task", services, findings);
        check_allowed(*role, rights, "task", services, findings);
    }
}

// Variables that are known only after the apply hide which services are called: then all of them may be.
void check_function(const Subject& subject, const Resource& function, Findings& findings) {
    if (subject.application == nullptr) return;
    const bool known = !function.is_unknown("environment");
    std::set<std::string> services{"s3", "sqs", "secretsmanager", "ssm"};
    if (known) {
        std::map<std::string, std::string> variables;
        const auto* const environment = function.block("environment");
        const auto* const given = environment == nullptr ? nullptr : object_in(*environment, "variables");
        if (given != nullptr)
            for (const auto& each : *given) variables.emplace(each.key(), text_or(*given, each.key()));
        services = subject.application->serve(variables).services;
    }
    for (const auto* role : subject.plan.referred(function, "role", "aws_iam_role")) {
        const auto rights = rights_of(subject.plan, *role);
        if (known && rights.complete) check_called(*role, rights, "function", services, findings);
        check_allowed(*role, rights, "function", services, findings);
    }
}

}  // namespace

void check_rights(const Subject& subject, Findings& findings) {
    for (const auto* task : subject.plan.of("aws_ecs_task_definition")) check_task(subject, *task, findings);
    for (const auto* function : subject.plan.of("aws_lambda_function")) check_function(subject, *function, findings);
}

}  // namespace slipway::deploy
