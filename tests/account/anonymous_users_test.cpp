// People who begin without an account, on each database.
#include "account/anonymous_users.h"

#include "account/opened_accounts.h"
#include "base/json.h"

namespace slipway::account {
namespace {

class AnonymousUsersTest : public test::OpenedAccounts {
 protected:
    void SetUp() override {
        OpenedAccounts::SetUp();
        open({.allowed = true, .per_address = {5, std::chrono::hours(1)}});
    }
    void open(AnonymousOptions options) {
        anonymous_ = std::make_unique<AnonymousUsers>(*database_, *cache_, *audit_, passwords_, *accounts_, options);
    }
    Result<Tokens> begin(std::string address = "127.0.0.1") {
        return run_to_end(anonymous_->sign_in(Visit{.address = std::move(address)}, std::nullopt));
    }
    Principal principal_of(const Tokens& tokens) {
        const auto principal = run_to_end(accounts_->authenticate(tokens.access_token));
        EXPECT_TRUE(principal) << principal.error().message;
        return principal.value_or(Principal{});
    }
    Result<User> upgrade(const Principal& principal, Registration registration) {
        return run_to_end(anonymous_->upgrade(principal, std::move(registration), {}));
    }

    std::unique_ptr<AnonymousUsers> anonymous_;
};

TEST_F(AnonymousUsersTest, SomebodyBeginsWithoutAnAccountAndMakesOneLater) {
    const auto tokens = begin();
    ASSERT_TRUE(tokens) << tokens.error().message;
    const auto before = principal_of(*tokens);
    EXPECT_TRUE(before.user.anonymous);
    EXPECT_EQ(before.user.email, "");
    EXPECT_EQ(before.user.role, Role::viewer);
    const auto user = upgrade(before, {"ada@example.org", "ada", "correct horse"});
    ASSERT_TRUE(user) << user.error().message;
    EXPECT_EQ(user->id, before.user.id) << "what is theirs stays theirs";
    EXPECT_FALSE(user->anonymous);
    EXPECT_EQ(user->role, Role::member);
    EXPECT_EQ(principal_of(*tokens).user.email, "ada@example.org") << "the session goes on";
    EXPECT_TRUE(run_to_end(accounts_->sign_in("ada", "correct horse", {})));
    EXPECT_EQ(events("anonymous_upgraded"), 1U);
    EXPECT_EQ(upgrade(principal_of(*tokens), {"eve@example.org", "eve", "correct horse"}).error().code,
              ErrorCode::conflict);
}

TEST_F(AnonymousUsersTest, NobodySignsInAsThem) {
    const auto tokens = begin();
    ASSERT_TRUE(tokens);
    for (const auto& name : {principal_of(*tokens).user.username, "anonymous:" + tokens->user.id})
        for (const auto* password : {"", "correct horse"})
            EXPECT_FALSE(run_to_end(accounts_->sign_in(name, password, {}))) << name;
}

TEST_F(AnonymousUsersTest, AnAccountThatIsThereIsNotTaken) {
    member("ada");
    const auto tokens = begin();
    ASSERT_TRUE(tokens);
    const auto taken = upgrade(principal_of(*tokens), {"ada@example.org", "other", "correct horse"});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::conflict);
    EXPECT_EQ(text_or(taken.error().details, "field"), "email");
    EXPECT_EQ(upgrade(principal_of(*tokens), {"new@example.org", "new", "password"}).error().code, ErrorCode::invalid);
    EXPECT_TRUE(principal_of(*tokens).user.anonymous);
}

TEST_F(AnonymousUsersTest, TheyComeOnlyWhereTheApplicationWantsThemAndNotTooMany) {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(begin());
    EXPECT_EQ(begin().error().code, ErrorCode::rate_limited);
    EXPECT_TRUE(begin("192.0.2.1"));
    open({.allowed = false});
    EXPECT_EQ(begin().error().code, ErrorCode::forbidden);
}

TEST_F(AnonymousUsersTest, WhoIsNotSeenAnyMoreIsRemoved) {
    Persons persons(*database_, *accounts_, *audit_);
    const auto gone = begin(), there = begin();
    ASSERT_TRUE(gone && there);
    member("ada");
    open({.allowed = true, .kept_for = std::chrono::seconds(-1)});
    EXPECT_EQ(run_to_end(anonymous_->remove_abandoned(persons, 10)), 0U) << "their sessions stand";
    ASSERT_TRUE(run_to_end(accounts_->sign_out(gone->refresh_token, {})));
    open({.allowed = true});
    EXPECT_EQ(run_to_end(anonymous_->remove_abandoned(persons, 10)), 0U) << "they were here just now";
    open({.allowed = true, .kept_for = std::chrono::seconds(-1)});
    EXPECT_EQ(run_to_end(anonymous_->remove_abandoned(persons, 10)), 1U);
    EXPECT_FALSE(run_to_end(accounts_->member(accounts_->workspace(), gone->user.id)));
    EXPECT_TRUE(run_to_end(accounts_->member(accounts_->workspace(), there->user.id)));
    EXPECT_EQ(events("user_deleted"), 1U);
}

}  // namespace
}  // namespace slipway::account
