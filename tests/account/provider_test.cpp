// The wire of sign-in with a provider: what is read of it, and GitHub, which speaks OAuth 2 and an API of its own.
#include "account/provider.h"

#include <gtest/gtest.h>

#include "account/oauth_wire.h"
#include "must.h"
#include "net/server.h"

namespace slipway::account {
namespace {

using ::slipway::test::must;

// RFC 7636, appendix B.
TEST(OauthWire, ChallengesAreThoseOfTheStandard) {
    EXPECT_EQ(pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    EXPECT_TRUE(is_pkce_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    for (const std::string challenge : {"", "plain", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c="})
        EXPECT_FALSE(is_pkce_challenge(challenge)) << challenge;
    EXPECT_TRUE(is_pkce_verifier(std::string(43, '~')));
    EXPECT_FALSE(is_pkce_verifier(std::string(42, 'a')));
    EXPECT_FALSE(is_pkce_verifier(std::string(129, 'a')));
    EXPECT_FALSE(is_pkce_verifier(std::string(43, '/')));
}

TEST(OauthWire, AnAnswerHasAStateAndEitherACodeOrAKnownError) {
    const auto read = [](net::Fields query) { return read_provider_answer(query); };
    EXPECT_EQ(must(read({{"state", "s"}, {"code", "c"}})).code, "c");
    EXPECT_EQ(must(read({{"state", "s"}, {"error", "access_denied"}})).error, "access_denied");
    EXPECT_EQ(must(read({{"state", "s"}, {"error", "<script>"}})).error, "other");
    EXPECT_TRUE(must(read({{"state", "s"}, {"code", "c"}, {"iss", ""}})).has_issuer);
    EXPECT_FALSE(read({}));
    EXPECT_FALSE(read({{"code", "c"}}));
    EXPECT_FALSE(read({{"state", "s"}}));
    EXPECT_FALSE(read({{"state", "s"}, {"code", "c"}, {"error", "e"}}));
    for (const auto* name : {"state", "code", "iss"})
        EXPECT_FALSE(read({{"state", "s"}, {"code", "c"}, {"iss", "i"}, {name, "again"}})) << name;
    EXPECT_FALSE(read({{"state", "s"}, {"code", std::string(9000, 'c')}}));
}

TEST(OauthWire, QueriesAreAddedAndEscaped) {
    EXPECT_EQ(with_query("https://a.example/x", {{"a", "1 &"}, {"b", "ä"}}), "https://a.example/x?a=1%20%26&b=%C3%A4");
    EXPECT_EQ(with_query("https://a.example/x?y=1#part", {{"a", "1"}}), "https://a.example/x?y=1&a=1");
    EXPECT_EQ(client_authorization("a:b", "c d"), "Basic YSUzQWI6YyUyMGQ=");
}

TEST(OauthWire, ACookieIsFoundByItsWholeNameOnce) {
    const auto found = [](std::string text) {
        net::Headers headers;
        headers.add("Cookie", std::move(text));
        return cookie_of(headers, "slipway_oauth");
    };
    EXPECT_EQ(found("a=1; slipway_oauth=xyz; b=2"), "xyz");
    EXPECT_EQ(found("slipway_oauth="), "");
    EXPECT_FALSE(found("__Host-slipway_oauth=1; slipway_oauth2=2"));
    EXPECT_FALSE(found("slipway_oauth=1; slipway_oauth=2")) << "one of them is somebody else's";
    EXPECT_FALSE(found(""));
}

TEST(OauthWire, AnAddressCountsAsVerifiedOnlyWhenTheProviderSaysSo) {
    const auto of = [](json::object claims) { return must(identity_of_claims(claims)); };
    EXPECT_TRUE(of({{"sub", "1"}, {"email", "A@Example.org"}, {"email_verified", true}}).email_verified);
    EXPECT_EQ(of({{"sub", "1"}, {"email", "A@Example.org"}}).email, "a@example.org");
    EXPECT_TRUE(of({{"sub", "1"}, {"email", "a@example.org"}, {"email_verified", "true"}}).email_verified);
    for (const json::value& said : {json::value(false), json::value("false"), json::value(1), json::value(nullptr)})
        EXPECT_FALSE(of({{"sub", "1"}, {"email", "a@example.org"}, {"email_verified", said}}).email_verified);
    EXPECT_FALSE(of({{"sub", "1"}, {"email", "no address"}, {"email_verified", true}}).email_verified);
    EXPECT_FALSE(identity_of_claims({{"email", "a@example.org"}}));
    EXPECT_FALSE(identity_of_claims({{"sub", std::string(256, 's')}}));
    EXPECT_FALSE(identity_of_claims({{"sub", 7}}));
}

// GitHub as far as a sign-in sees it: a GitHub Enterprise server on loopback.
class GithubTest : public ::testing::Test {
 protected:
    GithubTest() {
        auto router = std::make_shared<net::Router>();
        router->add(net::Method::post, "/login/oauth/access_token", {},
                    [this](net::Request& request) -> asio::awaitable<net::Response> {
                        for (const auto& [name, value] : net::parse_form(request.body).value_or(net::Fields()))
                            asked_[name] = value;
                        if (asked_["code"] != "good")  // as GitHub does: an error with status 200
                            co_return net::Response::of_json(200, json::object{{"error", "bad_verification_code"}});
                        co_return net::Response::of_json(
                            200,
                            json::object{{"access_token", "t1"}, {"token_type", "bearer"}, {"scope", "user:email"}});
                    });
        const auto answer = [this](json::value (GithubTest::*document)() const) {
            return [this, document](net::Request& request) -> asio::awaitable<net::Response> {
                if (request.headers.get("Authorization") != "Bearer t1" || !request.headers.has("User-Agent"))
                    co_return net::Response::text(401, "");
                co_return net::Response::of_json(200, (this->*document)());
            };
        };
        router->add(net::Method::get, "/api/v3/user", {}, answer(&GithubTest::user));
        router->add(net::Method::get, "/api/v3/user/emails", {}, answer(&GithubTest::emails));
        net::ServerOptions options;
        options.port = 0;
        server_ = std::make_unique<net::Server>(
            std::move(options), router,
            [](const net::Request&, int status, const Error&) { return net::Response::text(status, ""); });
        must(server_->start());
        ProviderOptions github{.name = "github", .client_id = "id", .client_secret = "secret"};
        github.url = fmt::format("http://127.0.0.1:{}", server_->port());
        provider_ = make_provider(client_, std::move(github));
    }
    json::value user() const { return json::object{{"id", 7}, {"login", "ada"}, {"name", "Ada L."}}; }
    json::value emails() const {
        return json::array{json::object{{"email", "old@example.org"}, {"primary", false}, {"verified", true}},
                           json::object{{"email", "Ada@Example.org"}, {"primary", true}, {"verified", verified_}}};
    }
    Result<ProvidedIdentity> identity(std::string code) {
        return run_to_end(provider_->identity({std::move(code), std::string(43, 'v'), "", "https://us.example/back"}));
    }

    std::map<std::string, std::string> asked_;
    bool verified_ = true;
    std::unique_ptr<net::Server> server_;
    net::Client client_{{.reach = net::Reach::internet_or_loopback}};
    std::unique_ptr<Provider> provider_;
};

TEST_F(GithubTest, TheNumberIsWhoItIsAndThePrimaryAddressTheirs) {
    const auto url = must(run_to_end(provider_->authorization_url({"s", "n", "c", "https://us.example/back"})));
    EXPECT_NE(url.find("/login/oauth/authorize?"), std::string::npos) << url;
    EXPECT_NE(url.find("code_challenge=c&code_challenge_method=S256"), std::string::npos) << url;
    const auto ada = must(identity("good"));
    EXPECT_EQ(ada.subject, "7");
    EXPECT_EQ(ada.email, "ada@example.org");
    EXPECT_TRUE(ada.email_verified);
    EXPECT_EQ(ada.display_name, "Ada L.");
    EXPECT_EQ(asked_["client_secret"], "secret");
    EXPECT_EQ(asked_["code_verifier"], std::string(43, 'v'));
    verified_ = false;
    EXPECT_FALSE(must(identity("good")).email_verified);
}

TEST_F(GithubTest, ACodeThatItDoesNotKnowIsRefused) {
    const auto refused = identity("bad");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unauthorized);
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace slipway::account
