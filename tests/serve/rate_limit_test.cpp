// Whom a request counts for.
#include "serve/rate_limit.h"

#include <fstream>

#include <gtest/gtest.h>

#include "serve/application.h"
#include "store/temporary_folder.h"

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;

class RateLimitTest : public ::testing::Test {
 protected:
    std::unique_ptr<Application> open(std::string_view server, std::string_view more = "") {
        fs::create_directories(folder_ / "app");
        std::ofstream(folder_ / "app" / "app.yaml") << "name: small\nserver: " << server << "\n" << more << "\n";
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

    static Result<void> admitted(const RateLimit& limit, const account::User& who) {
        return run_to_end(limit.admit(who));
    }
    static Result<void> admitted(const RateLimit& limit, const net::Request& request) {
        net::Headers told;
        return run_to_end(limit.admit(request, told));
    }
    static net::Headers told(const RateLimit& limit, const net::Request& request) {
        net::Headers headers;
        static_cast<void>(run_to_end(limit.admit(request, headers)));
        return headers;
    }

    test::TemporaryFolder folder_;
};

TEST_F(RateLimitTest, EachUserAndEachAddressHasItsOwn) {
    const auto application = open("{ rate_limit: { requests: 2, period: 24h } }");
    const auto* const limit = application->rate_limit();
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
    const auto* const limit = application->rate_limit();
    EXPECT_TRUE(admitted(*limit, from("2001:db8:1:2::1")));
    EXPECT_FALSE(admitted(*limit, from("2001:db8:1:2:ffff::9")));
    EXPECT_TRUE(admitted(*limit, from("2001:db8:1:3::1")));
}

TEST_F(RateLimitTest, ProbesAndTheOperatorAreNotCounted) {
    const auto application = open("{ liveness: /alive, rate_limit: { requests: 1, period: 24h } }");
    const auto* const limit = application->rate_limit();
    for (int i = 0; i < 5; ++i)
        for (const auto* probe : {"/health", "/readiness", "/alive"})
            EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "", probe))) << probe;
    auto own = from("");
    own.private_socket = true;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(admitted(*limit, own));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "", "/liveness")));
    EXPECT_FALSE(admitted(*limit, from("192.0.2.1", "", "/liveness"))) << "not a probe here";
}

TEST_F(RateLimitTest, LimitsWithNamesCountTheirRoutes) {
    const auto application = open(
        "{ rate_limits: { login: { routes: [POST /login, \"/codes/*\"], requests: 2, period: 1h }, "
        "everybody: { routes: [/shared], by: everybody, requests: 3, period: 1h }, "
        "keys: { routes: [\"*\"], by: token, requests: 1, period: 1h }, "
        "guests: { routes: [/guests], by: anonymous, requests: 1, period: 1h } } }");
    const auto* const limit = application->rate_limit();
    ASSERT_TRUE(limit);
    auto login = from("192.0.2.1", "", "/login");
    EXPECT_TRUE(admitted(*limit, login)) << "a GET is not counted";
    login.method = net::Method::post;
    EXPECT_TRUE(admitted(*limit, login));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "", "/codes/{id}"))) << "the same limit";
    EXPECT_FALSE(admitted(*limit, login));
    EXPECT_FALSE(admitted(*limit, from("192.0.2.1", "", "/codes/new")));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.2", "", "/codes/new"))) << "another address";
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "", "/chats"))) << "another route";
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(admitted(*limit, from(fmt::format("192.0.2.{}", i), "", "/shared")));
    EXPECT_FALSE(admitted(*limit, from("192.0.2.9", "", "/shared"))) << "all together";
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "a-key", "/chats")));
    EXPECT_FALSE(admitted(*limit, from("192.0.2.7", "a-key", "/chats"))) << "a key, wherever it is used";
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "other-key", "/chats")));
    const auto ada = sign_up(*application, "ada");
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(admitted(*limit, from("192.0.2.1", ada.access_token, "/guests")));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1", "", "/guests")));
    EXPECT_FALSE(admitted(*limit, from("192.0.2.1", "", "/guests")));
}

TEST_F(RateLimitTest, OperationsOfScriptsCountOnAnyRoute) {
    const auto application =
        open("{ rate_limits: { sign_up: { operations: [accounts.register], requests: 2, period: 1h } } }");
    const auto* const limit = application->rate_limit();
    EXPECT_EQ(limit->operations(), std::vector<std::string>{"accounts.register"});
    const auto ask = [&](const std::string& operation, std::string route) {
        return run_to_end(limit->admit_operation(operation, from("192.0.2.1", "", std::move(route)))).has_value();
    };
    EXPECT_TRUE(ask("accounts.register", "/a"));
    EXPECT_TRUE(ask("accounts.sign_in", "/a"));
    EXPECT_TRUE(ask("accounts.register", "/b"));
    EXPECT_FALSE(ask("accounts.register", "/c"));
}

