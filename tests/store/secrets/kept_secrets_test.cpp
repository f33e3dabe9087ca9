// How secrets of a store over the network are named, kept and asked for.
#include "store/secrets/kept_secrets.h"

#include <gtest/gtest.h>

#include "store/aws/service_place.h"
#include "store/check.h"
#include "store/secrets/aws_secrets.h"
#include "store/secrets/variable_name.h"

namespace slipway::test {
namespace {

class CountingSource final : public store::SecretsSource {
 public:
    explicit CountingSource(int& fetches) : fetches_(fetches) {}
    Task<store::SecretValues> fetch() override {
        ++fetches_;
        co_await sleep_for(Milliseconds(5));
        co_return store::SecretValues{{"A", "value"}};
    }

 private:
    int& fetches_;
};

TEST(KeptSecrets, ManyQuestionsAreOneFetch) {
    int fetches = 0;
    store::KeptSecrets secrets(std::make_unique<CountingSource>(fetches), {});
    std::vector<Task<void>> tasks;
    const auto ask = [&]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto value, co_await secrets.get("A"));
        co_return expect(value == "value", "the value");
    };
    for (int i = 0; i < 20; ++i) tasks.push_back(ask());
    for (const auto& result : run_to_end(all_of(std::move(tasks)))) EXPECT_TRUE(result.has_value());
    EXPECT_EQ(fetches, 1);
    EXPECT_FALSE(run_to_end(secrets.refresh()).value()) << "asked a moment ago";
    EXPECT_EQ(fetches, 1);
}

TEST(VariableName, IsMadeOfTheLastSegment) {
    EXPECT_EQ(store::variable_of("rikai/prod/anthropic-api-key"), "ANTHROPIC_API_KEY");
    EXPECT_EQ(store::variable_of("JWT_SECRET"), "JWT_SECRET");
    EXPECT_EQ(store::variable_of("a/9lives"), "");
    EXPECT_EQ(store::variable_of("a/"), "");
}

TEST(SecretsUrl, SaysWhichSecretsThereAre) {
    const auto place = store::parse_secrets_url("ssm:///a/b/*,KEY=/c%2Cd?region=eu-west-1", "ssm", "");
    ASSERT_TRUE(place);
    ASSERT_EQ(place->items.size(), 2);
    EXPECT_EQ(place->items[0].name, "/a/b/");
    EXPECT_TRUE(place->items[0].all_below);
    EXPECT_EQ(place->items[1].name, "/c,d");
    EXPECT_EQ(place->items[1].variable, "KEY");
    EXPECT_EQ(place->region, "eu-west-1");
    for (const char* const url : {"ssm:/x", "ssm://", "ssm://a,,b", "ssm://a?color=red", "ssm://1=a", "ssm://A=b/*",
                                  "ssm://a?endpoint=nowhere", "ssm://a?region=%"})
        EXPECT_EQ(store::parse_secrets_url(url, "ssm", "r").error().code, ErrorCode::invalid) << url;
    EXPECT_EQ(store::parse_secrets_url("ssm://a", "ssm", "").error().code, ErrorCode::invalid) << "no region";
}

// A role that may read the secrets but not many at once.
TEST(SecretsManager, IsAskedOneByOneWhereABatchIsDenied) {
    ServicePlace service([](const net::Request& request) {
        const auto target = request.headers.get("X-Amz-Target");
        if (target == "secretsmanager.BatchGetSecretValue")
            return net::Response::text(400, R"({"__type":"AccessDeniedException","Message":"Not this."})");
        const auto name = request.body.contains("app/one") ? "app/one" : "app/two";
        return net::Response::text(200, fmt::format(R"({{"Name":"{}","ARN":"arn:x","SecretBinary":"eA=="}})", name));
    });
    net::Client client;
    const auto secrets = store::open_aws_secrets(
        {.url = "secretsmanager://app/one,app/two?endpoint=" + service.url(),
         .region = "us-east-1",
         .credentials = store::CredentialsProvider::of({.access_key_id = "ID", .secret_access_key = "s"})},
        client);
    EXPECT_EQ(run_to_end((*secrets)->get("ONE")).value(), "x");
    EXPECT_EQ(run_to_end((*secrets)->get("TWO")).value(), "x");
    EXPECT_EQ(service.count(), 3);
}

}  // namespace
}  // namespace slipway::test
