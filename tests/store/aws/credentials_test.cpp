// Where credentials come from, in which order, and that they are renewed in time and once for all.
#include <fstream>

#include <gtest/gtest.h>

#include "store/aws/credentials_chain.h"
#include "store/aws/credentials_document.h"
#include "store/aws/service_place.h"
#include "store/check.h"
#include "store/temporary_folder.h"

namespace slipway::test {
namespace {

using store::AwsCredentials;
using store::CredentialsProvider;

std::string credentials_json(std::string_view id, Milliseconds valid_for = std::chrono::hours(1)) {
    return fmt::format(R"({{"Code":"Success","AccessKeyId":"{}","SecretAccessKey":"the-secret","Token":"the-token",)"
                       R"("Expiration":"{}"}})",
                       id, to_iso8601(now() + valid_for));
}

net::Response found(std::string body) { return net::Response::text(200, std::move(body), "application/json"); }

struct CredentialsChain : testing::Test {
    TemporaryFolder folder;
    WorkerPool pool{"files", 1};
    net::Client client;
    Environment environment{{{"HOME", folder.path().string()}, {"AWS_EC2_METADATA_DISABLED", "true"}}};

    std::string write(const std::string& name, std::string_view text) {
        std::filesystem::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    }
    Result<AwsCredentials> get() { return run_to_end(store::credentials_from_chain(environment, client, pool)->get()); }
    std::string id() {
        const auto got = get();
        return got ? got->access_key_id : "error: " + got.error().message;
    }
};

TEST_F(CredentialsChain, NothingIsSaidWithWhatToDo) {
    const auto got = get();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(got.error().message.contains("AWS_ACCESS_KEY_ID")) << got.error().message;
}

TEST_F(CredentialsChain, TheEnvironmentComesFirst) {
    write(".aws/credentials", "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n");
    EXPECT_EQ(id(), "FILE");
    environment.set("AWS_ACCESS_KEY_ID", "ENVIRONMENT");
    EXPECT_EQ(get().error().code, ErrorCode::invalid) << "half of a pair";
    environment.set("AWS_SECRET_ACCESS_KEY", "s");
    environment.set("AWS_SESSION_TOKEN", "t");
    EXPECT_EQ(id(), "ENVIRONMENT");
    EXPECT_EQ(get()->session_token, "t");
}

TEST_F(CredentialsChain, AProfileThatIsNamedIsTaken) {
    environment.set("AWS_ACCESS_KEY_ID", "ENVIRONMENT");
    environment.set("AWS_SECRET_ACCESS_KEY", "s");
    environment.set("AWS_PROFILE", "work");
    EXPECT_TRUE(id().contains("no AWS profile work")) << id();
    write(".aws/credentials",
          "[other]\naws_access_key_id=OTHER\n# [work]\n[work]\naws_access_key_id = WORK # mine\n"
          "aws_secret_access_key = s\n");
    write(".aws/config", "[profile work]\nregion = eu-west-1\naws_access_key_id = CONFIG\n");
    EXPECT_EQ(id(), "WORK") << "the credentials file comes before the configuration";
    EXPECT_EQ(store::region_from_chain(environment), "eu-west-1");
    environment.set("AWS_REGION", "us-west-2");
    EXPECT_EQ(store::region_from_chain(environment), "us-west-2");
}

TEST_F(CredentialsChain, WhatAServerDoesNotUseIsSaid) {
    environment.set("AWS_PROFILE", "work");
    write(".aws/config", "[profile work]\nsso_session = company\n");
    EXPECT_TRUE(id().contains("sso_session")) << id();
}

std::string assumed(std::string_view action, std::string_view id) {
    return fmt::format(
        "<{0}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{0}Result><Credentials>"
        "<AccessKeyId>{1}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        "<Expiration>{2}</Expiration></Credentials></{0}Result></{0}Response>",
        action, id, to_iso8601(now() + std::chrono::hours(1)));
}

TEST_F(CredentialsChain, AWebIdentityIsExchangedForARole) {
    ServicePlace sts([](const net::Request& request) {
        const bool right = request.body.contains("Action=AssumeRoleWithWebIdentity") &&
                           request.body.contains("WebIdentityToken=the.token") &&
                           request.body.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fapp") &&
                           !request.headers.has("Authorization");
        return right ? net::Response::text(200, assumed("AssumeRoleWithWebIdentity", "IDENTITY"), "text/xml")
                     : net::Response::text(400,
                                           "<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error>"
                                           "</ErrorResponse>");
    });
    environment.set("AWS_ENDPOINT_URL_STS", sts.url());
    environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/app");
    environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", write("token", "the.token\n"));
    EXPECT_EQ(id(), "IDENTITY");
    EXPECT_TRUE(get()->expires.has_value());
    environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", write("token", "another"));
    EXPECT_TRUE(id().contains("InvalidIdentityToken")) << id();
}

TEST_F(CredentialsChain, ARoleIsAssumedWithTheKeysOfItsSource) {
    ServicePlace sts([](const net::Request& request) {
        const bool right = request.body.contains("Action=AssumeRole&") && request.body.contains("ExternalId=x") &&
                           request.headers.get("Authorization").contains("Credential=SOURCE/");
        return net::Response::text(right ? 200 : 403, assumed("AssumeRole", "ASSUMED"), "text/xml");
    });
    environment.set("AWS_ENDPOINT_URL_STS", sts.url());
    environment.set("AWS_PROFILE", "role");
    write(".aws/config",
          "[profile role]\nrole_arn = arn:r\nsource_profile = base\nexternal_id = x\n[profile base]\n"
          "aws_access_key_id = SOURCE\naws_secret_access_key = s\n[profile round]\nrole_arn = arn:r\n"
          "source_profile = about\n[profile about]\nrole_arn = arn:r\nsource_profile = round\n");
    EXPECT_EQ(id(), "ASSUMED");
    environment.set("AWS_PROFILE", "round");
    EXPECT_TRUE(id().contains("circle")) << id();
}

TEST_F(CredentialsChain, AContainerIsAskedWithItsTokenFile) {
    ServicePlace endpoint([](const net::Request& request) {
        if (request.headers.get("Authorization") != "container-token-2") return net::Response::text(401, "{}");
        return found(credentials_json("CONTAINER"));
    });
    environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.url() + "/role");
    environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this one");
    environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", write("token", "container-token-1"));
    EXPECT_TRUE(id().contains("401")) << id();
    write("token", "container-token-2\n");
    EXPECT_EQ(id(), "CONTAINER") << "the file is read each time";
    EXPECT_EQ(endpoint.requests().back().path, "/role");
}

TEST_F(CredentialsChain, ACredentialsEndpointOfAnotherHostNeedsTls) {
    environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://metadata.example/role");
    const auto got = get();
    EXPECT_EQ(got.error().code, ErrorCode::invalid);
    EXPECT_TRUE(got.error().message.contains("metadata.example"));
}

TEST_F(CredentialsChain, AFailingContainerIsNotReplacedByTheInstance) {
    ServicePlace endpoint([](const net::Request&) { return net::Response::text(500, "busy"); });
    ServicePlace instance([](const net::Request&) { return found(credentials_json("INSTANCE")); });
    environment = Environment({{"HOME", folder.path().string()},
                               {"AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.url()},
                               {"AWS_EC2_METADATA_SERVICE_ENDPOINT", instance.url()}});
    EXPECT_TRUE(id().contains("500")) << id();
    EXPECT_EQ(endpoint.count(), 3) << "asked again, then given up";
    EXPECT_EQ(instance.count(), 0);
}

TEST_F(CredentialsChain, TheInstanceIsAskedWithASessionToken) {
    ServicePlace instance([](const net::Request& request) {
        const std::string roles = "/latest/meta-data/iam/security-credentials/";
        if (request.method == net::Method::put && request.path == "/latest/api/token" &&
            !request.headers.get("X-aws-ec2-metadata-token-ttl-seconds").empty())
            return net::Response::text(200, "session");
        if (request.headers.get("X-aws-ec2-metadata-token") != "session") return net::Response::text(401, "");
        if (request.path == roles + "the-role") return found(credentials_json("INSTANCE"));
        return net::Response::text(request.path.starts_with("/latest/meta-data/iam") ? 200 : 404, "the-role");
    });
    environment =
        Environment({{"HOME", folder.path().string()}, {"AWS_EC2_METADATA_SERVICE_ENDPOINT", instance.url() + "/"}});
    EXPECT_EQ(id(), "INSTANCE");
    instance.answer([](const net::Request&) { return net::Response::text(404, ""); });
    EXPECT_TRUE(id().contains("404")) << "an instance without a role: " << id();
}

// Gives out numbered credentials that live as long as it is told.
class Numbered final : public store::CredentialsSource {
 public:
    Task<AwsCredentials> fetch() override {
        ++fetches;
        co_await sleep_for(Milliseconds(5));
        if (failing) co_return fail(ErrorCode::unavailable, "The source is down.");
        co_return AwsCredentials{
            .access_key_id = std::to_string(fetches), .secret_access_key = "s", .expires = now() + valid_for};
    }
    int fetches = 0;
    bool failing = false;
    Milliseconds valid_for = std::chrono::hours(1);
};

struct Provider : testing::Test {
    Numbered* source = new Numbered;
    std::shared_ptr<CredentialsProvider> provider =
        std::make_shared<CredentialsProvider>(std::unique_ptr<store::CredentialsSource>(source));
    Task<std::string> id() {
        SLIPWAY_CO_TRY(const auto got, co_await provider->get());
        co_return got.access_key_id;
    }
};

TEST_F(Provider, ManyWhoAskAtOnceCauseOneFetch) {
    std::vector<Task<void>> tasks;
    const auto ask = [this]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto got, co_await id());
        co_return expect(got == "1", "the same credentials for all");
    };
    for (int i = 0; i < 50; ++i) tasks.push_back(ask());
    for (const auto& result : run_to_end(all_of(std::move(tasks)))) EXPECT_TRUE(result.has_value());
    EXPECT_EQ(source->fetches, 1);
}

