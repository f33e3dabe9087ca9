#include "deploy/rollout/evidence.h"

#include <gtest/gtest.h>

#include "must.h"

namespace slipway::test {
namespace {

using deploy::redacted;
using deploy::stopped_task;

TEST(Redacted, LeavesOutWhatLooksLikeASecret) {
    const std::string secret = "Zx9-very.secret_value";
    const std::string key = "AKIA" + std::string(16, 'Q'), token = "sk-" + std::string(24, 'k');
    for (const auto& line :
         {"postgresql://user:" + secret + "@host:5432/app", "redis://:" + secret + "@cache", "PASSWORD=" + secret,
          "\"db_password\": \"" + secret + "\"", "JWT_SECRET: " + secret, "apiKey=" + secret + "&x=1",
          "Authorization: Bearer " + secret, "X-Amz-Signature=" + secret, "aws_secret_access_key = " + secret})
        EXPECT_EQ(redacted(line).find("very.secret"), std::string::npos) << redacted(line);
    EXPECT_EQ(redacted("used " + key + " twice"), "used [redacted] twice");
    EXPECT_EQ(redacted(token), "[redacted]");
    EXPECT_EQ(redacted("got eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl"), "got [redacted]");
}

TEST(Redacted, LeavesThePlaceReadable) {
    EXPECT_EQ(redacted("cannot reach postgresql://app:pw@db.internal:5432/app"),
              "cannot reach postgresql://app:[redacted]@db.internal:5432/app");
    for (const std::string line : {"listening on http://0.0.0.0:8000", "GET /health 404", "3 passages of 2 documents"})
        EXPECT_EQ(redacted(line), line);
}

TEST(Redacted, IsShortAndMovesNoCursor) {
    EXPECT_EQ(redacted("a\x1b[2Jb\tc"), "a [2Jb c");
    EXPECT_LE(redacted(std::string(100'000, 'x')).size(), 400U);
}

json::object task(std::string_view containers) {
    return must(parse_json(R"({"taskArn":"arn:aws:ecs:r:1:task/c/12ab","stopCode":"EssentialContainerExited",
        "stoppedReason":"Essential container in task exited","containers":)" +
                           std::string(containers) + "}"))
        .get_object();
}

TEST(StoppedTask, NamesTheContainerThatEndedIt) {
    const auto memory =
        stopped_task(task(R"([{"name":"api","exitCode":137,"reason":"OutOfMemoryError: killed"}])"), "api");
    EXPECT_EQ(memory.text(),
              "12ab: Essential container in task exited (api: OutOfMemoryError: killed), exit code 137 of api");
    const auto sidecar =
        stopped_task(task(R"([{"name":"api","exitCode":0},{"name":"vectors","exitCode":101}])"), "api");
    EXPECT_EQ(sidecar.container, "vectors");
    EXPECT_EQ(sidecar.exit_code, 101);
    const auto never = stopped_task(task(R"([{"name":"api"}])"), "api");
    EXPECT_EQ(never.exit_code, -1);
    EXPECT_EQ(stopped_task(json::object(), "api").reason, "no reason was given");
}

}  // namespace
}  // namespace slipway::test
