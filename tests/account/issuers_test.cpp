// Tokens that others signed, verified by the keys that they publish: on loopback, with real keys and real requests.
#include "account/issuers.h"

#include <gtest/gtest.h>

#include "account/issuer_key.h"
#include "base/crypto.h"
#include "base/text.h"
#include "must.h"
#include "net/server.h"

namespace slipway::account {
namespace {

using ::slipway::test::must;
using std::chrono::seconds;
using testing::IssuerKey;

class IssuersTest : public ::testing::Test {
 protected:
    IssuersTest() {
        auto router = std::make_shared<net::Router>();
        router->add(net::Method::get, "/.well-known/openid-configuration", {},
                    [this](net::Request&) -> asio::awaitable<net::Response> {
                        co_return answer(json::object{{"issuer", names_itself_as_.empty() ? url() : names_itself_as_},
                                                      {"authorization_endpoint", url() + "/authorize"},
                                                      {"token_endpoint", url() + "/token"},
                                                      {"jwks_uri", url() + "/keys"}});
                    });
        router->add(net::Method::get, "/keys", {}, [this](net::Request&) -> asio::awaitable<net::Response> {
            ++fetches_;
            co_return answer(json::object{{"keys", keys_}});
        });
        net::ServerOptions options;
        options.port = 0;
        server_ = std::make_unique<net::Server>(
            std::move(options), router,
            [](const net::Request&, int status, const Error&) { return net::Response::text(status, ""); });
        must(server_->start());
        publish({&rsa_, &pss_, &ec_, &okp_});
    }

