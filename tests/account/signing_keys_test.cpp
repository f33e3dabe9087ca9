// Tokens of the application itself: which are taken, and all the ways to forge one.
#include "account/signing_keys.h"

#include <map>

#include <gtest/gtest.h>

#include "account/tables.h"
#include "account/token_claims.h"
#include "base/crypto.h"
#include "base/sealed_box.h"
#include "base/text.h"
#include "must.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

using std::chrono::seconds;
using test::must;

const std::string kSecret(32, 's');
constexpr std::string_view kClaims = R"({"sub":"u","exp":99999999999})";

// Signed with the secret, whatever the header says.
std::string by_hmac(std::string_view header, std::string_view claims = kClaims, const std::string& secret = kSecret) {
    auto token = to_base64url(header) + "." + to_base64url(claims);
    return token + "." + to_base64url(hmac_sha256(secret, token));
}

class SigningKeysTest : public ::testing::Test {
 protected:
    SigningKeysTest() {
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        must(run_to_end(database_->migrate(all)));
        eddsa_.algorithm = SigningAlgorithm::eddsa;
        eddsa_.secret = kSecret;
        eddsa_.reload_at_most_every = seconds(0);
        hs256_.secret = kSecret;
    }

    std::unique_ptr<SigningKeys> open(SigningOptions options) {
        auto keys = std::make_unique<SigningKeys>(*database_, audit_, std::move(options));
        must(run_to_end(keys->prepare()));
        return keys;
    }
    static std::string sign(SigningKeys& keys, json::object claims = {{"sub", "u"}}, seconds valid_for = seconds(60)) {
        return must(run_to_end(keys.sign(std::move(claims), valid_for)));
    }
    static bool takes(SigningKeys& keys, const std::string& token) {
        const auto verified = run_to_end(keys.verify(token));
        EXPECT_EQ(verified.has_value(), keys.verify_now(token).has_value()) << token;
        if (!verified) EXPECT_EQ(verified.error().code, ErrorCode::unauthorized) << verified.error().message;
        return verified.has_value();
    }
    static std::string key_id(const std::string& token) {
        return std::string(text_or(must(parse_json(*from_base64url(split(token, '.')[0]))).as_object(), "kid"));
    }
    // The token with another header, under the same signature, and signed anew with `secret`.
    static std::vector<std::string> with_header(const std::string& token, std::string_view header,
                                                const std::string& secret) {
        const auto parts = split(token, '.');
        auto text = fmt::format("{}.{}", to_base64url(header), parts[1]);
        return {fmt::format("{}.{}", text, parts[2]), text + ".",
                fmt::format("{}.{}", text, to_base64url(hmac_sha256(secret, text)))};
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<store::Database> database_ = must(test::open_any_database(folder_.path() / "keys.sqlite"));
    Audit audit_{*database_, {.key = "seals"}};
    SigningOptions eddsa_, hs256_;
};

TEST_F(SigningKeysTest, ATokenIsItsClaimsUntilItEnds) {
    for (const auto& options : {hs256_, eddsa_}) {
        const auto keys = open(options);
        const auto token = sign(*keys, {{"sub", "u1"}, {"ws", "main"}});
        const auto claims = must(run_to_end(keys->verify(token)));
        EXPECT_EQ(text_or(claims, "sub"), "u1");
        EXPECT_EQ(text_or(claims, "ws"), "main");
        EXPECT_EQ(integer_or(claims, "exp", 0) - integer_or(claims, "iat", 0), 60);
        EXPECT_FALSE(takes(*keys, sign(*keys, {{"sub", "u1"}}, seconds(0))));
        EXPECT_FALSE(takes(*keys, sign(*keys, {{"sub", "u1"}}, seconds(-1))));
        EXPECT_FALSE(takes(*keys, sign(*keys, {{"nbf", 99'999'999'999}})));
        EXPECT_FALSE(takes(*keys, token + "x"));
        EXPECT_FALSE(takes(*keys, token.substr(0, token.size() - 1)));
        EXPECT_FALSE(takes(*keys, token + "."));
        EXPECT_FALSE(takes(*keys, ""));
        EXPECT_FALSE(takes(*keys, ".."));
        EXPECT_FALSE(takes(*keys, sign(*keys, {{"sub", std::string(kOwnTokenBytesMax, 'u')}})));
    }
}

TEST_F(SigningKeysTest, ChangedClaimsAreRefused) {
    for (const auto& options : {hs256_, eddsa_}) {
        const auto keys = open(options);
        const auto token = sign(*keys);
        const auto parts = split(token, '.');
        for (const auto claims : {R"({"sub":"admin","exp":99999999999})", "{}", "[]", "null", "{"})
            EXPECT_FALSE(takes(*keys, fmt::format("{}.{}.{}", parts[0], to_base64url(claims), parts[2]))) << claims;
    }
}

TEST_F(SigningKeysTest, Hs256WithThePublicKeyAsSecretIsRefused) {
    const auto keys = open(eddsa_);
    const auto token = sign(*keys);
    const auto set = keys->key_set();
    const auto& jwk = set.at("keys").at(0).as_object();
    const auto encoded = std::string(text_or(jwk, "x"));
    for (const auto& secret :
         {*from_base64url(encoded), encoded, write_json(jwk), write_json(set), kSecret, std::string()}) {
        for (const auto& header :
             {fmt::format(R"({{"alg":"HS256","kid":"{}"}})", key_id(token)), std::string(R"({"alg":"HS256"})"),
              fmt::format(R"({{"alg":"EdDSA","typ":"at+jwt","kid":"{}"}})", key_id(token))})
            for (const auto& forged : with_header(token, header, secret))
                EXPECT_EQ(takes(*keys, forged), forged == token) << header;
    }
}

TEST_F(SigningKeysTest, NoneAndOtherAlgorithmsAreRefusedEvenWhenTheSignatureFits) {
    const auto eddsa = open(eddsa_), hs256 = open(hs256_);
    for (const auto* algorithm : {"none", "None", "NONE", "nOnE", "HS512", "RS256", "ES256", "hs256", "Ed25519", ""}) {
        const auto plain = fmt::format(R"({{"alg":"{}"}})", algorithm);
        EXPECT_FALSE(takes(*hs256, by_hmac(plain))) << algorithm;
        for (const auto& keys : {&eddsa, &hs256}) {
            const auto token = sign(**keys);
            const auto header = fmt::format(R"({{"alg":"{}","kid":"{}"}})", algorithm, key_id(token));
            for (const auto& forged : with_header(token, header, kSecret))
                EXPECT_FALSE(takes(**keys, forged)) << header;
        }
    }
    EXPECT_FALSE(takes(*hs256, by_hmac("{}")));
    EXPECT_FALSE(takes(*hs256, by_hmac(R"({"alg":["HS256"]})")));
    EXPECT_TRUE(takes(*hs256, by_hmac(R"({ "typ": "JWT", "alg": "HS256" })")));  // as other libraries write it
    EXPECT_FALSE(takes(*eddsa, by_hmac(R"({"alg":"HS256"})")));
    EXPECT_FALSE(takes(*hs256, sign(*eddsa)));
}

TEST_F(SigningKeysTest, HeadersThatBringAKeyOrAskForMoreAreRefused) {
    const auto keys = open(hs256_);
    for (const auto* more : {R"("jku":"https://example.org/jwks.json")", R"("x5u":"https://example.org/key.pem")",
                             R"("jwk":{"kty":"oct","k":"c2Vj"})", R"("x5c":["MIIB"])", R"("crit":["exp"])",
                             R"("crit":[])", R"("kid":"another")", R"("kid":7)", R"("kid":["a"])", R"("typ":"at+jwt")",
                             R"("typ":"dpop+jwt")", R"("typ":1)"})
        EXPECT_FALSE(takes(*keys, by_hmac(fmt::format(R"({{"alg":"HS256",{}}})", more)))) << more;
    EXPECT_TRUE(takes(*keys, by_hmac(R"({"alg":"HS256","typ":"JWT"})")));
}

TEST_F(SigningKeysTest, NamesThatStandTwiceAreRefused) {
    const auto keys = open(hs256_);
    EXPECT_FALSE(takes(*keys, by_hmac(R"({"alg":"none","alg":"HS256"})")));
    EXPECT_FALSE(takes(*keys, by_hmac(R"({"alg":"HS256","alg":"HS256"})")));
    EXPECT_FALSE(takes(*keys, by_hmac(R"({"alg":"HS256"})", R"({"sub":"a","sub":"b","exp":99999999999})")));
    EXPECT_FALSE(takes(*keys, by_hmac(R"({"alg":"HS256"})", R"({"sub":"a","s\u0075b":"b","exp":99999999999})")));
    EXPECT_FALSE(
        takes(*keys, by_hmac(R"({"alg":"HS256"})", R"({"sub":"a","exp":99999999999,"deep":[{"x":1,"x":2}]})")));
    EXPECT_TRUE(takes(*keys, by_hmac(R"({"alg":"HS256"})", R"({"sub":"a","exp":99999999999,"in":{"sub":1}})")));
}

TEST_F(SigningKeysTest, OnlyTheCanonicalFormOfBase64UrlIsTaken) {
    for (const auto& options : {hs256_, eddsa_}) {
        const auto keys = open(options);
        const auto token = sign(*keys);
        ASSERT_TRUE(takes(*keys, token));
        // The signature's last character has bits that belong to no byte.
        auto last = token;
        const std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        last.back() = digits[digits.find(last.back()) ^ 1];
        EXPECT_FALSE(takes(*keys, last));
        EXPECT_FALSE(takes(*keys, token + "="));
        EXPECT_FALSE(takes(*keys, token + "\n"));
        EXPECT_FALSE(takes(*keys, " " + token));
        EXPECT_FALSE(takes(*keys, replace_all(token, ".", ".=")));
    }
}

TEST_F(SigningKeysTest, TimesThatAreNoNumbersAndTokensWithoutAnEndAreRefused) {
    const auto keys = open(hs256_);
    for (const auto* claims :
         {R"({"sub":"u"})", R"({"exp":"99999999999"})", R"({"exp":null})", R"({"exp":true})", R"({"exp":0})",
          R"({"exp":-1})", R"({"exp":99999999999,"nbf":"0"})", R"({"exp":99999999999,"iat":99999999999})"})
        EXPECT_FALSE(takes(*keys, by_hmac(R"({"alg":"HS256"})", claims))) << claims;
}

TEST_F(SigningKeysTest, WhatIsConfiguredIsSaidAndAskedFor) {
    for (auto options : {hs256_, eddsa_}) {
        const auto plain = open(options);
        options.issuer = "unamentis";
        options.audience = "unamentis-api";
        options.type = "access";
        const auto keys = open(options);
        const auto claims = must(run_to_end(keys->verify(sign(*keys))));
        EXPECT_EQ(text_or(claims, "iss"), "unamentis");
        EXPECT_EQ(text_or(claims, "aud"), "unamentis-api");
        EXPECT_EQ(text_or(claims, "type"), "access");
        EXPECT_FALSE(takes(*keys, sign(*plain)));
        const auto with = [&](json::object more) { return takes(*keys, sign(*plain, std::move(more))); };
        EXPECT_TRUE(with({{"iss", "unamentis"}, {"aud", json::array{"x", "unamentis-api"}}, {"type", "access"}}));
        EXPECT_FALSE(with({{"iss", "other"}, {"aud", "unamentis-api"}, {"type", "access"}}));
        EXPECT_FALSE(with({{"iss", "unamentis"}, {"aud", "other"}, {"type", "access"}}));
        EXPECT_FALSE(with({{"iss", "unamentis"}, {"aud", json::array{}}, {"type", "access"}}));
        EXPECT_FALSE(with({{"iss", "unamentis"}, {"aud", "unamentis-api"}, {"type", "refresh"}}));
    }
}

TEST_F(SigningKeysTest, ANewSecretSignsNobodyOutWhileTheOldOneIsNamed) {
    const auto token = sign(*open(hs256_));
    const auto from_before_ids = by_hmac(R"({"alg":"HS256","typ":"JWT"})");
    hs256_.previous_secrets = {kSecret};
    hs256_.secret = std::string(32, 'n');
    const auto rotated = open(hs256_);
    EXPECT_TRUE(takes(*rotated, token));
    EXPECT_TRUE(takes(*rotated, from_before_ids));
    EXPECT_TRUE(takes(*rotated, sign(*rotated)));
    EXPECT_NE(key_id(sign(*rotated)), key_id(token));
    EXPECT_FALSE(run_to_end(rotated->rotate()));
    hs256_.previous_secrets.clear();
    const auto ended = open(hs256_);
    EXPECT_FALSE(takes(*ended, token));
    EXPECT_FALSE(takes(*ended, from_before_ids));
}

TEST_F(SigningKeysTest, KeysAreSharedSealedAndSurviveANewSecret) {
    const auto token = sign(*open(eddsa_));
    EXPECT_TRUE(takes(*open(eddsa_), token)) << "another start";
    const auto rows = must(run_to_end(database_->read(store::Scope::system(), "select sealed_key from signing_keys")));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_TRUE(open_sealed(derive_key(kSecret, "signing keys"), rows.front().text("sealed_key")));
    EXPECT_FALSE(open_sealed(derive_key("another", "signing keys"), rows.front().text("sealed_key")));

    eddsa_.secret = std::string(32, 'n');
    SigningKeys stranger(*database_, audit_, eddsa_);
    const auto refused = run_to_end(stranger.prepare());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    eddsa_.previous_secrets = {kSecret};
    EXPECT_TRUE(takes(*open(eddsa_), token));
}

TEST_F(SigningKeysTest, RotationSignsNobodyOutAndAnotherReplicaFollows) {
    const auto here = open(eddsa_), there = open(eddsa_);
    const auto before = sign(*here);
    const auto made = must(run_to_end(here->rotate()));
    const auto after = sign(*here);
    EXPECT_EQ(key_id(after), made.id);
    EXPECT_NE(key_id(before), made.id);
    EXPECT_TRUE(takes(*here, before));
    EXPECT_TRUE(takes(*here, after));
    EXPECT_TRUE(run_to_end(there->verify(after))) << "a key that it did not know";
    EXPECT_TRUE(takes(*there, before));
    EXPECT_TRUE(takes(*here, sign(*there)));
    EXPECT_EQ(here->key_set().at("keys").as_array().size(), 2U);
    const auto listed = here->list();
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_TRUE(listed[0].signs);
    EXPECT_EQ(listed[0].id, made.id);
    EXPECT_TRUE(listed[1].retired_at);

    eddsa_.longest_token = eddsa_.reload_after = seconds(0);
    const auto later = open(eddsa_);
    EXPECT_FALSE(takes(*later, before)) << "its last token has ended";
    EXPECT_EQ(later->key_set().at("keys").as_array().size(), 1U);
}

TEST_F(SigningKeysTest, ARetiredKeyVerifiesNothingAndTheLastOneIsReplaced) {
    const auto keys = open(eddsa_);
    const auto token = sign(*keys);
    must(run_to_end(keys->retire(key_id(token))));
    EXPECT_FALSE(takes(*keys, token));
    EXPECT_TRUE(takes(*keys, sign(*keys)));
    const auto missing = run_to_end(keys->retire("nobody"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    std::map<std::string, int> told;
    for (const auto& event : must(run_to_end(audit_.list({})))) ++told[event.event.event];
    EXPECT_EQ(told, (std::map<std::string, int>{{"signing_key_made", 2}, {"signing_key_retired", 1}}));
}

TEST_F(SigningKeysTest, TheKeySetHoldsNoSecret) {
    const auto keys = open(eddsa_);
    const auto set = keys->key_set();
    ASSERT_EQ(set.at("keys").as_array().size(), 1U);
    for (const auto& value : set.at("keys").as_array()) {
        const auto& key = value.as_object();
        EXPECT_EQ(text_or(key, "kty"), "OKP");
        EXPECT_EQ(text_or(key, "crv"), "Ed25519");
        EXPECT_EQ(text_or(key, "alg"), "EdDSA");
        EXPECT_FALSE(key.contains("d"));
    }
    EXPECT_TRUE(open(hs256_)->key_set().at("keys").as_array().empty());
}

TEST(TokenClaims, AreThoseOfTheManifestWithTheirTypes) {
    User user;
    user.id = "u1";
    user.number = 7;
    user.email = "ada@example.org";
    user.role = Role::admin;
    const ClaimTemplates further{{"email", "{email}"}, {"role", "{role}"},      {"device_id", "{device_id}"},
                                 {"n", "{number}"},    {"admin", "{is_admin}"}, {"line", "{role} of {workspace}!"},
                                 {"plain", "text"},    {"open", "a { b"},       {"session_id", "{session_id}"}};
    const auto claims = claims_of(further, {user, "main", "s1", ""});
    EXPECT_EQ(write_json(claims),
              R"({"sub":"u1","sid":"s1","ws":"main","user_id":7,"username":"","is_admin":true,)"
              R"("email":"ada@example.org","role":"admin","n":7,"admin":true,"line":"admin of main!",)"
              R"("plain":"text","open":"a { b","session_id":"s1"})");
    const ClaimTemplates once{{"jti", "{jti}"}};
    EXPECT_NE(claims_of(once, {user, "", "", ""}).at("jti"), claims_of(once, {user, "", "", ""}).at("jti"));
}

TEST(TokenClaims, OfSlipwayItselfAndUnknownPlaceholdersAreRefused) {
    EXPECT_TRUE(check_claim("email", "{email} {role}"));
    for (const auto* name : {"sub", "exp", "iss", "ws", "is_admin"}) EXPECT_FALSE(check_claim(name, "x")) << name;
    const auto unknown = check_claim("mine", "{password}");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message.find("{password}"), std::string::npos) << unknown.error().message;
}

}  // namespace
}  // namespace slipway::account
