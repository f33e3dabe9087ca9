// Accounts on a real SQLite database: who may come in, and who not.
#include <gtest/gtest.h>

#include "account/service.h"
#include "account/tables.h"
#include "base/text.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

const Visit kHere{"127.0.0.1", "test", "request"};

class AccountsTest : public ::testing::Test {
 protected:
    void SetUp() override {
        auto opened = test::open_any_database(folder_.path() / "accounts.sqlite");
        ASSERT_TRUE(opened) << opened.error().message;
        database_ = *std::move(opened);
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        const auto migrated = run_to_end(database_->migrate(all));
        ASSERT_TRUE(migrated) << migrated.error().message;
        options_.sessions.secret = std::string(32, 's');
        options_.attempts_max = 3;
        reopen();
    }

    void reopen() {
        audit_ = std::make_unique<Audit>(*database_, AuditOptions{.key = "seals"});
        keys_ = std::make_unique<SigningKeys>(*database_, *audit_, SigningOptions{.secret = std::string(32, 's')});
        ASSERT_TRUE(run_to_end(keys_->prepare()));
        accounts_ = std::make_unique<Accounts>(*database_, passwords_, *audit_, *keys_, options_);
        ASSERT_TRUE(run_to_end(accounts_->prepare()));
    }

    Result<User> enroll(std::string name, Role role = Role::member) {
        return run_to_end(accounts_->enroll({name + "@example.org", name, "correct horse"}, role));
    }
    Result<Tokens> sign_in(std::string name, std::string password = "correct horse",
                           std::string address = "127.0.0.1") {
        return run_to_end(accounts_->sign_in(std::move(name), std::move(password), Visit{std::move(address), {}, {}}));
    }

    // One sign-in per name, all under way before any has ended.
    std::vector<Result<Tokens>> sign_in_at_once(const std::vector<std::string>& names, const std::string& password) {
        asio::io_context loop;
        std::vector<Result<Tokens>> results;
        for (const auto& name : names) {
            const auto ended = [&](std::exception_ptr, Result<Tokens> result) { results.push_back(std::move(result)); };
            asio::co_spawn(loop, accounts_->sign_in(name, password, kHere), ended);
        }
        loop.run();
        return results;
    }
    static std::ptrdiff_t count_of(const std::vector<Result<Tokens>>& results, ErrorCode code) {
        return std::ranges::count_if(results,
                                     [&](const auto& result) { return !result && result.error().code == code; });
    }

    test::TemporaryFolder folder_;
    Passwords passwords_{{.cost = {.operations = 1, .memory_bytes = 8 << 10}}};
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<Audit> audit_;
    std::unique_ptr<SigningKeys> keys_;
    AccountOptions options_;
    std::unique_ptr<Accounts> accounts_;
};

TEST_F(AccountsTest, RegisteredUserSignsInByNameOrEmailInAnyCase) {
    const auto user = enroll("Ada");
    ASSERT_TRUE(user) << user.error().message;
    EXPECT_EQ(user->number, 1);
    for (const auto* name : {"Ada", "ada", "ADA@example.org"}) {
        const auto tokens = sign_in(name);
        ASSERT_TRUE(tokens) << name << ": " << tokens.error().message;
        const auto principal = run_to_end(accounts_->authenticate(tokens->access_token));
        ASSERT_TRUE(principal) << principal.error().message;
        EXPECT_EQ(principal->user.id, user->id);
        EXPECT_EQ(principal->workspace, accounts_->workspace());
    }
}

TEST_F(AccountsTest, TakenNamesAreAConflictThatNamesTheField) {
    ASSERT_TRUE(enroll("ada"));
    const auto same_email = run_to_end(accounts_->enroll({"ADA@example.org", "other", "correct horse"}));
    ASSERT_FALSE(same_email);
    EXPECT_EQ(same_email.error().code, ErrorCode::conflict);
    EXPECT_EQ(text_or(same_email.error().details, "field"), "email");
    const auto same_name = run_to_end(accounts_->enroll({"new@example.org", "ADA", "correct horse"}));
    ASSERT_FALSE(same_name);
    EXPECT_EQ(text_or(same_name.error().details, "field"), "username");
}

