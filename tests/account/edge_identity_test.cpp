// Who comes through a proxy in front: by its signed assertion, and by nothing else that a request may say.
#include "account/edge_identity.h"

#include <gtest/gtest.h>

#include "account/authentication.h"
#include "account/issuer_key.h"
#include "account/tables.h"
#include "must.h"
#include "net/server.h"
#include "store/cache/memory.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

using ::slipway::test::must;
using testing::IssuerKey;

class EdgeIdentityTest : public ::testing::Test {
 protected:
    EdgeIdentityTest() {
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        must(run_to_end(database_->migrate(all)));
        must(run_to_end(keys_.prepare()));
        must(run_to_end(accounts_.prepare()));
        auto router = std::make_shared<net::Router>();
        router->add(net::Method::get, "/certs", {}, [this](net::Request&) -> asio::awaitable<net::Response> {
            co_return net::Response::of_json(200, json::object{{"keys", json::array{edge_key_.jwk()}}});
        });
        net::ServerOptions options;
        options.port = 0;
        server_ = std::make_unique<net::Server>(
            std::move(options), router,
            [](const net::Request&, int status, const Error&) { return net::Response::text(status, ""); });
        must(server_->start());
        EdgeOptions edge;
        edge.issuer.issuer = "https://team.example.org";
        edge.issuer.key_set_url = fmt::format("http://127.0.0.1:{}/certs", server_->port());
        edge.audience = "application";
        edge.role = Role::admin;
        edge_ = std::make_unique<EdgeIdentity>(client_, accounts_, std::move(edge));
        AuthenticationOptions shown;
        shown.edge_header = "Cf-Access-Jwt-Assertion";
        shown.edge = edge_.get();
        authentication_ = std::make_unique<Authentication>(
            accounts_, access_keys_, factors_, ConfiguredTokens("secret", accounts_.workspace(), {}), std::move(shown));
    }

    json::object claims(json::object more = {}) const {
        json::object all{{"iss", "https://team.example.org"},
                         {"aud", json::array{"application"}},
                         {"sub", "7"},
                         {"email", "Ada@example.org"},
                         {"exp", 99'999'999'999}};
        for (const auto& [name, value] : more) all[name] = value;
        return all;
    }
    Result<Principal> come_with(std::string assertion, std::string bearer = "") {
        Credential shown;
        shown.edge_assertion = std::move(assertion);
        shown.bearer = std::move(bearer);
        return run_to_end(authentication_->principal(std::move(shown)));
    }

    IssuerKey edge_key_{"RS256", "edge"};
    test::TemporaryFolder folder_;
    std::unique_ptr<store::Database> database_ = must(test::open_any_database(folder_.path() / "edge.sqlite"));
    std::unique_ptr<store::Cache> cache_ = store::make_memory_cache();
    Passwords passwords_{{.cost = {.operations = 1, .memory_bytes = 8 << 10}}};
    Audit audit_{*database_, {.key = "seals"}};
    SigningKeys keys_{*database_, audit_, {.secret = std::string(32, 's')}};
    Accounts accounts_{*database_, passwords_, audit_, keys_, {.sessions = {.secret = std::string(32, 's')}}};
    AccessKeys access_keys_{*database_, *cache_, audit_, {}};
    Factors factors_{*database_, *cache_, audit_, {.key = std::string(32, 'f')}};
    net::Client client_{{.reach = net::Reach::internet_or_loopback}};
    std::unique_ptr<net::Server> server_;
    std::unique_ptr<EdgeIdentity> edge_;
    std::unique_ptr<Authentication> authentication_;
};

TEST_F(EdgeIdentityTest, AVerifiedAssertionIsWhoItSays) {
    const auto guest = must(come_with(edge_key_.sign(claims())));
    EXPECT_EQ(guest.user.email, "ada@example.org");
    EXPECT_EQ(guest.user.role, Role::admin);
    EXPECT_EQ(guest.proof, Proof::edge);
    EXPECT_EQ(guest.user.number, 0) << "without an account";

    const auto ada = must(run_to_end(accounts_.enroll({"ada@example.org", "ada", "correct horse battery"})));
    EXPECT_NE(must(come_with(edge_key_.sign(claims()))).user.id, ada.id) << "she has not shown that it is hers";
    store::Parameters verified{ada.id, now()};
    must(run_to_end(database_->write(store::Scope::system(), "update users set email_verified_at = $2 where id = $1",
                                     std::move(verified))));
    EXPECT_EQ(must(come_with(edge_key_.sign(claims()))).user.id, ada.id);
    must(run_to_end(accounts_.set_active("ada", false)));
    EXPECT_FALSE(come_with(edge_key_.sign(claims()))) << "blocked";
}

TEST_F(EdgeIdentityTest, NothingElseCounts) {
    const IssuerKey stranger("RS256", "edge");
    for (const auto& assertion :
         {stranger.sign(claims()), edge_key_.sign(claims({{"aud", json::array{"other"}}})),
          edge_key_.sign(claims({{"iss", "https://other.example.org"}})), edge_key_.sign(claims({{"exp", 1}})),
          edge_key_.sign(claims({{"email", nullptr}})), edge_key_.sign(claims({{"email", "no address"}})),
          std::string("ada@example.org"), std::string("eyJhbGciOiJub25lIn0.e30."), std::string("a.b.c")}) {
        const auto refused = come_with(assertion);
        ASSERT_FALSE(refused) << assertion;
        EXPECT_EQ(refused.error().code, ErrorCode::unauthorized) << assertion;
    }
    EXPECT_FALSE(come_with("", "")) << "nothing was shown";
    EXPECT_FALSE(come_with("", edge_key_.sign(claims()))) << "it is no access token of ours";
}

TEST_F(EdgeIdentityTest, AConnectionEndsWithItsAssertion) {
    auto principal = must(come_with(edge_key_.sign(claims())));
    EXPECT_TRUE(run_to_end(authentication_->renew(principal)));
    principal.proven_until = now();
    EXPECT_FALSE(run_to_end(authentication_->renew(principal)));
}

}  // namespace
}  // namespace slipway::account
