#include "store/aws/aws_actions.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/log.h"
#include "base/metrics.h"

namespace slipway::store {
namespace {

constexpr mode_t kOwnerOnly = 0600;

// The whole process has one record, as it has one log. Lines of several processes may go to the same file: each is
// written by one call, at the end.
class Record {
 public:
    static const Record& of_process() {
        static const Record record(Environment::of_process().get_or("SLIPWAY_AWS_CALLS", ""));
        return record;
    }
    void append(const std::string& lines) const {
        if (file_ < 0) return;
        if (::write(file_, lines.data(), lines.size()) < 0)
            log::warning("a call of AWS is not recorded", {{"reason", std::strerror(errno)}});
    }

 private:
    explicit Record(const std::string& path) {
        if (path.empty()) return;
        file_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerOnly);
        if (file_ < 0)
            log::warning("calls of AWS are not recorded: SLIPWAY_AWS_CALLS cannot be written",
                         {{"path", path}, {"reason", std::strerror(errno)}});
    }
    int file_ = -1;
};

std::vector<std::string> texts_of(const json::object& input, const char* name) {
    if (const auto text = text_or(input, name); !text.empty()) return {std::string(text)};
    std::vector<std::string> texts;
    if (const auto* const many = array_in(input, name))
        for (const auto& one : *many)
            if (one.is_string()) texts.emplace_back(one.get_string());
    return texts;
}

// "https://sqs.us-east-1.amazonaws.com/123456789012/jobs", or a name in input.
std::string queue_of(std::string_view region, const json::object& input) {
    std::string_view url = text_or(input, "QueueUrl");
    const auto name = url.rfind('/');
    if (name == std::string_view::npos || name == 0) return arn_of("sqs", region, text_or(input, "QueueName"));
    const auto account = url.rfind('/', name - 1);
    return arn_of("sqs", region, url.substr(name + 1), url.substr(account + 1, name - account - 1));
}

std::string secret_of(std::string_view region, const std::string& id) {
    return id.starts_with("arn:") ? id : arn_of("secretsmanager", region, "secret:" + id + "-??????");
}

std::string parameter_of(std::string_view region, std::string_view name) {
    if (name.starts_with("arn:")) return std::string(name);
    if (name.starts_with('/')) name.remove_prefix(1);
    while (name.ends_with('/')) name.remove_suffix(1);
    return arn_of("ssm", region, fmt::format("parameter/{}", name));
}

std::string last_of(std::string_view name_or_arn) {
    return std::string(name_or_arn.substr(name_or_arn.rfind('/') + 1));
}

std::vector<std::string> of_cluster(std::string_view region, const json::object& input, std::string_view kind,
                                    const char* field) {
    const auto cluster = last_of(text_or(input, "cluster", "default"));
    std::vector<std::string> resources;
    for (const auto& one : texts_of(input, field))
        resources.push_back(arn_of("ecs", region, fmt::format("{}/{}/{}", kind, cluster, last_of(one))));
    return resources;
}

std::vector<std::string> resources_of_ecs(std::string_view region, std::string_view operation,
                                          const json::object& input) {
    if (operation == "DescribeServices") return of_cluster(region, input, "service", "services");
    if (operation == "UpdateService") return of_cluster(region, input, "service", "service");
    if (operation == "DescribeTasks") return of_cluster(region, input, "task", "tasks");
    if (operation == "StopTask") return of_cluster(region, input, "task", "task");
    if (operation != "RunTask") return {};
    const std::string task(text_or(input, "taskDefinition"));
    return {task.starts_with("arn:") ? task : arn_of("ecs", region, "task-definition/" + task)};
}

std::vector<std::string> resources_of(std::string_view service, std::string_view region, std::string_view operation,
                                      const json::object& input) {
    std::vector<std::string> resources;
    if (service == "sqs") return {queue_of(region, input)};
    if (service == "ecs") return resources_of_ecs(region, operation, input);
    if (service == "secretsmanager" && operation == "GetSecretValue")
        for (const auto& id : texts_of(input, "SecretId")) resources.push_back(secret_of(region, id));
    if (service == "ssm" && operation == "GetParameters")
        for (const auto& name : texts_of(input, "Names")) resources.push_back(parameter_of(region, name));
    if (service == "ssm" && operation == "GetParametersByPath")
        resources.push_back(parameter_of(region, text_or(input, "Path")));
    if (service == "ecr")
        for (const auto& name : texts_of(input, "repositoryName"))
            resources.push_back(arn_of("ecr", region, "repository/" + name));
    if (service == "logs")
        for (const auto& name : texts_of(input, "logGroupName"))
            resources.push_back(arn_of("logs", region, "log-group:" + name + ":*"));
    return resources;
}

// What else must be allowed so that the operation is.
void add_implied(std::vector<AwsAction>& actions, std::string_view region, std::string_view operation,
                 const json::object& input) {
    if (operation == "BatchGetSecretValue") {
        for (const auto& id : texts_of(input, "SecretIdList"))
            actions.push_back({"secretsmanager", "GetSecretValue", secret_of(region, id)});
        if (input.contains("Filters")) actions.push_back({"secretsmanager", "ListSecrets"});
    }
    if (operation == "RegisterTaskDefinition")
        for (const char* const role : {"taskRoleArn", "executionRoleArn"})
            for (auto& arn : texts_of(input, role)) actions.push_back({"iam", "PassRole", std::move(arn)});
}

}  // namespace

std::string arn_of(std::string_view service, std::string_view region, std::string_view resource,
                   std::string_view account) {
    const std::string_view partition = region.starts_with("cn-")       ? "aws-cn"
                                       : region.starts_with("us-gov-") ? "aws-us-gov"
                                                                       : "aws";
    if (service == "s3") return fmt::format("arn:{}:s3:::{}", partition, resource);
    return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, region, account, resource);
}

std::vector<AwsAction> actions_of(std::string_view service, std::string_view region, std::string_view target,
                                  const json::object& input) {
    const auto operation = target.substr(target.rfind('.') + 1);
    constexpr std::string_view kBatch = "Batch";
    const bool batch = service == "sqs" && operation.ends_with(kBatch);
    const std::string name(operation.substr(0, operation.size() - (batch ? kBatch.size() : 0)));
    std::vector<AwsAction> actions;
    for (auto& resource : resources_of(service, region, operation, input))
        actions.push_back({std::string(service), name, std::move(resource)});
    if (actions.empty()) actions.push_back({std::string(service), name});
    add_implied(actions, region, operation, input);
    return actions;
}

void record(const std::vector<AwsAction>& actions) {
    std::string lines;
    for (const auto& action : actions) {
        metrics::counter("slipway_aws_calls_total", "What was asked of AWS, by the action that a policy must allow.",
                         {{"service", action.service}, {"action", action.name}})
            .add();
        lines += fmt::format("{}:{}\t{}\n", action.service, action.name, action.resource);
    }
    Record::of_process().append(lines);
}

}  // namespace slipway::store