TEST_F(AccountsTest, EveryFaultOfARegistrationIsTold) {
    const auto refused = run_to_end(accounts_->enroll({"nobody", "x", "short"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    ASSERT_NE(array_in(refused.error().details, "errors"), nullptr);
    EXPECT_EQ(array_in(refused.error().details, "errors")->size(), 3U);
}

TEST_F(AccountsTest, UnknownUserAndWrongPasswordGetTheSameAnswer) {
    ASSERT_TRUE(enroll("ada"));
    const auto wrong = sign_in("ada", "wrong password");
    const auto unknown = sign_in("nobody", "wrong password");
    ASSERT_FALSE(wrong);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(wrong.error().code, ErrorCode::unauthorized);
    EXPECT_EQ(wrong.error().code, unknown.error().code);
    EXPECT_EQ(wrong.error().message, unknown.error().message);
}

TEST_F(AccountsTest, FailedAttemptsAreLimitedAlsoAfterARestartAndTheRightPasswordDoesNotHelp) {
    ASSERT_TRUE(enroll("ada"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(sign_in("ada", "wrong").error().code, ErrorCode::unauthorized);
    reopen();
    const auto limited = sign_in("ada");
    ASSERT_FALSE(limited);
    EXPECT_EQ(limited.error().code, ErrorCode::rate_limited);
    EXPECT_GT(integer_or(limited.error().details, "retry_after_seconds", 0), 0);
    ASSERT_TRUE(enroll("bob"));
    EXPECT_TRUE(sign_in("bob")) << "another user is not limited";
}

// `unauthorized` is the answer of the password check, `rate_limited` of those that do not reach it.
TEST_F(AccountsTest, ManyWrongAttemptsAtOnceDoNotPassTheLimitTogether) {
    ASSERT_TRUE(enroll("ada"));
    for (const auto* name : {"ada", "nobody"}) {
        const auto results = sign_in_at_once(std::vector<std::string>(40, name), "wrong password");
        EXPECT_EQ(count_of(results, ErrorCode::unauthorized), 3) << name;
        EXPECT_EQ(count_of(results, ErrorCode::rate_limited), 37) << name;
    }
}

TEST_F(AccountsTest, ManyNamesAtOnceDoNotPassTheLimitOfAnAddress) {
    std::vector<std::string> names;
    for (int i = 0; i < 80; ++i) names.push_back(fmt::format("name{}", i));
    const auto results = sign_in_at_once(names, "wrong password");
    EXPECT_EQ(count_of(results, ErrorCode::unauthorized), 30);
    EXPECT_EQ(count_of(results, ErrorCode::rate_limited), 50);
    ASSERT_TRUE(enroll("ada"));
    EXPECT_TRUE(sign_in("ada", "correct horse", "127.0.0.2")) << "another address is not limited";
}

TEST_F(AccountsTest, SuccessfulSignInsUseUpNothing) {
    ASSERT_TRUE(enroll("ada"));
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(sign_in("nobody", "wrong"));
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(sign_in("ada")) << i;
    const auto rows = run_to_end(database_->read(
        store::Scope::system(), "select failures from sign_in_attempts where subject = 'address:127.0.0.1'"));
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ(rows->front().integer("failures"), 3) << "the failures of others stay";
}

TEST_F(AccountsTest, AnAttemptThatCouldNotBeJudgedDoesNotCount) {
    ASSERT_TRUE(enroll("ada"));
    Passwords full({.waiting_max = 0});
    Accounts accounts(*database_, full, *audit_, *keys_, options_);
    ASSERT_TRUE(run_to_end(accounts.prepare()));
    for (int i = 0; i < 4; ++i) {
        const auto refused = run_to_end(accounts.sign_in("ada", "wrong", kHere));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    }
    const auto rows = run_to_end(database_->read(store::Scope::system(), "select subject from sign_in_attempts"));
    EXPECT_TRUE(rows->empty());
}

TEST_F(AccountsTest, SuccessForgetsEarlierFailures) {
    ASSERT_TRUE(enroll("ada"));
    for (int round = 0; round < 3; ++round) {
        EXPECT_FALSE(sign_in("ada", "wrong"));
        EXPECT_FALSE(sign_in("ada", "wrong"));
        EXPECT_TRUE(sign_in("ada"));
    }
}

TEST_F(AccountsTest, SigningOutEndsTheAccessTokenToo) {
    ASSERT_TRUE(enroll("ada"));
    const auto tokens = sign_in("ada");
    ASSERT_TRUE(run_to_end(accounts_->authenticate(tokens->access_token)));
    ASSERT_TRUE(run_to_end(accounts_->sign_out(tokens->refresh_token, kHere)));
    EXPECT_FALSE(run_to_end(accounts_->authenticate(tokens->access_token)));
    EXPECT_FALSE(run_to_end(accounts_->refresh(tokens->refresh_token, kHere)));
}

TEST_F(AccountsTest, BlockedUserIsOutAtOnceAndANewPasswordEndsSessions) {
    ASSERT_TRUE(enroll("ada"));
    auto tokens = sign_in("ada");
    ASSERT_TRUE(run_to_end(accounts_->set_active("ada", false)));
    EXPECT_FALSE(run_to_end(accounts_->authenticate(tokens->access_token)));
    EXPECT_FALSE(sign_in("ada"));
    ASSERT_TRUE(run_to_end(accounts_->set_active("ada", true)));
    tokens = sign_in("ada");
    ASSERT_TRUE(tokens);
    ASSERT_TRUE(run_to_end(accounts_->set_password("ada", "another horse")));
    EXPECT_FALSE(run_to_end(accounts_->authenticate(tokens->access_token)));
    EXPECT_TRUE(sign_in("ada", "another horse"));
}

TEST_F(AccountsTest, RolesAreReadAtEachRequest) {
    ASSERT_TRUE(enroll("ada", Role::viewer));
    const auto tokens = sign_in("ada");
    const auto before = run_to_end(accounts_->authenticate(tokens->access_token));
    EXPECT_EQ(before->require(Role::member).error().code, ErrorCode::forbidden);
    ASSERT_TRUE(run_to_end(accounts_->set_role("ada", Role::admin)));
    EXPECT_TRUE(run_to_end(accounts_->authenticate(tokens->access_token))->require(Role::admin));
    EXPECT_TRUE(run_to_end(accounts_->renew(*before))->require(Role::admin));
}

TEST_F(AccountsTest, WhatWasProvenDoesNotOutliveItsReason) {
    ASSERT_TRUE(enroll("ada"));
    const auto tokens = sign_in("ada");
    const auto principal = run_to_end(accounts_->authenticate(tokens->access_token));
    ASSERT_TRUE(run_to_end(accounts_->renew(*principal)));
    auto ended = *principal;
    ended.proven_until = now() - Milliseconds(1);
    EXPECT_EQ(run_to_end(accounts_->renew(ended)).error().code, ErrorCode::unauthorized);
    auto elsewhere = *principal;
    elsewhere.workspace.value = "another";
    EXPECT_FALSE(run_to_end(accounts_->renew(elsewhere)));
    ASSERT_TRUE(run_to_end(accounts_->set_active("ada", false)));
    EXPECT_FALSE(run_to_end(accounts_->renew(*principal)));
    ASSERT_TRUE(run_to_end(accounts_->set_active("ada", true)));
    ASSERT_TRUE(run_to_end(accounts_->sign_out(tokens->refresh_token, kHere)));
    EXPECT_FALSE(run_to_end(accounts_->renew(*principal)));
}

TEST_F(AccountsTest, TokensAndPasswordsAreNotStoredInTheClear) {
    ASSERT_TRUE(enroll("ada"));
    const auto tokens = sign_in("ada");
    const auto users = run_to_end(database_->read(store::Scope::system(), "select password_hash from users"));
    EXPECT_TRUE(users->front().text("password_hash").starts_with("$argon2id$"));
    const auto sessions =
        run_to_end(database_->read(store::Scope::system(), "select refresh_hash, refresh_key from sessions"));
    for (const auto* column : {"refresh_hash", "refresh_key"})
        EXPECT_EQ(tokens->refresh_token.find(sessions->front().text(column)), std::string::npos);
}

TEST_F(AccountsTest, ClosedRegistrationIsForbiddenButTheOperatorMayCreateUsers) {
    options_.registration_open = false;
    reopen();
    const auto refused = run_to_end(accounts_->register_user({"ada@example.org", "ada", "correct horse"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::forbidden);
    EXPECT_TRUE(enroll("ada"));
}

}  // namespace
}  // namespace slipway::account
