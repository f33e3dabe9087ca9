// Sessions on a real database: what each refresh token is answered with, how long a session lives, and how it ends.
#include "account/sessions.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "account/tables.h"
#include "base/crypto.h"
#include "must.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

using test::must;

const Visit kHere{"192.0.2.1", "a browser", "request-1"};

class SessionsTest : public ::testing::Test {
 protected:
    void SetUp() override {
        open_database();
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        must(run_to_end(database_->migrate(all)));
        for (const std::string id : {"ada", "bob"}) {
            write(
                "insert into users(id, number, email, username, username_folded, password_hash, created_at, "
                "updated_at) values ($1, $2, $1, $1, $1, '', 0, 0)",
                {id, id == "ada" ? 1 : 2});
        }
        options_.secret = std::string(32, 's');
        reopen();
    }
    void open_database() { database_ = must(test::open_any_database(folder_ / "data.db")); }
    void reopen() {
        audit_ = std::make_unique<Audit>(*database_, AuditOptions{.key = "seals"});
        sessions_ = std::make_unique<Sessions>(*database_, *audit_, options_);
    }
    store::Rows write(std::string sql, store::Parameters parameters = {}) {
        return must(run_to_end(database_->write(store::Scope::system(), std::move(sql), std::move(parameters))));
    }
    // As if so much time had passed since the last refresh.
    void pass(std::chrono::seconds time) {
        write("update sessions set rotated_at = rotated_at - $1, expires_at = expires_at - $1, ends_at = ends_at - $1",
              {time.count() * 1000});
    }
    Grant open(std::string user = "ada", std::string fingerprint = "") {
        NewSession session{.user_id = std::move(user), .visit = kHere};
        if (!fingerprint.empty()) session.device = NewDevice{std::move(fingerprint), "a phone", {{"type", "ios"}}};
        return must(run_to_end(sessions_->open(std::move(session))));
    }
    Result<Grant> refresh(std::string token) { return run_to_end(sessions_->refresh(std::move(token), kHere)); }
    std::string reason(std::string token) {
        const auto answer = refresh(std::move(token));
        if (answer) return "granted";
        EXPECT_EQ(answer.error().code, ErrorCode::unauthorized);
        return std::string(text_or(answer.error().details, "reason"));
    }
    bool stands(const Grant& grant, std::int64_t generation = 0) {
        return run_to_end(sessions_->standing(grant.user_id, grant.session_id, generation)).has_value();
    }
    std::size_t events(std::string name) {
        EventFilter filter;
        filter.event = std::move(name);
        return must(run_to_end(audit_->list(filter))).size();
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<Audit> audit_;
    SessionOptions options_;
    std::unique_ptr<Sessions> sessions_;
};

TEST_F(SessionsTest, EachTokenIsReplacedByTheNext) {
    auto grant = open();
    std::set<std::string> seen{grant.refresh_token};
    for (int i = 1; i <= 3; ++i) {
        grant = must(refresh(grant.refresh_token));
        EXPECT_EQ(grant.generation, i);
        EXPECT_TRUE(seen.insert(grant.refresh_token).second);
        EXPECT_TRUE(stands(grant, grant.generation));
    }
    EXPECT_EQ(events("sign_in"), 1U);
}

TEST_F(SessionsTest, TheOneBeforeGivesTheSameAgainWithinTenSeconds) {
    const auto first = open();
    const auto second = must(refresh(first.refresh_token));
    EXPECT_TRUE(stands(second, second.generation)) << "in use";
    EXPECT_EQ(must(refresh(first.refresh_token)).refresh_token, second.refresh_token);
    pass(std::chrono::seconds(11));
    EXPECT_EQ(reason(first.refresh_token), "reused");
    EXPECT_FALSE(stands(second));
    EXPECT_EQ(reason(second.refresh_token), "invalid") << "the thief and the owner are both out";
    EXPECT_EQ(events("token_reused"), 1U);
}

TEST_F(SessionsTest, AnAnswerThatNeverArrivedIsGivenAgainHoweverLate) {
    const auto first = open();
    const auto lost = must(refresh(first.refresh_token));
    pass(std::chrono::hours(24));
    const auto again = must(refresh(first.refresh_token));
    EXPECT_EQ(again.refresh_token, lost.refresh_token);
    EXPECT_TRUE(stands(again, again.generation)) << "and goes on as any";
    EXPECT_EQ(must(refresh(again.refresh_token)).generation, 2);
}

TEST_F(SessionsTest, ATokenTwoBehindEndsTheSession) {
    const auto first = open();
    const auto second = must(refresh(first.refresh_token));
    const auto third = must(refresh(second.refresh_token));
    EXPECT_EQ(reason(first.refresh_token), "reused");
    EXPECT_FALSE(stands(third));
    EXPECT_EQ(events("token_reused"), 1U);
}

TEST_F(SessionsTest, WhatIsNotOursChangesNothing) {
    const auto grant = open();
    const auto key = must(run_to_end(database_->read(store::Scope::system(), "select refresh_key from sessions")))
                         .front()
                         .text("refresh_key");
    for (const auto& token : {make_refresh_token(options_.secret, key, grant.session_id, 1),  // never given out
                              make_refresh_token("another secret", key, grant.session_id, 0),
                              make_refresh_token(options_.secret, "another key", grant.session_id, 0),
                              make_refresh_token(options_.secret, key, new_id(), 0), std::string("junk"),
                              std::string(5000, 'a'), grant.session_id, sha256_hex(grant.session_id), std::string()})
        EXPECT_EQ(reason(token), "invalid") << token;
    EXPECT_TRUE(stands(grant));
    EXPECT_EQ(events("token_reused"), 0U);
    EXPECT_TRUE(refresh(grant.refresh_token));
}

TEST_F(SessionsTest, TheDatabaseAloneDoesNotSufficeAndANewSecretSignsNobodyOut) {
    const auto grant = open();
    options_.former_secrets = {options_.secret};
    options_.secret = std::string(32, 't');
    reopen();
    const auto next = must(refresh(grant.refresh_token));
    options_.former_secrets.clear();
    reopen();
    EXPECT_EQ(reason(grant.refresh_token), "invalid");
    EXPECT_TRUE(refresh(next.refresh_token));
}

TEST_F(SessionsTest, TokensOfTheOldKindGoOnAndAreReplaced) {
    const std::string old = random_token(), before = random_token();
    write(
        "insert into sessions(id, user_id, refresh_hash, previous_hash, created_at, expires_at) values ($1, 'ada', "
        "$2, $3, $4, $5)",
        {new_id(), sha256_hex(old), sha256_hex(before), now(), now() + std::chrono::hours(1)});
    const auto grant = must(refresh(old));
    EXPECT_EQ(grant.generation, 1);
    EXPECT_TRUE(stands(grant, grant.generation));
    EXPECT_EQ(must(refresh(old)).refresh_token, grant.refresh_token) << "two tabs at once";
    EXPECT_EQ(reason(before), "reused");
    EXPECT_FALSE(stands(grant));
}

TEST_F(SessionsTest, ASessionEndsWhenItIsIdleAndWhenItsTimeIsOver) {
    options_.idle = std::chrono::hours(1);
    options_.absolute = std::chrono::hours(3);
    reopen();
    const auto idle = open();
    pass(std::chrono::minutes(61));
    EXPECT_EQ(reason(idle.refresh_token), "expired");
    EXPECT_FALSE(stands(idle));
    auto used = open();
    for (int i = 0; i < 3; ++i) {
        pass(std::chrono::minutes(55));
        used = must(refresh(used.refresh_token));
        EXPECT_TRUE(stands(used));
    }
    EXPECT_LE(used.ends_at, now() + std::chrono::minutes(15)) << "no refresh goes beyond the absolute end";
    pass(std::chrono::minutes(16));
    EXPECT_EQ(reason(used.refresh_token), "expired");
}

TEST_F(SessionsTest, ABlockedUserRefreshesNothing) {
    const auto grant = open();
    write("update users set active = 0 where id = 'ada'");
    EXPECT_EQ(reason(grant.refresh_token), "blocked");
}

TEST_F(SessionsTest, OneTheOthersAndAllEnd) {
    const auto one = open(), two = open(), three = open(), others = open("bob");
    const auto end = [&](Ending ending) { return must(run_to_end(sessions_->end(std::move(ending), kHere))); };
    EXPECT_EQ(must(run_to_end(sessions_->list("ada"))).size(), 3U);
    EXPECT_EQ(end({.user_id = "bob", .session_id = one.session_id, .reason = "ended"}), 0) << "another's";
    EXPECT_TRUE(stands(one));
    EXPECT_EQ(end({.user_id = "ada", .session_id = one.session_id, .reason = "ended"}), 1);
    EXPECT_FALSE(stands(one));
    EXPECT_EQ(end({.user_id = "ada", .but = two.session_id, .reason = "ended"}), 1);
    EXPECT_TRUE(stands(two));
    EXPECT_FALSE(stands(three));
    EXPECT_EQ(end({.user_id = "ada", .reason = "ended"}), 1);
    EXPECT_TRUE(must(run_to_end(sessions_->list("ada"))).empty());
    EXPECT_TRUE(stands(others));
    EXPECT_EQ(reason(two.refresh_token), "invalid");
    EXPECT_EQ(events("session_ended"), 1U);
    EXPECT_EQ(events("sessions_ended"), 2U);
}

TEST_F(SessionsTest, DevicesAreKnownAgainAndTakeTheirSessionsAlong) {
    const auto phone = open("ada", "phone"), again = open("ada", "phone"), laptop = open("ada", "laptop");
    EXPECT_EQ(phone.device_id, again.device_id);
    const auto devices = must(run_to_end(sessions_->devices("ada")));
    ASSERT_EQ(devices.size(), 2U);
    EXPECT_EQ(text_or(devices.front().facts, "type"), "ios");
    const auto listed = must(run_to_end(sessions_->list("ada")));
    ASSERT_EQ(listed.size(), 3U);
    for (const auto& session : listed) {
        EXPECT_EQ(session.address, kHere.address);
        ASSERT_TRUE(session.device);
        EXPECT_EQ(session.device->name, "a phone");
    }
    const auto remove = [&](std::string user, std::string id) {
        return run_to_end(sessions_->remove_device(std::move(user), std::move(id), kHere));
    };
    EXPECT_EQ(remove("bob", phone.device_id).error().code, ErrorCode::not_found);
    ASSERT_TRUE(remove("ada", phone.device_id));
    EXPECT_FALSE(stands(phone));
    EXPECT_FALSE(stands(again));
    EXPECT_TRUE(stands(laptop));
    EXPECT_EQ(must(run_to_end(sessions_->devices("ada"))).size(), 1U);
}

TEST_F(SessionsTest, OneSessionPerDeviceWhereItIsAsked) {
    options_.one_per_device = true;
    reopen();
    const auto first = open("ada", "phone"), other = open("ada", "laptop"), second = open("ada", "phone");
    EXPECT_FALSE(stands(first));
    EXPECT_TRUE(stands(second));
    EXPECT_TRUE(stands(other));
}

TEST_F(SessionsTest, AUserHasAHundredSessionsAtMost) {
    for (std::size_t i = 0; i < kSessionsPerUserMax + 5; ++i) open();
    EXPECT_EQ(must(run_to_end(sessions_->list("ada"))).size(), kSessionsPerUserMax);
}

TEST_F(SessionsTest, DevicesOfTheClientAreChecked) {
    EXPECT_EQ(must(device_from({{"fingerprint", "f"}, {"name", "n"}, {"model", "m"}, {"other", 1}})).facts.size(), 1U);
    for (const auto& given :
         {json::object(), json::object{{"fingerprint", 1}}, json::object{{"fingerprint", std::string(201, 'f')}},
          json::object{{"fingerprint", "f"}, {"type", std::string(101, 't')}}})
        EXPECT_EQ(device_from(given).error().code, ErrorCode::invalid);
}

// The process dies between the commit and the answer: the client has only the token that it sent.
TEST_F(SessionsTest, ADeathBeforeTheAnswerCostsNoSession) {
    const auto grant = open();
    sessions_.reset();
    audit_.reset();
    database_.reset();
    const auto child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        open_database();
        reopen();
        const bool done = refresh(grant.refresh_token).has_value();
        raise(done ? SIGKILL : SIGTERM);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child did not refresh";
    open_database();
    reopen();
    pass(std::chrono::minutes(5));
    const auto again = must(refresh(grant.refresh_token));
    EXPECT_EQ(again.generation, 1);
    EXPECT_TRUE(stands(again, 1));
}

}  // namespace
}  // namespace slipway::account