    net::Response answer(const json::object& document) const {
        if (!location_.empty()) {
            auto redirect = net::Response::text(302, "");
            redirect.headers.set("Location", location_);
            return redirect;
        }
        if (down_) return net::Response::text(503, "");
        if (!instead_.empty()) return net::Response::text(200, instead_);
        return net::Response::of_json(200, document);
    }
    void publish(std::initializer_list<const IssuerKey*> keys) {
        keys_.clear();
        for (const auto* key : keys) keys_.push_back(key->jwk());
    }
    std::string url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }
    Issuer& issuer(std::function<void(IssuerOptions&)> change = {}) {
        IssuerOptions options;
        options.issuer = url();
        options.time_max = Milliseconds(5000);
        if (change) change(options);
        issuers_.push_back(std::make_unique<Issuer>(client_, std::move(options)));
        return *issuers_.back();
    }
    json::object claims(json::object more = {}) const {
        json::object all{{"iss", url()}, {"aud", "us"}, {"sub", "s1"}, {"exp", 99'999'999'999}};
        for (const auto& [name, value] : more) all[name] = value;
        return all;
    }
    static Result<json::object> verify(Issuer& issuer, const std::string& token, std::string nonce = "") {
        return run_to_end(issuer.verify(token, {.audience = "us", .nonce = std::move(nonce)}));
    }

    IssuerKey rsa_{"RS256", "rsa"}, pss_{"PS256", "pss"}, ec_{"ES256", "ec"}, okp_{"EdDSA", "okp"};
    json::array keys_;
    std::string names_itself_as_, instead_, location_;
    bool down_ = false;
    std::atomic<int> fetches_{0};
    std::unique_ptr<net::Server> server_;
    net::Client client_{{.reach = net::Reach::internet_or_loopback}};
    std::vector<std::unique_ptr<Issuer>> issuers_;
};

TEST_F(IssuersTest, EachAlgorithmIsVerifiedWithTheKeyThatHasIt) {
    auto& ours = issuer();
    for (const auto* key : {&rsa_, &pss_, &ec_, &okp_}) {
        const auto verified = verify(ours, key->sign(claims()));
        ASSERT_TRUE(verified) << write_json(key->jwk()) << verified.error().message;
        EXPECT_EQ(text_or(*verified, "sub"), "s1");
        for (const auto* other : {&rsa_, &pss_, &ec_, &okp_}) {
            if (other == key) continue;
            EXPECT_FALSE(verify(ours, key->sign(claims(), {{"kid", other->jwk().at("kid")}})));
            EXPECT_FALSE(verify(ours, key->sign(claims(), {{"alg", other->jwk().at("alg")}})));
        }
    }
    EXPECT_EQ(fetches_, 1);
}

TEST_F(IssuersTest, ForgeriesAreRefused) {
    auto& ours = issuer();
    const auto genuine = rsa_.sign(claims());
    const auto parts = split(genuine, '.');
    const auto public_key = std::string(text_or(rsa_.jwk(), "n"));
    for (const auto* header : {R"({"alg":"HS256","kid":"rsa"})", R"({"alg":"none","kid":"rsa"})", R"({"alg":"none"})",
                               R"({"alg":"RS256","kid":"rsa"})"}) {
        const auto text = to_base64url(header) + "." + to_base64url(write_json(claims({{"sub", "admin"}})));
        for (const auto& secret : {public_key, *from_base64url(public_key), write_json(rsa_.jwk())})
            EXPECT_FALSE(verify(ours, text + "." + to_base64url(hmac_sha256(secret, text)))) << header;
        EXPECT_FALSE(verify(ours, text + ".")) << header;
        EXPECT_FALSE(verify(ours, fmt::format("{}.{}", text, parts[2]))) << header;
    }
    const IssuerKey stranger("RS256", "rsa");
    EXPECT_FALSE(verify(ours, stranger.sign(claims())));
    for (const json::object& header :
         {json::object{{"jwk", stranger.jwk()}}, json::object{{"jku", url() + "/keys"}}, json::object{{"x5u", url()}},
          json::object{{"x5c", json::array{"MIIB"}}}, json::object{{"crit", json::array{"exp"}}},
          json::object{{"typ", "at+jwt"}}, json::object{{"typ", "logout+jwt"}}})
        EXPECT_FALSE(verify(ours, rsa_.sign(claims(), header))) << write_json(header);
    EXPECT_TRUE(verify(ours, rsa_.sign(claims(), {{"typ", "JWT"}})));
}

TEST_F(IssuersTest, IssuerAudienceTimesAndNonceHaveToHold) {
    auto& ours = issuer();
    const auto takes = [&](json::object more, std::string nonce = "") {
        return verify(ours, ec_.sign(claims(std::move(more))), std::move(nonce)).has_value();
    };
    EXPECT_TRUE(takes({}));
    EXPECT_TRUE(takes({{"aud", json::array{"other", "us"}}, {"azp", "us"}}));
    EXPECT_FALSE(takes({{"aud", "other"}}));
    EXPECT_FALSE(takes({{"aud", json::array{"other"}}}));
    EXPECT_FALSE(takes({{"aud", nullptr}}));
    EXPECT_FALSE(takes({{"aud", json::array{"other", "us"}}, {"azp", "other"}}));
    EXPECT_FALSE(takes({{"iss", url() + "/"}}));
    EXPECT_FALSE(takes({{"exp", 1}}));
    EXPECT_FALSE(takes({{"nbf", 99'999'999'998}}));
    EXPECT_TRUE(takes({{"nonce", "n1"}}, "n1"));
    EXPECT_FALSE(takes({{"nonce", "n2"}}, "n1"));
    EXPECT_FALSE(takes({}, "n1"));
}

TEST_F(IssuersTest, AnUnknownKeyIsLookedForOnceInAWhile) {
    auto& ours = issuer([](IssuerOptions& options) { options.refetch_at_most_every = seconds(3600); });
    ASSERT_TRUE(verify(ours, rsa_.sign(claims())));
    const IssuerKey fresh("ES256", "new");
    publish({&fresh});
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(verify(ours, fresh.sign(claims()))) << "a moment after the last fetch";
    EXPECT_EQ(fetches_, 1);

    auto& eager = issuer([](IssuerOptions& options) { options.refetch_at_most_every = seconds(0); });
    publish({&rsa_});
    ASSERT_TRUE(verify(eager, rsa_.sign(claims())));
    publish({&rsa_, &fresh});
    EXPECT_TRUE(verify(eager, fresh.sign(claims()))) << "the issuer has rotated";
    EXPECT_EQ(fetches_, 3);
}

TEST_F(IssuersTest, WhileTheIssuerIsDownItsKeysServeForABoundedTime) {
    const auto old = [](seconds stale_for) {
        return [stale_for](IssuerOptions& options) {
            options.fresh_for = options.refetch_at_most_every = seconds(0);
            options.stale_for = stale_for;
        };
    };
    auto& patient = issuer(old(seconds(3600)));
    auto& strict = issuer(old(seconds(0)));
    ASSERT_TRUE(verify(patient, rsa_.sign(claims())));
    ASSERT_TRUE(verify(strict, rsa_.sign(claims())));
    down_ = true;
    EXPECT_TRUE(verify(patient, rsa_.sign(claims())));
    const auto refused = verify(strict, rsa_.sign(claims()));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().code, ErrorCode::unauthorized) << "not the token is at fault";
    down_ = false;
    EXPECT_TRUE(verify(strict, rsa_.sign(claims())));
}

TEST_F(IssuersTest, WhatIsNoDiscoveryDocumentOrNoKeySetIsRefused) {
    const auto expect_upstream = [&](std::string_view what) {
        const auto refused = verify(issuer(), rsa_.sign(claims()));
        ASSERT_FALSE(refused) << what;
        EXPECT_EQ(refused.error().code, ErrorCode::upstream) << what << ": " << refused.error().message;
    };
    names_itself_as_ = "https://other.example.org";
    expect_upstream("the document of another issuer");
    names_itself_as_.clear();
    for (const auto* text : {"<html>", "[]", "{}", R"({"issuer":1})", R"({"keys":[]})", R"({"keys":{}})"}) {
        instead_ = text;
        expect_upstream(text);
    }
    instead_ = std::string(kDiscoveryBytesMax + 1, ' ');
    expect_upstream("too large");
    instead_.clear();
    location_ = url() + "/keys";
    expect_upstream("a redirect");
}

TEST_F(IssuersTest, AnIssuerInsideTheNetworkIsNotAsked) {
    net::Client guarded({.reach = net::Reach::internet});
    Issuer inside(guarded, {.issuer = url()});
    const auto refused = verify(inside, rsa_.sign(claims()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::forbidden);
    EXPECT_EQ(fetches_, 0);
}

TEST(KeySet, HoldsOnlyPublicKeysThatVerify) {
    const IssuerKey ec("ES256", "ec"), rsa("RS256", "rsa");
    const auto with = [](json::object jwk, std::string_view name, json::value value) {
        jwk[name] = std::move(value);
        return PublicKey::from_jwk(jwk).has_value();
    };
    EXPECT_TRUE(with(ec.jwk(), "further", 1));
    EXPECT_TRUE(with(ec.jwk(), "key_ops", json::array{"verify"}));
    EXPECT_FALSE(with(ec.jwk(), "use", "enc"));
    EXPECT_FALSE(with(ec.jwk(), "key_ops", json::array{"sign"}));
    EXPECT_FALSE(with(ec.jwk(), "d", "AAAA"));
    EXPECT_FALSE(with(ec.jwk(), "alg", "ES512"));
    EXPECT_FALSE(with(ec.jwk(), "crv", "P-384"));
    EXPECT_FALSE(with(ec.jwk(), "x", ec.jwk().at("y"))) << "not on the curve";
    EXPECT_FALSE(with(rsa.jwk(), "n", json::string(to_base64url("\xff" + std::string(126, '\0') + "\x01"))))
        << "1016 bits";
    EXPECT_FALSE(with(rsa.jwk(), "e", "AQ")) << "1";
    EXPECT_FALSE(with(rsa.jwk(), "alg", "RS1"));
    EXPECT_FALSE(PublicKey::from_jwk({{"kty", "oct"}, {"k", "c2VjcmV0"}, {"alg", "HS256"}}));
    EXPECT_FALSE(read_key_set(R"({"keys":[{"kty":"oct","k":"c2VjcmV0"}]})"));
    EXPECT_FALSE(read_key_set(R"({"keys":[],"keys":[]})"));
}

}  // namespace
}  // namespace slipway::account
