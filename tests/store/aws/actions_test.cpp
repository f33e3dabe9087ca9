// What is asked of AWS is named as IAM names it.
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "store/aws/aws_actions.h"

namespace slipway::test {
namespace {

std::vector<std::string> told(std::string_view service, std::string_view target, const json::object& input) {
    std::vector<std::string> lines;
    for (const auto& one : store::actions_of(service, "us-west-2", target, input))
        lines.push_back(fmt::format("{}:{} {}", one.service, one.name, one.resource));
    return lines;
}

using Lines = std::vector<std::string>;

TEST(AwsActions, ABatchIsAllowedByTheSingleAction) {
    const json::object input{{"QueueUrl", "https://sqs.us-west-2.amazonaws.com/123456789012/jobs.fifo"}};
    EXPECT_EQ(told("sqs", "AmazonSQS.SendMessageBatch", input),
              Lines{"sqs:SendMessage arn:aws:sqs:us-west-2:123456789012:jobs.fifo"});
    EXPECT_EQ(told("sqs", "AmazonSQS.GetQueueUrl", {{"QueueName", "jobs"}}),
              Lines{"sqs:GetQueueUrl arn:aws:sqs:us-west-2:*:jobs"});
}

TEST(AwsActions, ReadingSeveralSecretsIsReadingEach) {
    const json::object named{{"SecretIdList", json::array{"app/one", "arn:aws:secretsmanager:us-west-2:1:secret:two"}}};
    EXPECT_EQ(told("secretsmanager", "secretsmanager.BatchGetSecretValue", named),
              (Lines{"secretsmanager:BatchGetSecretValue *",
                     "secretsmanager:GetSecretValue arn:aws:secretsmanager:us-west-2:*:secret:app/one-??????",
                     "secretsmanager:GetSecretValue arn:aws:secretsmanager:us-west-2:1:secret:two"}));
    const json::object filtered{{"Filters", json::array{}}};
    EXPECT_EQ(told("secretsmanager", "secretsmanager.BatchGetSecretValue", filtered),
              (Lines{"secretsmanager:BatchGetSecretValue *", "secretsmanager:ListSecrets *"}));
}

TEST(AwsActions, ParametersHaveOneSlash) {
    EXPECT_EQ(told("ssm", "AmazonSSM.GetParameters", {{"Names", json::array{"/app/dev/key", "bare"}}}),
              (Lines{"ssm:GetParameters arn:aws:ssm:us-west-2:*:parameter/app/dev/key",
                     "ssm:GetParameters arn:aws:ssm:us-west-2:*:parameter/bare"}));
    EXPECT_EQ(told("ssm", "AmazonSSM.GetParametersByPath", {{"Path", "/app/dev/"}}),
              Lines{"ssm:GetParametersByPath arn:aws:ssm:us-west-2:*:parameter/app/dev"});
}

TEST(AwsActions, ATaskDefinitionPassesItsRolesOn) {
    const json::object task{{"taskRoleArn", "arn:aws:iam::1:role/task"}, {"executionRoleArn", "arn:aws:iam::1:role/e"}};
    EXPECT_EQ(told("ecs", "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", task),
              (Lines{"ecs:RegisterTaskDefinition *", "iam:PassRole arn:aws:iam::1:role/task",
                     "iam:PassRole arn:aws:iam::1:role/e"}));
    const json::object service{{"cluster", "arn:aws:ecs:us-west-2:1:cluster/app"}, {"service", "api"}};
    EXPECT_EQ(told("ecs", "AmazonEC2ContainerServiceV20141113.UpdateService", service),
              Lines{"ecs:UpdateService arn:aws:ecs:us-west-2:*:service/app/api"});
}

TEST(AwsActions, OtherPartitionsHaveOtherNames) {
    EXPECT_EQ(store::arn_of("sqs", "cn-north-1", "jobs"), "arn:aws-cn:sqs:cn-north-1:*:jobs");
    EXPECT_EQ(store::arn_of("s3", "us-gov-west-1", "bucket/key"), "arn:aws-us-gov:s3:::bucket/key");
}

TEST(AwsActions, EachIsCounted) {
    auto& counter = metrics::counter("slipway_aws_calls_total", "", {{"service", "sqs"}, {"action", "SendMessage"}});
    const auto before = counter.value();
    store::record({{"sqs", "SendMessage", "arn:aws:sqs:us-west-2:1:secret-name"}});
    EXPECT_EQ(counter.value(), before + 1);
    EXPECT_EQ(metrics::exposition().find("secret-name"), std::string::npos);
}

}  // namespace
}  // namespace slipway::test
