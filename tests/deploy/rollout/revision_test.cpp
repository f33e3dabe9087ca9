#include "deploy/rollout/revision.h"

#include <gtest/gtest.h>

#include "must.h"

namespace slipway::test {
namespace {

using deploy::container_for;
using deploy::container_in;
using deploy::image_in;
using deploy::log_place;
using deploy::migration_command;
using deploy::next_revision;
using deploy::parse_image;

const std::string kDigest = "sha256:" + std::string(64, 'b');
const std::string kRepository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app";

json::object definition(std::string_view text) { return must(parse_json(text)).get_object(); }

const json::object kTwo = definition(R"({
    "family": "app", "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/app:7", "revision": 7, "status": "ACTIVE",
    "requiresAttributes": [{"name": "x"}], "compatibilities": ["FARGATE"], "registeredBy": "somebody", "cpu": "512",
    "containerDefinitions": [
        {"name": "api", "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:old", "command": ["serve", "/app"],
         "environment": [{"name": "A", "value": "1"}, {"name": "SLIPWAY_RELEASE", "value": "sha256:old"}],
         "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/app", "awslogs-stream-prefix": "api"}}},
        {"name": "vectors", "image": "qdrant/qdrant:v1", "essential": false, "command": ["./qdrant"]}]})");

TEST(Image, IsARepositoryAndADigestOf64Digits) {
    const auto image = must(parse_image(kRepository + "@" + kDigest));
    EXPECT_EQ(image.text(), kRepository + "@" + kDigest);
    EXPECT_EQ(image.ecr_name(), "team/app");
    EXPECT_EQ(image.ecr_account(), "123456789012");
    EXPECT_EQ(must(parse_image("registry:5000/app:v1@" + kDigest)).repository, "registry:5000/app");
    EXPECT_EQ(must(parse_image("registry:5000/app@" + kDigest)).ecr_name(), "");
    for (const auto& text : {kRepository + ":latest", kRepository, "@" + kDigest, std::string("app@sha256:abc"),
                             "app@sha256:" + std::string(64, 'B'), std::string("app@sha512:") + std::string(64, 'b')})
        EXPECT_FALSE(parse_image(text)) << text;
}

TEST(Revision, TheImageGoesToTheContainerOfItsRepository) {
    const auto image = must(parse_image(kRepository + "@" + kDigest));
    EXPECT_EQ(must(container_for(kTwo, "", image)), "api");
    EXPECT_EQ(must(container_for(kTwo, "vectors", image)), "vectors");
    const auto elsewhere = must(parse_image("other/app@" + kDigest));
    EXPECT_EQ(must(container_for(kTwo, "", elsewhere)), "api") << "the only essential one";
    const auto absent = container_for(kTwo, "web", image);
    ASSERT_FALSE(absent);
    EXPECT_NE(absent.error().message.find("api, vectors"), std::string::npos);
}

TEST(Revision, HasTheNewImageItsReleaseAndNothingOfTheOldRevision) {
    const auto next = next_revision(kTwo, "api", must(parse_image(kRepository + "@" + kDigest)));
    EXPECT_EQ(image_in(next, "api"), kRepository + "@" + kDigest);
    EXPECT_EQ(image_in(next, "vectors"), "qdrant/qdrant:v1");
    EXPECT_EQ(write_json(container_in(next, "api")->at("environment")),
              R"([{"name":"A","value":"1"},{"name":"SLIPWAY_RELEASE","value":")" + kDigest + R"("}])");
    for (const char* const name :
         {"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredBy"})
        EXPECT_FALSE(next.contains(name)) << name;
    EXPECT_EQ(text_or(next, "cpu"), "512");
}

TEST(Revision, AContainerThatServesMigratesByTheSameApplication) {
    const auto words = [](std::string_view command) {
        const auto told =
            definition(R"({"containerDefinitions":[{"name":"a","command":)" + std::string(command) + "}]}");
        return migration_command(told, "a");
    };
    using Words = std::vector<std::string>;
    EXPECT_EQ(words(R"(["serve","/app"])"), (Words{"migrate", "/app"}));
    EXPECT_EQ(words(R"(["serve","--role","api"])"), Words{"migrate"});
    EXPECT_EQ(words(R"(["serve"])"), Words{"migrate"});
    EXPECT_EQ(words(R"(["migrate","--owner-from","URL"])"), (Words{"migrate", "--owner-from", "URL"}));
    EXPECT_EQ(words(R"(["./qdrant"])"), Words{});
    EXPECT_EQ(words("null"), Words{"migrate"}) << "the image serves by itself";
}

TEST(Revision, TellsWhereAContainerOfATaskLogs) {
    const auto place = log_place(kTwo, "api", "arn:aws:ecs:us-east-1:1:task/cluster/0123abcd");
    ASSERT_TRUE(place);
    EXPECT_EQ(place->group, "/ecs/app");
    EXPECT_EQ(place->stream, "api/api/0123abcd");
    EXPECT_FALSE(log_place(kTwo, "vectors", "task"));
}

}  // namespace
}  // namespace slipway::test
