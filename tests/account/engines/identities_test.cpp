// Sign-in with another provider, against a real one: oidc-provider, which is certified for OpenID Connect.
#include "account/identities.h"

#include <gtest/gtest.h>

#include "account/engines/browser.h"
#include "account/tables.h"
#include "base/crypto.h"
#include "base/text.h"
#include "engines/process.h"
#include "must.h"
#include "store/database/sqlite.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

using ::slipway::test::must;
using testing::Browser;
using testing::query_value;

constexpr std::string_view kApplication = "http://127.0.0.1:9/app";  // nothing is fetched from there

// One issuer for all tests: starting it takes a second.
struct Issuing {
    std::uint16_t port = test::free_port();
    test::TemporaryFolder folder;
    std::unique_ptr<test::EngineProcess> process;
};

Issuing* issuing() {
    static const auto engine = test::engine_folder("oidc-provider");
    if (!engine) return nullptr;
    static Issuing one;
    if (one.process) return &one;
    const json::object told{{"port", one.port},
                            {"modules", (*engine / "node_modules").string()},
                            {"redirect_uris", json::array{"http://127.0.0.1:9/api/auth/oauth/basic/callback",
                                                          "http://127.0.0.1:9/api/auth/oauth/public/callback"}}};
    test::EngineOptions options;
    options.command = {"/usr/bin/node", std::string(SLIPWAY_SOURCE_DIR) + "/tests/engines/oidc_issuer.mjs",
                       write_json(told)};
    options.folder = one.folder.path();
    options.port = one.port;
    one.process = must(test::EngineProcess::start(std::move(options)));
    return &one;
}

class IdentitiesTest : public ::testing::Test {
 protected:
    void SetUp() override {
        auto* const started = issuing();
        if (started == nullptr) GTEST_SKIP() << "scripts/engines.sh oidc-provider";
        issuer_ = fmt::format("http://127.0.0.1:{}", started->port);
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        must(run_to_end(database_->migrate(all)));
        must(run_to_end(keys_.prepare()));
        must(run_to_end(accounts_.prepare()));
        open({});
    }

    void open(std::function<void(IdentityOptions&)> change) {
        std::vector<std::unique_ptr<Provider>> providers;
        for (const std::string name : {"basic", "public"}) {
            ProviderOptions options;
            options.name = options.client_id = name;
            options.issuer = issuer_;
            if (name == "basic") options.client_secret = "secret of the test";
            providers.push_back(make_provider(client_, std::move(options)));
        }
        ProviderOptions gone{.name = "gone", .issuer = fmt::format("http://127.0.0.1:{}", test::free_port())};
        providers.push_back(make_provider(client_, std::move(gone)));
        IdentityOptions options;
        options.callback_base = "http://127.0.0.1:9";
        options.redirects = {std::string(kApplication)};
        if (change) change(options);
        identities_ = std::make_unique<Identities>(*database_, accounts_, audit_, std::move(providers), options);
    }

    // The way of a browser: out to the provider, in as this person, and back.
    struct Way {
        FlowStart start;
        ProviderAnswer answer;
    };
    Way walk(const std::string& person, FlowWish wish = {}, bool consents = true, std::string provider = "basic") {
        Way way;
        way.start = must(run_to_end(identities_->begin(provider, std::move(wish))));
        Browser browser;
        const auto back = browser.sign_in(way.start.url, person, "http://127.0.0.1:9/", consents);
        EXPECT_TRUE(back.starts_with("http://127.0.0.1:9/api/auth/oauth/" + provider + "/callback?")) << back;
        const auto fields = net::parse_form(std::string_view(back).substr(back.find('?') + 1));
        way.answer = must(read_provider_answer(fields.value_or(net::Fields())));
        return way;
    }
    Result<std::string> arrive(const Way& way, std::string provider = "basic") {
        return run_to_end(identities_->arrive(provider, way.answer, way.start.cookie, {}));
    }
    std::string error_of(const Result<std::string>& reached) {
        EXPECT_TRUE(reached) << reached.error().message;
        return reached ? query_value(*reached, "error") : "";
    }
    Result<HandedOver> exchange(const std::string& url, std::string verifier = "") {
        return run_to_end(identities_->exchange(query_value(url, "code"), std::move(verifier)));
    }
    User sign_in(const std::string& person, std::string provider = "basic") {
        const auto reached = must(arrive(walk(person, {}, true, provider), provider));
        EXPECT_TRUE(reached.starts_with(std::string(kApplication) + "?code=")) << reached;
        return must(exchange(reached)).user;
    }

