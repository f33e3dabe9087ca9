// Guessing passwords: it gets slower and slower, and the owner comes in nonetheless.
#include <gtest/gtest.h>

#include "account/service.h"
#include "account/tables.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

constexpr std::string_view kHome = "192.0.2.7";

class AttemptsTest : public ::testing::Test {
 protected:
    void SetUp() override {
        database_ = *test::open_any_database(folder_.path() / "accounts.sqlite");
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        ASSERT_TRUE(run_to_end(database_->migrate(all)));
        AccountOptions options;
        options.sessions.secret = std::string(32, 's');
        options.attempts_max = 3;
        options.attempts_window = std::chrono::minutes(16);
        audit_ = std::make_unique<Audit>(*database_, AuditOptions{.key = "seals"});
        keys_ = std::make_unique<SigningKeys>(*database_, *audit_, SigningOptions{.secret = std::string(32, 's')});
        ASSERT_TRUE(run_to_end(keys_->prepare()));
        accounts_ = std::make_unique<Accounts>(*database_, passwords_, *audit_, *keys_, options);
        ASSERT_TRUE(run_to_end(accounts_->prepare()));
        ASSERT_TRUE(run_to_end(accounts_->enroll({"ada@example.org", "ada", "correct horse"})));
    }

    Result<Tokens> sign_in(std::string name, std::string password, std::string address) {
        return run_to_end(accounts_->sign_in(std::move(name), std::move(password), Visit{std::move(address), {}, {}}));
    }
    // From an address of its own each time.
    ErrorCode guess(const std::string& name) {
        const auto guessed = sign_in(name, "wrong", fmt::format("198.51.100.{}", ++guesses_ % 250));
        return guessed ? ErrorCode::internal : guessed.error().code;
    }
    std::int64_t wait_told(const std::string& name) {
        const auto guessed = sign_in(name, "wrong", "203.0.113.1");
        return guessed ? 0 : integer_or(guessed.error().details, "retry_after_seconds", 0);
    }
    // As if so much time had passed.
    void pass(std::chrono::seconds time) {
        store::Parameters earlier{Milliseconds(time).count()};
        ASSERT_TRUE(run_to_end(database_->write(store::Scope::system(),
                                                "update sign_in_attempts set window_ends_at = window_ends_at - $1",
                                                std::move(earlier))));
    }
    std::int64_t count(std::string sql) {
        return run_to_end(database_->read(store::Scope::system(), std::move(sql)))->front().integer("n");
    }

    test::TemporaryFolder folder_;
    Passwords passwords_{{.cost = {.operations = 1, .memory_bytes = 8 << 10}}};
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<Audit> audit_;
    std::unique_ptr<SigningKeys> keys_;
    std::unique_ptr<Accounts> accounts_;
    int guesses_ = 0;
};

TEST_F(AttemptsTest, EachFurtherFailureMakesTheNextWaitTwiceAsLongUpToTheWindow) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(guess("ada"), ErrorCode::unauthorized);
    for (const std::int64_t delay : {30, 60, 120, 240, 480, 960, 960}) {
        EXPECT_EQ(guess("ada"), ErrorCode::rate_limited) << delay;
        const auto told = wait_told("ada");
        EXPECT_LE(told, delay);
        EXPECT_GT(told, delay / 2);
        pass(std::chrono::seconds(delay));
        EXPECT_EQ(guess("ada"), ErrorCode::unauthorized) << delay;
    }
    pass(std::chrono::hours(24));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(guess("ada"), ErrorCode::unauthorized) << "a day later it is forgotten";
}

// Thousands of addresses share the count of those from where ada never came.
TEST_F(AttemptsTest, DistributedGuessingIsBounded) {
    int judged = 0;
    for (int hour = 0; hour < 24; ++hour) {
        for (int i = 0; i < 6; ++i) judged += guess("ada") == ErrorCode::unauthorized ? 1 : 0;
        pass(std::chrono::minutes(60));
    }
    EXPECT_LE(judged, 3 + 24) << "with one in a delay of 16 minutes at most";
}

TEST_F(AttemptsTest, TheOwnerComesInWhereTheyWereBeforeWhileOthersGuess) {
    ASSERT_TRUE(sign_in("ada", "correct horse", std::string(kHome)));
    for (int i = 0; i < 20; ++i) guess("ada");
    EXPECT_EQ(guess("ada"), ErrorCode::rate_limited);
    EXPECT_EQ(sign_in("ada", "correct horse", "203.0.113.5").error().code, ErrorCode::rate_limited)
        << "nobody can tell the owner at a new place from who guesses";
    EXPECT_TRUE(sign_in("ada", "correct horse", std::string(kHome)));
    EXPECT_TRUE(sign_in("ada@example.org", "correct horse", std::string(kHome))) << "by either name";
    EXPECT_EQ(guess("ada"), ErrorCode::rate_limited) << "and that frees nobody else";
    // A known place is no way to guess without end.
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(sign_in("ada", "wrong", std::string(kHome)).error().code, ErrorCode::unauthorized);
    EXPECT_EQ(sign_in("ada", "wrong", std::string(kHome)).error().code, ErrorCode::rate_limited);
}

TEST_F(AttemptsTest, ANetworkOfIPv6IsOnePlace) {
    ASSERT_TRUE(sign_in("ada", "correct horse", "2001:db8:1:2::1"));
    for (int i = 0; i < 10; ++i) guess("ada");
    EXPECT_TRUE(sign_in("ada", "correct horse", "2001:db8:1:2:ffff::9"));
    EXPECT_FALSE(sign_in("ada", "correct horse", "2001:db8:1:3::1"));
}

TEST_F(AttemptsTest, BothNamesOfAnAccountHaveOneCount) {
    EXPECT_EQ(guess("ada"), ErrorCode::unauthorized);
    EXPECT_EQ(guess("ada@example.org"), ErrorCode::unauthorized);
    EXPECT_EQ(guess("ADA"), ErrorCode::unauthorized);
    EXPECT_EQ(guess("ada@example.org"), ErrorCode::rate_limited);
}

// What is told of a name that nobody has is what is told of one that somebody has.
TEST_F(AttemptsTest, ANameThatNobodyHasIsLimitedAsAnyOther) {
    for (int i = 0; i < 6; ++i) EXPECT_EQ(guess("ada"), guess("nobody")) << i;
    EXPECT_EQ(guess("nobody"), ErrorCode::rate_limited);
}

TEST_F(AttemptsTest, PlacesAreRememberedHashedAndAreBounded) {
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(sign_in("ada", "correct horse", fmt::format("192.0.2.{}", i)));
    EXPECT_EQ(count("select count(*) as n from sign_in_origins"), 20);
    EXPECT_EQ(count("select count(*) as n from sign_in_origins where origin like '%192.0.2.%'"), 0);
}

}  // namespace
}  // namespace slipway::account