TEST_F(Provider, ThoseThatEndSoonAreRenewedBesideTheWork) {
    source->valid_for = std::chrono::minutes(3);
    const auto both = [this]() -> Task<std::string> {
        SLIPWAY_CO_TRY(auto first, co_await id());
        source->valid_for = std::chrono::hours(1);
        SLIPWAY_CO_TRY(const auto meanwhile, co_await id());
        co_await sleep_for(Milliseconds(100));
        SLIPWAY_CO_TRY(const auto then, co_await id());
        co_return first + meanwhile + then;
    };
    EXPECT_EQ(run_to_end(both()).value(), "112");
}

TEST_F(Provider, TheOldOnesServeWhileNewOnesCannotBeHad) {
    source->valid_for = std::chrono::minutes(3);
    EXPECT_EQ(run_to_end(id()).value(), "1");
    source->failing = true;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(run_to_end(id()).value(), "1");
    EXPECT_EQ(source->fetches, 2) << "a pause after the failure";
}

TEST_F(Provider, ExpiredOnesAreNotGivenOut) {
    source->valid_for = std::chrono::seconds(5);
    EXPECT_EQ(run_to_end(id()).value(), "1");
    EXPECT_EQ(run_to_end(id()).value(), "2") << "too short a life to be used";
    source->failing = true;
    EXPECT_EQ(run_to_end(id()).error().code, ErrorCode::unavailable);
    source->failing = false;
    EXPECT_EQ(run_to_end(id()).value(), "4") << "it recovers by itself";
}

