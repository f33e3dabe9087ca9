// What goes wrong between us and the stores of secrets of AWS: the values that are known serve on, and what is wrong is
// told without them.
#include <csignal>

#include <gtest/gtest.h>

#include "engines/proxy.h"
#include "store/secrets/engines/moto_place.h"

namespace slipway::test {
namespace {

constexpr store::KeptSecretsTimes kAskAlways{.fresh = Milliseconds(0), .pause = Milliseconds(0)};

// The parameter is the service.
struct AwsSecretsFaults : testing::TestWithParam<std::string> {
    void SetUp() override {
        own = Moto::start();
        if (own == nullptr) GTEST_SKIP() << "moto was not fetched";
        put(*own, "the value");
    }
    void put(Moto& moto, const std::string& value) {
        if (GetParam() == "ssm") moto.put_parameter("/app/API_KEY", value);
        if (GetParam() != "ssm") moto.put_secret("app", fmt::format(R"({{"API_KEY":"{}"}})", value));
    }
    std::string names() const { return GetParam() == "ssm" ? "ssm:///app/*" : "secretsmanager://app"; }
    static std::string get(store::Secrets& secrets) {
        const auto value = run_to_end(secrets.get("API_KEY"));
        return value ? value->value_or("(none)") : "error: " + value.error().message;
    }
    static Error error_of(store::Secrets& secrets) {
        auto value = run_to_end(secrets.get("API_KEY"));
        if (value) throw std::runtime_error("it succeeded");
        EXPECT_FALSE(value.error().message.contains("the key")) << value.error().message;
        EXPECT_FALSE(value.error().message.contains("the value")) << value.error().message;
        return std::move(value).error();
    }
    std::unique_ptr<Moto> own;
};

TEST_P(AwsSecretsFaults, DownAtTheStart) {
    auto secrets = own->open(names());
    own->process().stop(SIGKILL);
    const auto error = error_of(*secrets);
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_TRUE(error.message.contains("127.0.0.1")) << error.message;
    must(own->process().start_again());
    put(*own, "again");  // moto forgets
    EXPECT_EQ(get(*secrets), "again") << "no restart is needed";
}

TEST_P(AwsSecretsFaults, DownInTheMiddleAndFrozen) {
    auto secrets = own->open(names(), kAskAlways);
    ASSERT_EQ(get(*secrets), "the value");
    own->process().signal(SIGSTOP);
    EXPECT_EQ(get(*secrets), "the value") << "the old values serve on";
    EXPECT_EQ(run_to_end(secrets->refresh()).error().code, ErrorCode::unavailable);
    own->process().signal(SIGCONT);
    EXPECT_EQ(get(*secrets), "the value");
    own->process().stop(SIGKILL);
    EXPECT_EQ(get(*secrets), "the value");
    EXPECT_FALSE(run_to_end(secrets->refresh()).has_value());
}

TEST_P(AwsSecretsFaults, CutInTheMiddleOfAnAnswer) {
    Proxy proxy(own->port());
    auto secrets = own->open(names(), kAskAlways, fmt::format("http://127.0.0.1:{}", proxy.port()));
    for (const auto place : {1, 50, 100, 200}) {
        proxy.cut_after(place);
        EXPECT_EQ(get(*secrets), "the value") << "asked again: it reads, and changes nothing";
    }
    EXPECT_GT(proxy.accepted(), 4U);
    proxy.refuse(true);
    proxy.cut();
    EXPECT_FALSE(run_to_end(secrets->refresh()).has_value()) << "not for ever";
    EXPECT_EQ(get(*secrets), "the value");
}

TEST_P(AwsSecretsFaults, OutOfConnections) {
    Proxy proxy(own->port());
    auto secrets = own->open(names(), {}, fmt::format("http://127.0.0.1:{}", proxy.port()));
    proxy.refuse(true);
    const auto error = error_of(*secrets);
    EXPECT_TRUE(error.code == ErrorCode::unavailable || error.code == ErrorCode::upstream) << error.message;
    proxy.refuse(false);
    EXPECT_EQ(get(*secrets), "the value");
}

TEST_P(AwsSecretsFaults, KeysThatAreNotKnownAreToldWithWhatToDo) {
    auto secrets = own->open(names());
    own->check_callers(true);
    const auto error = error_of(*secrets);
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_TRUE(error.message.contains("Check the credentials")) << error.message;
    own->check_callers(false);
    EXPECT_EQ(get(*secrets), "the value") << "no restart is needed";
}

TEST_P(AwsSecretsFaults, WrongCertificate) {
    CertificateAuthority authority;
    const auto engine = engine_folder("moto");
    if (!engine) GTEST_SKIP() << "moto was not fetched";
    net::ClientOptions trusting;
    trusting.certificate_authorities = authority.file();
    Moto moto(*engine, authority.certify("IP:127.0.0.1"), trusting);
    put(moto, "the value");
    EXPECT_EQ(get(*moto.open(names())), "the value");
    net::Client distrusting;
    const auto stranger = error_of(*moto.open_with(distrusting, names()));
    EXPECT_EQ(stranger.code, ErrorCode::unavailable);
    EXPECT_TRUE(stranger.message.contains("trusted")) << stranger.message;
    const auto other_name = error_of(*moto.open(names(), {}, fmt::format("https://localhost:{}", moto.port())));
    EXPECT_EQ(other_name.code, ErrorCode::unavailable) << other_name.message;
}

INSTANTIATE_TEST_SUITE_P(Services, AwsSecretsFaults, testing::Values("secretsmanager", "ssm"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace slipway::test
