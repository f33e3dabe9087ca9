// Keys and tokens on each database: whom they stand for, how much less than their owner they may, and when they stop.
#include "account/authentication.h"
#include "account/opened_accounts.h"
#include "base/crypto.h"
#include "base/json.h"

namespace slipway::account {
namespace {

class AccessKeysTest : public test::OpenedAccounts {
 protected:
    void SetUp() override {
        OpenedAccounts::SetUp();
        factors_ = std::make_unique<Factors>(*database_, *cache_, *audit_, FactorOptions{});
        keys_ = std::make_unique<AccessKeys>(*database_, *cache_, *audit_,
                                             KeyOptions{.prefix = "qx_", .beta_pattern = "uma_beta_{year}_{suffix}"});
        const std::vector<ConfiguredToken> tokens{
            {"", "a-tester-of-the-list", Proof::beta_token, Role::viewer, 3},
            {"letta", "the password of the server", Proof::service_token, Role::owner, {}},
            {"unset", "", Proof::service_token, Role::owner, {}}};
        authentication_ = std::make_unique<Authentication>(
            *accounts_, *keys_, *factors_, ConfiguredTokens("key of the ids", accounts_->workspace(), tokens),
            AuthenticationOptions{.service_header = "X-BARE-PASSWORD"});
    }

