// Whom a request counts for.
#include "serve/rate_limit.h"

#include <fstream>

#include <gtest/gtest.h>

#include "store/temporary_folder.h"

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;

class RateLimitTest : public ::testing::Test {
 protected:
    std::unique_ptr<Application> open(std::string_view server) {
        fs::create_directories(folder_ / "app");
        std::ofstream(folder_ / "app" / "app.yaml") << "name: small\nserver: " << server << "\n";
        app::ManifestOptions options;
        options.data = folder_ / "data";
        auto loaded = app::load_manifest(folder_ / "app", Environment(), options);
        EXPECT_TRUE(loaded.ok()) << app::to_lines(loaded.problems);
        auto opened = Application::open(std::move(loaded.manifest), Environment());
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? *std::move(opened) : nullptr;
    }

    static net::Request from(std::string address, std::string_view token = "", std::string route = "/api/chats") {
        net::Request request;
        request.remote_address = std::move(address);
        request.route = std::move(route);
        if (!token.empty()) request.headers.set("Authorization", fmt::format("Bearer {}", token));
        return request;
    }

    static account::Tokens sign_up(Application& application, const std::string& name) {
        auto& accounts = application.capabilities().accounts;
        auto user = run_to_end(accounts.enroll({name + "@example.org", name, "correct horse"}));
        EXPECT_TRUE(user);
        auto tokens = run_to_end(accounts.sign_in_without_password(*std::move(user)));
        EXPECT_TRUE(tokens);
        return *std::move(tokens);
    }

    static Result<void> admitted(RateLimit& limit, const auto& who) { return run_to_end(limit.admit(who)); }

    test::TemporaryFolder folder_;
};

TEST_F(RateLimitTest, EachUserAndEachAddressHasItsOwn) {
    const auto application = open("{ rate_limit: { requests: 2, period: 24h } }");
    const auto limit = make_rate_limit(*application);
    ASSERT_TRUE(limit);
    const auto ada = sign_up(*application, "ada"), bob = sign_up(*application, "bob");
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", ada.access_token)));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.2", ada.access_token)));
    const auto refused = admitted(*limit, from("192.0.2.3", ada.access_token));
    ASSERT_FALSE(refused) << "the same user, wherever from";
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_NE(refused.error().message.find("at most 2 in 86400 seconds"), std::string::npos) << refused.error().message;
    EXPECT_GT(integer_or(refused.error().details, "retry_after_seconds", 0), 0);
    EXPECT_FALSE(admitted(*limit, ada.user)) << "messages of a socket count for the same";
    EXPECT_TRUE(admitted(*limit, bob.user));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", bob.access_token)));
    EXPECT_FALSE(admitted(*limit, bob.user));

    EXPECT_TRUE(admitted(*limit, from("192.0.2.1")));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "no.such.token"))) << "a made-up token is nobody's";
    EXPECT_FALSE(admitted(*limit, from("192.0.2.1", ada.access_token + "x")));
    EXPECT_FALSE(admitted(*limit, from("192.0.2.1", ada.refresh_token)));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.9")));
}

TEST_F(RateLimitTest, ANetworkOfIPv6IsOneAddress) {
    const auto application = open("{ rate_limit: { requests: 1, period: 24h } }");
    const auto limit = make_rate_limit(*application);
    EXPECT_TRUE(admitted(*limit, from("2001:db8:1:2::1")));
    EXPECT_FALSE(admitted(*limit, from("2001:db8:1:2:ffff::9")));
    EXPECT_TRUE(admitted(*limit, from("2001:db8:1:3::1")));
}

TEST_F(RateLimitTest, ProbesAndTheOperatorAreNotCounted) {
    const auto application = open("{ liveness: /alive, rate_limit: { requests: 1, period: 24h } }");
    const auto limit = make_rate_limit(*application);
    for (int i = 0; i < 5; ++i)
        for (const auto* probe : {"/health", "/readiness", "/alive"})
            EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "", probe))) << probe;
    auto own = from("");
    own.private_socket = true;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(admitted(*limit, own));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "", "/liveness")));
    EXPECT_FALSE(admitted(*limit, from("192.0.2.1", "", "/liveness"))) << "not a probe here";
}

TEST_F(RateLimitTest, WithoutANumberNothingIsLimited) {
    const auto application = open("{ rate_limit: { period: 1s } }");
    EXPECT_FALSE(make_rate_limit(*application));
}

}  // namespace
}  // namespace slipway::serve