    std::string issuer_;
    test::TemporaryFolder folder_;
    std::unique_ptr<store::Database> database_ = must(store::open_sqlite(folder_.path() / "accounts.sqlite"));
    Passwords passwords_{{.cost = {.operations = 1, .memory_bytes = 8 << 10}}};
    Audit audit_{*database_, {.key = "seals"}};
    SigningKeys keys_{*database_, audit_, {.secret = std::string(32, 's')}};
    Accounts accounts_{*database_, passwords_, audit_, keys_, {.sessions = {.secret = std::string(32, 's')}}};
    net::Client client_{{.reach = net::Reach::internet_or_loopback}};
    std::unique_ptr<Identities> identities_;
};

TEST_F(IdentitiesTest, WhoComesFirstGetsAnAccountAndComesBackToIt) {
    const auto ada = sign_in("ada");
    EXPECT_EQ(ada.email, "ada@example.org");
    EXPECT_TRUE(ada.email_verified_at);
    EXPECT_EQ(ada.display_name, "ada of the test");
    EXPECT_EQ(sign_in("ada").id, ada.id);
    EXPECT_EQ(sign_in("grace", "public").email, "grace@example.org");
    const auto linked = must(run_to_end(identities_->list(ada.id)));
    ASSERT_EQ(linked.size(), 1U);
    EXPECT_EQ(linked[0].provider, "basic");
    EXPECT_EQ(linked[0].subject, "ada");
    EXPECT_TRUE(linked[0].last_used_at);
    // Nobody signs in with the password that it does not have.
    for (const auto* password : {"", "any", "anonymous"})
        EXPECT_FALSE(run_to_end(accounts_.sign_in("ada@example.org", password, {}))) << password;
}

TEST_F(IdentitiesTest, TheRequestCarriesStateNonceAndAChallenge) {
    const auto start = must(run_to_end(identities_->begin("basic", {})));
    EXPECT_TRUE(start.url.starts_with(issuer_ + "/auth?")) << start.url;
    EXPECT_EQ(query_value(start.url, "response_type"), "code");
    EXPECT_EQ(query_value(start.url, "code_challenge_method"), "S256");
    EXPECT_EQ(query_value(start.url, "scope"), "openid email profile");
    EXPECT_EQ(query_value(start.url, "redirect_uri"), "http://127.0.0.1:9/api/auth/oauth/basic/callback");
    for (const auto* name : {"state", "nonce", "code_challenge"})
        EXPECT_EQ(query_value(start.url, name).size(), 43U) << name;
    const auto again = must(run_to_end(identities_->begin("basic", {})));
    for (const auto* name : {"state", "nonce", "code_challenge"})
        EXPECT_NE(query_value(start.url, name), query_value(again.url, name)) << name;
    EXPECT_NE(start.cookie, again.cookie);
}

TEST_F(IdentitiesTest, AnAnswerCountsOnceAndInItsBrowserAlone) {
    const auto way = walk("ada");
    auto stolen = way;
    stolen.start.cookie = random_token();
    const auto refused = arrive(stolen);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_FALSE(arrive(way)) << "the state was used up by the attempt";

    const auto second = walk("ada");
    const auto reached = must(arrive(second));
    EXPECT_FALSE(arrive(second));
    EXPECT_TRUE(exchange(reached));
    const auto repeated = exchange(reached);
    ASSERT_FALSE(repeated);
    EXPECT_EQ(repeated.error().code, ErrorCode::unauthorized);

    auto forged = walk("ada");
    forged.answer.state = random_token();
    EXPECT_FALSE(arrive(forged));
}

TEST_F(IdentitiesTest, AnAnswerOfAnotherProviderIsRefused) {
    auto mixed = walk("ada");
    EXPECT_FALSE(arrive(mixed, "public")) << "the flow is of the other one";
    mixed = walk("ada");
    mixed.answer.issuer = "https://attacker.example.org";
    EXPECT_EQ(error_of(arrive(mixed)), "failed");
    mixed = walk("ada");
    EXPECT_EQ(mixed.answer.issuer, issuer_) << "the provider names itself (RFC 9207)";
    mixed.answer.issuer.clear();
    mixed.answer.has_issuer = false;
    EXPECT_EQ(error_of(arrive(mixed)), "failed") << "it said that it would";
}