    AccessKey wanted(std::string name) {
        AccessKey key;
        key.workspace = accounts_->workspace().value;
        key.name = std::move(name);
        key.role = "member";
        return key;
    }
    AccessKey wanted_for(const Principal& principal) {
        auto key = wanted("of " + principal.user.username);
        key.user_id = principal.user.id;
        return key;
    }
    Result<IssuedKey> create(AccessKey key, const Principal* by = nullptr) {
        return run_to_end(keys_->create(std::move(key), by, {}));
    }
    Result<Principal> come(std::string bearer) {
        return run_to_end(authentication_->principal({.bearer = std::move(bearer)}));
    }
    Result<void> revoke(const AccessKey& key) {
        return run_to_end(keys_->revoke({key.workspace}, key.id, nullptr, {}));
    }
    std::unique_ptr<Factors> factors_;
    std::unique_ptr<AccessKeys> keys_;
    std::unique_ptr<Authentication> authentication_;
};

TEST_F(AccessKeysTest, AKeyIsToldOnceAndKeptAsItsHash) {
    const auto ada = member("ada");
    const auto issued = create(wanted_for(ada), &ada);
    ASSERT_TRUE(issued) << issued.error().message;
    EXPECT_TRUE(issued->secret.starts_with("qx_"));
    EXPECT_GE(issued->secret.size(), 3 + 43U) << "256 random bits";
    EXPECT_EQ(issued->key.prefix, issued->secret.substr(0, 8));
    const auto rows = run_to_end(database_->read(store::Scope::system(), "select * from access_keys"));
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ(rows->front().text("key_hash"), sha256_hex(issued->secret));
    for (const auto& cell : rows->cells())
        if (const auto* text = std::get_if<std::string>(&cell.variant()))
            EXPECT_EQ(text->find(issued->secret), std::string::npos);
    EXPECT_EQ(events("access_key_created"), 1U);
}

TEST_F(AccessKeysTest, AKeyActsForItsUserWithWhatThatMayNow) {
    const auto ada = member("ada");
    const auto issued = create(wanted_for(ada), &ada);
    ASSERT_TRUE(issued);
    auto principal = come(issued->secret);
    ASSERT_TRUE(principal) << principal.error().message;
    EXPECT_EQ(principal->user.id, ada.user.id);
    EXPECT_EQ(principal->proof, Proof::api_key);
    EXPECT_EQ(principal->user.role, Role::member);
    EXPECT_EQ(principal->authenticated_at, Instant{}) << "nobody was asked for a password";
    ASSERT_TRUE(run_to_end(accounts_->set_role("ada", Role::viewer)));
    EXPECT_EQ(come(issued->secret)->user.role, Role::viewer);
    ASSERT_TRUE(run_to_end(accounts_->set_active("ada", false)));
    ASSERT_FALSE(come(issued->secret));
    EXPECT_EQ(come(issued->secret).error().code, ErrorCode::unauthorized);
}

TEST_F(AccessKeysTest, ARevokedOrEndedKeyStopsAtOnceAlsoForWhatGoesOn) {
    const auto issued = create(wanted("robot"));
    ASSERT_TRUE(issued);
    const auto principal = come(issued->secret);
    ASSERT_TRUE(principal);
    EXPECT_EQ(principal->user.id, "key:" + issued->key.id);
    EXPECT_TRUE(run_to_end(authentication_->renew(*principal)));
    EXPECT_TRUE(run_to_end(authentication_->member(principal->workspace, principal->user.id)));
    ASSERT_TRUE(revoke(issued->key));
    EXPECT_FALSE(come(issued->secret));
    EXPECT_FALSE(run_to_end(authentication_->renew(*principal)));
    EXPECT_EQ(run_to_end(authentication_->member(principal->workspace, principal->user.id)).error().code,
              ErrorCode::forbidden);
    EXPECT_EQ(revoke(issued->key).error().code, ErrorCode::not_found);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(come(issued->secret));
    EXPECT_EQ(events("access_key_refused"), 1U) << "an old key cannot fill the record";

    auto ending = wanted("ending");
    ending.expires_at = now() + std::chrono::hours(1);
    const auto ended = create(ending);
    ASSERT_TRUE(ended);
    ASSERT_TRUE(come(ended->secret));
    store::Parameters past{ended->key.id, now() - Milliseconds(1)};
    ASSERT_TRUE(run_to_end(database_->write(store::Scope::system(),
                                            "update access_keys set expires_at = $2 where id = $1", std::move(past))));
    EXPECT_FALSE(come(ended->secret));
}

TEST_F(AccessKeysTest, NobodyMakesAKeyThatMayMoreThanThey) {
    const auto ada = member("ada"), eve = member("eve", Role::viewer);
    auto owner = wanted("too much");
    owner.role = "owner";
    EXPECT_EQ(create(owner, &ada).error().code, ErrorCode::forbidden);
    EXPECT_EQ(create(wanted_for(ada), &eve).error().code, ErrorCode::forbidden) << "for another";
    EXPECT_TRUE(create(wanted("as I"), &ada));
    auto limited = ada;
    limited.proof = Proof::api_key;
    limited.scopes = std::make_shared<const Scopes>(Scopes{"content:read", "keys:manage"});
    auto more = wanted_for(ada);
    more.scopes = {"content:write"};
    EXPECT_EQ(create(more, &limited).error().code, ErrorCode::forbidden);
    const auto same = create(wanted_for(ada), &limited);
    ASSERT_TRUE(same);
    ASSERT_TRUE(come(same->secret)->scopes);
    EXPECT_EQ(*come(same->secret)->scopes, (Scopes{"content:read", "keys:manage"}));
    const WorkspaceId workspace{same->key.workspace};
    ASSERT_TRUE(run_to_end(keys_->change(workspace, same->key.id, {.scopes = Scopes{}}, &limited, {})));
    EXPECT_EQ(*come(same->secret)->scopes, (Scopes{"content:read", "keys:manage"})) << "nor by changing it";
    for (auto wrong : {wanted(" "), wanted(std::string(201, 'x'))})
        EXPECT_EQ(create(wrong).error().code, ErrorCode::invalid);
    auto rate = wanted("rate");
    rate.rate_per_minute = 0;
    EXPECT_EQ(create(rate).error().code, ErrorCode::invalid);
}

TEST_F(AccessKeysTest, RatesAreThoseOfTheKey) {
    auto slow = wanted("slow");
    slow.rate_per_minute = 2;
    const auto issued = create(slow), other = create(wanted("other"));
    ASSERT_TRUE(issued);
    EXPECT_TRUE(come(issued->secret));
    EXPECT_TRUE(come(issued->secret));
    const auto refused = come(issued->secret);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_GE(integer_or(refused.error().details, "retry_after_seconds", 0), 1);
    EXPECT_TRUE(come(other->secret)) << "another's rate is another's";

    auto few = wanted("few");
    few.rate_per_day = 1;
    const auto daily = create(few);
    ASSERT_TRUE(daily);
    EXPECT_TRUE(come(daily->secret));
    EXPECT_EQ(come(daily->secret).error().code, ErrorCode::rate_limited);
}

TEST_F(AccessKeysTest, TheTimeOfTheLastUseIsKnownAndWrittenRarely) {
    const auto issued = create(wanted("robot"));
    ASSERT_TRUE(issued);
    const auto used = [&] { return run_to_end(keys_->find({issued->key.workspace}, issued->key.id))->last_used_at; };
    EXPECT_FALSE(used());
    ASSERT_TRUE(come(issued->secret));
    const auto first = used();
    ASSERT_TRUE(first);
    ASSERT_TRUE(come(issued->secret));
    EXPECT_EQ(used(), first);
}

TEST_F(AccessKeysTest, WhatIsListedChangedAndFoundIsOfTheWorkspace) {
    const auto ada = member("ada");
    const auto mine = create(wanted_for(ada), &ada), robot = create(wanted("robot"));
    ASSERT_TRUE(mine && robot);
    const auto all = run_to_end(keys_->list(accounts_->workspace(), std::nullopt, ""));
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size(), 2U);
    EXPECT_EQ(run_to_end(keys_->list(accounts_->workspace(), KeyKind::api, ada.user.id))->size(), 1U);
    EXPECT_EQ(run_to_end(keys_->list(accounts_->workspace(), KeyKind::beta, ""))->size(), 0U);
    const auto changed = run_to_end(keys_->change(accounts_->workspace(), robot->key.id,
                                                  {.name = "android", .scopes = Scopes{"b", "a"}}, nullptr, {}));
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ(changed->name, "android");
    EXPECT_EQ(*come(robot->secret)->scopes, (Scopes{"a", "b"}));
    const WorkspaceId other{"another"};
    EXPECT_EQ(run_to_end(keys_->find(other, robot->key.id)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(keys_->revoke(other, robot->key.id, nullptr, {})).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(keys_->change(other, robot->key.id, {}, nullptr, {})).error().code, ErrorCode::not_found);
    EXPECT_TRUE(run_to_end(keys_->list(other, std::nullopt, ""))->empty());
}

TEST_F(AccessKeysTest, TestersComeWithTokensOfTheTableOrOfTheListEachWithARateOfItsOwn) {
    auto tester = wanted("tester 1");
    tester.kind = KeyKind::beta;
    tester.role = "viewer";
    const auto issued = create(tester);
    ASSERT_TRUE(issued);
    EXPECT_TRUE(issued->secret.starts_with("uma_beta_20")) << issued->secret;
    EXPECT_GE(issued->secret.size(), std::string("uma_beta_2026_").size() + 22) << "128 random bits";
    const auto of_table = come(issued->secret);
    ASSERT_TRUE(of_table);
    EXPECT_EQ(of_table->proof, Proof::beta_token);
    for (int i = 0; i < 3; ++i) {
        const auto of_list = come("a-tester-of-the-list");
        ASSERT_TRUE(of_list);
        EXPECT_EQ(of_list->user.role, Role::viewer);
        EXPECT_EQ(of_list->user.id.find("tester"), std::string::npos) << "an id tells nothing of the token";
    }
    EXPECT_EQ(come("a-tester-of-the-list").error().code, ErrorCode::rate_limited);
    EXPECT_TRUE(come(issued->secret));
    const auto of_list = run_to_end(authentication_->principal({.bearer = "the password of the server"}));
    ASSERT_TRUE(of_list);
    EXPECT_TRUE(run_to_end(authentication_->renew(*of_list)));
    EXPECT_TRUE(run_to_end(authentication_->member(of_list->workspace, of_list->user.id)));
}

TEST_F(AccessKeysTest, AServiceShowsItsPasswordInEitherHeader) {
    for (const auto* shown : {"the password of the server", "password the password of the server"}) {
        const auto principal = run_to_end(authentication_->principal({.service = shown}));
        ASSERT_TRUE(principal) << shown;
        EXPECT_EQ(principal->proof, Proof::service_token);
        EXPECT_EQ(principal->user.role, Role::owner);
    }
    EXPECT_FALSE(run_to_end(authentication_->principal({.service = "a-tester-of-the-list"}))) << "not a service's";
    EXPECT_FALSE(run_to_end(authentication_->principal({.service = "password "})));
}

TEST_F(AccessKeysTest, WhatIsNoKeyAdmitsNobody) {
    for (const auto* shown : {"", " ", "qx_", "x", "eyJhbGciOiJub25lIn0.e30.", "password "}) {
        const auto refused = come(shown);
        ASSERT_FALSE(refused) << shown;
        EXPECT_EQ(refused.error().code, ErrorCode::unauthorized);
    }
    EXPECT_FALSE(come(std::string(100'000, 'x')));
}

}  // namespace
}  // namespace slipway::account