TEST_F(RateLimitTest, ABurstIsWhatMayComeAtOnce) {
    const auto application = open("{ rate_limit: { requests: 240, period: 24h, burst: 2 } }");
    const auto* const limit = application->rate_limit();
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1")));
    EXPECT_TRUE(admitted(*limit, from("192.0.2.1")));
    const auto refused = admitted(*limit, from("192.0.2.1"));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("at most 240 in 86400 seconds"), std::string::npos);
    EXPECT_LE(integer_or(refused.error().details, "retry_after_seconds", 0), 360) << "one of 240 in a day";
}

TEST_F(RateLimitTest, TellsTheTightestLimit) {
    const std::string limits =
        "rate_limit: { requests: 100, period: 1m }, "
        "rate_limits: { narrow: { routes: [/narrow], requests: 3, period: 1h } }";
    const auto application = open("{ " + limits + " }");
    const auto* const limit = application->rate_limit();
    const auto wide = told(*limit, from("192.0.2.1", "", "/wide"));
    EXPECT_EQ(wide.get("X-RateLimit-Limit"), "100");
    EXPECT_EQ(wide.get("X-RateLimit-Remaining"), "99");
    EXPECT_EQ(wide.get("X-RateLimit-Window"), "60");
    const auto reset = std::stoll(std::string(wide.get("X-RateLimit-Reset")));
    EXPECT_GE(reset, to_unix_ms(now()) / 1000 - 60);
    EXPECT_LE(reset, to_unix_ms(now()) / 1000 + 60);
    for (const auto* left : {"2", "1", "0", "0"}) {
        const auto narrow = told(*limit, from("192.0.2.1", "", "/narrow"));
        EXPECT_EQ(narrow.get("X-RateLimit-Limit"), "3");
        EXPECT_EQ(narrow.get("X-RateLimit-Remaining"), left);
        EXPECT_EQ(narrow.get("X-RateLimit-Window"), "3600");
    }
}

TEST_F(RateLimitTest, TellsInTheFormOfTheDraftOrNotAtAll) {
    const auto application = open("{ rate_limit: { requests: 100, period: 1m }, rate_limit_headers: draft }");
    const auto headers = told(*application->rate_limit(), from("192.0.2.1"));
    EXPECT_EQ(headers.get("RateLimit-Policy"), "\"requests\";q=100;w=60");
    EXPECT_EQ(headers.get("RateLimit"), "\"requests\";r=99;t=1");
    EXPECT_FALSE(headers.has("X-RateLimit-Limit"));
}

TEST_F(RateLimitTest, TellsNothingWhereTheManifestSaysSo) {
    const auto application = open("{ rate_limit: { requests: 100, period: 1m }, rate_limit_headers: none }");
    EXPECT_EQ(told(*application->rate_limit(), from("192.0.2.1")).size(), 0U);
}

TEST_F(RateLimitTest, IsOnByDefaultWhereOthersCanReachIt) {
    const auto secret = "accounts: { secret: 9e4a1fb07c2d8563e4a1fb07c2d8563f }";
    const auto application = open("{ host: 0.0.0.0 }", secret);
    const auto* const limit = application->rate_limit();
    ASSERT_TRUE(limit);
    int sign_ups = 0;
    auto sign_up_request = from("192.0.2.1", "", "/api/auth/register");
    sign_up_request.method = net::Method::post;
    for (int i = 0; i < 100; ++i) sign_ups += admitted(*limit, sign_up_request) ? 1 : 0;
    EXPECT_EQ(sign_ups, 20) << "at once; then one in two minutes";
    int requests = 0;
    for (int i = 0; i < 1'100; ++i) requests += admitted(*limit, from("192.0.2.2")) ? 1 : 0;
    EXPECT_GE(requests, 1'000);
    EXPECT_LT(requests, 1'100);
    EXPECT_EQ(limit->operations().empty(), false);
}

TEST_F(RateLimitTest, CanBeTurnedOff) {
    const auto secret = "accounts: { secret: 9e4a1fb07c2d8563e4a1fb07c2d8563f }";
    const auto application = open("{ host: 0.0.0.0, rate_limit: { requests: 0 }, rate_limits: {} }", secret);
    EXPECT_EQ(application->rate_limit(), nullptr);
}

TEST_F(RateLimitTest, OnADeskNothingIsLimited) {
    const auto application = open("{ rate_limit: { period: 1s } }");
    EXPECT_EQ(application->rate_limit(), nullptr);
}

}  // namespace
}  // namespace slipway::serve