TEST_F(IdentitiesTest, ACodeOfAnotherFlowIsRefused) {
    auto mine = walk("ada"), theirs = walk("eve");
    mine.answer.code = theirs.answer.code;
    EXPECT_EQ(error_of(arrive(mine)), "failed") << "the verifier is another's";
    mine = walk("ada");
    mine.answer.code = random_token();
    EXPECT_EQ(error_of(arrive(mine)), "failed");
}

TEST_F(IdentitiesTest, TheHandoverIsBoundToThePageThatBegan) {
    const auto verifier = random_token();
    const FlowWish wish{.challenge = pkce_challenge(verifier)};
    EXPECT_FALSE(exchange(must(arrive(walk("ada", wish))), ""));
    EXPECT_FALSE(exchange(must(arrive(walk("ada", wish))), random_token()));
    EXPECT_TRUE(exchange(must(arrive(walk("ada", wish))), verifier));
    EXPECT_FALSE(run_to_end(identities_->begin("basic", {.challenge = "plain"})));
}

TEST_F(IdentitiesTest, BrowsersGoOnToDeclaredAddressesAlone) {
    for (const std::string redirect :
         {"https://attacker.example.org", "http://127.0.0.1:9/app/", "http://127.0.0.1:9/app?next=x",
          "http://127.0.0.1:9/app#x", "HTTP://127.0.0.1:9/app", "//127.0.0.1:9/app", "/app",
          "http://127.0.0.1:9/app@attacker.example.org"}) {
        const auto refused = run_to_end(identities_->begin("basic", {.redirect = redirect}));
        ASSERT_FALSE(refused) << redirect;
        EXPECT_EQ(refused.error().code, ErrorCode::invalid) << redirect;
    }
    EXPECT_TRUE(run_to_end(identities_->begin("basic", {.redirect = std::string(kApplication)})));
    const auto unknown = run_to_end(identities_->begin("nobody", {}));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
}

TEST_F(IdentitiesTest, AnAddressIsNoProof) {
    // Somebody has the address already, with a password.
    const auto ada = must(run_to_end(accounts_.enroll({"ada@example.org", "ada", "correct horse battery"})));
    EXPECT_EQ(error_of(arrive(walk("ada"))), "account_exists");
    // Its owner signs in as before, and links.
    const auto linked = must(arrive(walk("ada", {.link_to = ada.id})));
    EXPECT_EQ(query_value(linked, "linked"), "basic");
    EXPECT_EQ(sign_in("ada").id, ada.id);
    EXPECT_EQ(error_of(arrive(walk("eve-unverified"))), "email_unverified");
}

TEST_F(IdentitiesTest, AnIdentityIsOneUsersAndTheLastWayInStays) {
    const auto ada = sign_in("ada"), grace = sign_in("grace");
    EXPECT_EQ(error_of(arrive(walk("ada", {.link_to = grace.id}))), "linked_elsewhere");
    EXPECT_EQ(error_of(arrive(walk("other", {.link_to = grace.id}))), "linked_elsewhere") << "one of a provider";
    const auto last = run_to_end(identities_->unlink(ada.id, "basic", {}));
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, ErrorCode::conflict);
    const auto linked = must(arrive(walk("ada2", {.link_to = ada.id}, true, "public"), "public"));
    EXPECT_EQ(query_value(linked, "linked"), "public");
    must(run_to_end(identities_->unlink(ada.id, "basic", {})));
    const auto missing = run_to_end(identities_->unlink(ada.id, "basic", {}));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_EQ(sign_in("ada2", "public").id, ada.id);
}

TEST_F(IdentitiesTest, WhoDeclinesIsBlockedOrComesToAClosedDoorIsTold) {
    EXPECT_EQ(error_of(arrive(walk("ada", {}, false))), "access_denied");
    const auto ada = sign_in("ada");
    must(run_to_end(accounts_.set_active("ada@example.org", false)));
    EXPECT_EQ(error_of(arrive(walk("ada"))), "blocked");
    open([](IdentityOptions& options) { options.sign_up_open = false; });
    EXPECT_EQ(error_of(arrive(walk("grace"))), "sign_up_closed");
    std::map<std::string, int> told;
    for (const auto& event : must(run_to_end(audit_.list({})))) ++told[event.event.event];
    EXPECT_EQ(told["identity_linked"], 1);
    EXPECT_EQ(told["sign_in_failed"], 3);
}

TEST_F(IdentitiesTest, AProviderThatIsDownIsAnErrorThatSaysSo) {
    const auto refused = run_to_end(identities_->begin("gone", {}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace slipway::account
