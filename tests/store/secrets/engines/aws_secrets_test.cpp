// Secrets in Secrets Manager and in the Parameter Store, against moto: what is asked and how the answers are read. It
// checks no signature; tests/store/aws does.
#include "store/secrets/aws_secrets.h"

#include <csignal>

#include <gtest/gtest.h>

#include "engines/moto_server.h"
#include "store/secrets/conformance.h"

namespace slipway::test {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

const auto kKeys = store::CredentialsProvider::of({.access_key_id = "ID", .secret_access_key = "the key"});

class Moto : public MotoServer {
 public:
    using MotoServer::MotoServer;
    static std::unique_ptr<Moto> start() {
        const auto engine = engine_folder("moto");
        return engine ? std::make_unique<Moto>(*engine) : nullptr;
    }
    static Moto* shared() {
        static const auto moto = start();
        return moto.get();
    }

    json::object call(std::string service, std::string target, json::object input) {
        store::AwsClient aws(client_, kKeys);
        store::AwsClient::JsonCall call{.version = "1.1", .target = std::move(target), .input = std::move(input)};
        return must(run_to_end(aws.call(store::aws_endpoint(std::move(service), "us-east-1", url()), std::move(call))));
    }
    void put_secret(const std::string& name, const std::string& text) {
        call("secretsmanager", "secretsmanager.CreateSecret", {{"Name", name}, {"SecretString", text}});
    }
    void change_secret(const std::string& name, const std::string& text) {
        call("secretsmanager", "secretsmanager.PutSecretValue", {{"SecretId", name}, {"SecretString", text}});
    }
    void put_parameter(const std::string& name, const std::string& text) {
        call("ssm", "AmazonSSM.PutParameter",
             {{"Name", name}, {"Value", text}, {"Type", "SecureString"}, {"Overwrite", true}});
    }
    std::unique_ptr<store::Secrets> open(std::string_view names, store::KeptSecretsTimes times = {}) {
        store::AwsClientOptions impatient{.total_time_max = Milliseconds(2'000),
                                          .timeouts = {.connect = Milliseconds(500),
                                                       .first_byte = Milliseconds(1'000),
                                                       .between_bytes = Milliseconds(1'000),
                                                       .total = Milliseconds(1'500)},
                                          .wait_first = Milliseconds(10)};
        return must(store::open_aws_secrets({.url = fmt::format("{}?endpoint={}", names, url()),
                                             .region = "us-east-1",
                                             .credentials = kKeys,
                                             .client = impatient,
                                             .times = times},
                                            client_));
    }

 private:
    net::Client client_;
};

std::string next(std::string_view prefix) {
    static int number = 0;
    return fmt::format("{}{}", prefix, ++number);
}

struct AwsSecrets : testing::Test {
    void SetUp() override {
        moto = Moto::shared();
        if (moto == nullptr) GTEST_SKIP() << "moto was not fetched";
    }
    static std::string get(store::Secrets& secrets, std::string name) {
        const auto value = run_to_end(secrets.get(std::move(name)));
        return value ? value->value_or("(none)") : "error: " + value.error().message;
    }
    void conforms(const SecretsMaker& maker) {
        for (const auto& check : secrets_checks()) EXPECT_EQ(failure_of(check, maker).value_or(""), "") << check.name;
    }
    Moto* moto = nullptr;
};

TEST_F(AwsSecrets, MembersOfAJsonSecretPassTheConformanceSuite) {
    conforms([&](Values values) {
        const auto name = next("json/app");
        json::object members;
        for (const auto& [variable, value] : values) members[variable] = value;
        moto->put_secret(name, write_json(members));
        return moto->open("secretsmanager://" + name);
    });
}

TEST_F(AwsSecrets, SecretsBelowAPrefixPassTheConformanceSuite) {
    conforms([&](Values values) {
        const auto prefix = next("each");
        for (const auto& [variable, value] : values)
            moto->put_secret(prefix + "/" + variable, value.empty() ? "{}" : value);
        return moto->open("secretsmanager://" + prefix + "/*");
    });
}

TEST_F(AwsSecrets, ParametersPassTheConformanceSuite) {
    conforms([&](Values values) {
        const auto prefix = next("/app");
        for (const auto& [variable, value] : values)
            moto->put_parameter(prefix + "/" + variable, value.empty() ? "{}" : value);
        return moto->open("ssm://" + prefix + "/*");
    });
}

TEST_F(AwsSecrets, NamesMayBeListedAndGiven) {
    const auto base = next("listed");
    moto->put_secret(base + "/app",
                     R"({"JWT_SECRET":"jwt","PORT":8080,"FLAG":true,"db-url":"postgresql://","NONE":null})");
    moto->put_secret(base + "/anthropic-api-key", "sk-plain");
    moto->put_secret(base + "/other", R"({"JWT_SECRET":"later"})");
    auto secrets =
        moto->open(fmt::format("secretsmanager://{0}/app,{0}/anthropic-api-key,RAW={0}/other,{0}/other", base));
    EXPECT_EQ(get(*secrets, "JWT_SECRET"), "jwt") << "the first one counts";
    EXPECT_EQ(get(*secrets, "PORT"), "8080");
    EXPECT_EQ(get(*secrets, "FLAG"), "true");
    EXPECT_EQ(get(*secrets, "DB_URL"), "postgresql://");
    EXPECT_EQ(get(*secrets, "NONE"), "(none)");
    EXPECT_EQ(get(*secrets, "ANTHROPIC_API_KEY"), "sk-plain");
    EXPECT_EQ(get(*secrets, "RAW"), R"({"JWT_SECRET":"later"})");
}

TEST_F(AwsSecrets, ManyComeInPages) {
    const auto prefix = next("many");
    std::string names;
    for (int i = 0; i < 25; ++i) {
        moto->put_secret(fmt::format("{}/s{}", prefix, i), fmt::format("value {}", i));
        moto->put_parameter(fmt::format("/{}/s{}", prefix, i), fmt::format("value {}", i));
        names += fmt::format("{}{}/s{}", names.empty() ? "" : ",", prefix, i);
    }
    for (const auto& url :
         {"secretsmanager://" + prefix + "/*", "secretsmanager://" + names, "ssm:///" + prefix + "/*"}) {
        auto secrets = moto->open(url);
        for (int i = 0; i < 25; ++i) EXPECT_EQ(get(*secrets, fmt::format("S{}", i)), fmt::format("value {}", i)) << url;
    }
}

TEST_F(AwsSecrets, AMissingOneIsNamed) {
    const auto name = next("present");
    moto->put_secret(name, "{}");
    moto->put_parameter("/" + name, "{}");
    for (const auto& url : {"secretsmanager://missing/one", "secretsmanager://missing/one", "ssm:///missing/one"}) {
        auto secrets = moto->open(url);
        const auto value = run_to_end(secrets->get("ANY"));
        ASSERT_FALSE(value) << url;
        EXPECT_EQ(value.error().code, ErrorCode::unavailable);
        EXPECT_TRUE(value.error().message.contains("missing/one")) << value.error().message;
    }
    auto beside = moto->open(fmt::format("secretsmanager://{},missing/two", name));
    EXPECT_TRUE(get(*beside, "ANY").contains("missing/two")) << get(*beside, "ANY");
}

TEST_F(AwsSecrets, ARotatedSecretIsSeenWithoutARestart) {
    const auto name = next("rotated");
    moto->put_secret(name, R"({"DB_PASSWORD":"old"})");
    auto secrets = moto->open("secretsmanager://" + name, {.pause = Milliseconds(0)});
    EXPECT_EQ(get(*secrets, "DB_PASSWORD"), "old");
    moto->change_secret(name, R"({"DB_PASSWORD":"new"})");
    EXPECT_EQ(get(*secrets, "DB_PASSWORD"), "old") << "kept";
    EXPECT_TRUE(run_to_end(secrets->refresh()).value()) << "it has changed";
    EXPECT_EQ(get(*secrets, "DB_PASSWORD"), "new");
    EXPECT_FALSE(run_to_end(secrets->refresh()).value()) << "it has not";
    auto impatient = moto->open("secretsmanager://" + name, {.fresh = Milliseconds(0), .pause = Milliseconds(0)});
    EXPECT_EQ(get(*impatient, "DB_PASSWORD"), "new");
    moto->change_secret(name, R"({"DB_PASSWORD":"newest"})");
    EXPECT_EQ(get(*impatient, "DB_PASSWORD"), "newest") << "values are kept for a time only";
}

struct AwsSecretsFaults : AwsSecrets {
    void SetUp() override {
        own = Moto::start();
        moto = own.get();
        if (moto == nullptr) GTEST_SKIP() << "moto was not fetched";
        moto->put_secret("app", R"({"API_KEY":"the value"})");
    }
    std::unique_ptr<Moto> own;
};

TEST_F(AwsSecretsFaults, DownAtTheStart) {
    auto secrets = moto->open("secretsmanager://app");
    moto->process().stop(SIGKILL);
    const auto value = run_to_end(secrets->get("API_KEY"));
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(value.error().message.contains("the key"));
    must(moto->process().start_again());
    moto->put_secret("app", R"({"API_KEY":"again"})");  // moto forgets
    EXPECT_EQ(get(*secrets, "API_KEY"), "again") << "no restart is needed";
}

TEST_F(AwsSecretsFaults, DownInTheMiddleAndFrozen) {
    auto secrets = moto->open("secretsmanager://app", {.fresh = Milliseconds(0), .pause = Milliseconds(0)});
    ASSERT_EQ(get(*secrets, "API_KEY"), "the value");
    moto->process().signal(SIGSTOP);
    EXPECT_EQ(get(*secrets, "API_KEY"), "the value") << "the old values serve on";
    EXPECT_EQ(run_to_end(secrets->refresh()).error().code, ErrorCode::unavailable);
    moto->process().signal(SIGCONT);
    EXPECT_EQ(get(*secrets, "API_KEY"), "the value");
    moto->process().stop(SIGKILL);
    EXPECT_EQ(get(*secrets, "API_KEY"), "the value");
    EXPECT_FALSE(run_to_end(secrets->refresh()).has_value());
}

}  // namespace
}  // namespace slipway::test