TEST_F(Provider, RefusedOnesAreReplaced) {
    const auto first = run_to_end(provider->get()).value();
    provider->refused(first);
    EXPECT_EQ(run_to_end(id()).value(), "2");
    provider->refused(first);
    EXPECT_EQ(run_to_end(id()).value(), "2") << "the new ones are not those that were refused";
}

TEST(CredentialsDocument, TimesAreRead) {
    EXPECT_EQ(to_iso8601(store::parse_utc("2026-11-30T12:34:56Z").value()), "2026-11-30T12:34:56.000Z");
    EXPECT_TRUE(store::parse_utc("2026-11-30T12:34:56.123456Z").has_value());
    for (const char* const bad : {"", "2026-13-30T12:34:56Z", "2026-02-30T12:34:56Z", "2026-11-30",
                                  "2026-11-30T12:34:56", "2026-11-30T25:00:00Z", "-026-11-30T12:34:56Z"})
        EXPECT_FALSE(store::parse_utc(bad).has_value()) << bad;
}

TEST(CredentialsDocument, NoMessageRepeatsASecret) {
    for (const char* const text :
         {R"({"SecretAccessKey":"the-secret"})", R"({"AccessKeyId":"A","SecretAccessKey":)", R"(["the-secret"])"}) {
        const auto parsed = store::parse_credentials_json(text, "The place");
        ASSERT_FALSE(parsed);
        EXPECT_FALSE(parsed.error().message.contains("the-secret")) << parsed.error().message;
    }
}

}  // namespace
}  // namespace slipway::test
