// The record of security events: with what it tells or not at all, and who changes a row is found.
#include "account/audit.h"

#include <set>

#include <gtest/gtest.h>

#include "account/tables.h"
#include "must.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

using test::must;

class AuditTest : public ::testing::Test {
 protected:
    AuditTest() {
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        must(run_to_end(database_->migrate(all)));
    }

    void record(std::string event, std::string workspace, std::string user, bool success = true) {
        SecurityEvent told{.event = std::move(event), .success = success, .workspace = std::move(workspace)};
        told.user_id = std::move(user);
        told.visit = {"192.0.2.1", "browser", "request"};
        must(run_to_end(audit_.record(std::move(told))));
    }
    std::vector<RecordedEvent> list(EventFilter filter = {}) {
        return must(run_to_end(audit_.list(std::move(filter))));
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<store::Database> database_ = must(test::open_any_database(folder_.path() / "audit.sqlite"));
    Audit audit_{*database_, {.key = "seals"}};
};

TEST_F(AuditTest, TellsAllPageByPageTheNewestFirst) {
    std::set<std::string> users;
    for (int i = 0; i < 5; ++i) record("sign_in", "a", "user " + std::to_string(i));
    std::string before;
    for (const std::size_t expected : {2U, 2U, 1U}) {
        const auto page = list({.before = before, .limit = 2});
        ASSERT_EQ(page.size(), expected);
        for (const auto& told : page) {
            if (!before.empty()) EXPECT_LT(told.id, before);
            before = told.id;
            users.insert(told.event.user_id);
            EXPECT_EQ(told.event.visit.user_agent, "browser");
            EXPECT_EQ(told.event.actor_id, told.event.user_id) << "who it is about did it, unless somebody is named";
        }
    }
    EXPECT_EQ(users.size(), 5U);
}

TEST_F(AuditTest, FiltersByWorkspaceUserEventAndOutcome) {
    record("sign_in", "a", "ada");
    record("sign_in_failed", "a", "ada", false);
    record("sign_in", "b", "ben");
    EXPECT_EQ(list({.workspace = "a"}).size(), 2U);
    EXPECT_EQ(list({.user_id = "ben"}).size(), 1U);
    EXPECT_EQ(list({.event = "sign_in"}).size(), 2U);
    EXPECT_EQ(list({.outcome = "failure"}).size(), 1U);
    EXPECT_EQ(list({.until = now() - std::chrono::hours(1)}).size(), 0U);
    const auto id = list({.user_id = "ben"}).front().id;
    EXPECT_TRUE(must(run_to_end(audit_.find("b", id))));
    EXPECT_FALSE(must(run_to_end(audit_.find("a", id)))) << "another workspace's";
}

TEST_F(AuditTest, AnEventIsWrittenWithWhatItTellsOrNotAtAll) {
    auto body = [this](store::Transaction& transaction) -> Task<void> {
        SecurityEvent told{.event = "role_changed", .workspace = "a", .user_id = "ada"};
        SLIPWAY_CO_CHECK(co_await audit_.record(transaction, std::move(told)));
        co_return fail(ErrorCode::conflict, "no");
    };
    const store::Database::Body named_body = body;
    EXPECT_FALSE(run_to_end(database_->transact(store::Scope::system(), named_body)));
    EXPECT_TRUE(list().empty());
}

TEST_F(AuditTest, ARowThatSomebodyChangedIsTold) {
    record("sign_in_failed", "a", "ada", false);
    EXPECT_TRUE(list().front().sealed);
    must(run_to_end(database_->write(store::Scope::system(), "update security_events set address = '198.51.100.7'")));
    EXPECT_FALSE(list().front().sealed);
}

TEST_F(AuditTest, SealsOfAFormerKeyStillHold) {
    record("sign_in", "a", "ada");
    Audit renewed(*database_, {.key = "new seals", .former_keys = {"seals"}});
    EXPECT_TRUE(must(run_to_end(renewed.list({}))).front().sealed);
    Audit other(*database_, {.key = "new seals"});
    EXPECT_FALSE(must(run_to_end(other.list({}))).front().sealed);
}

TEST_F(AuditTest, ForgetsWhatHasBeenKeptLongEnough) {
    record("sign_in", "a", "ada");
    Audit brief(*database_, {.key = "seals", .kept_for = std::chrono::seconds(0)});
    must(run_to_end(database_->write(store::Scope::system(), "update security_events set at = at - 10")));
    EXPECT_EQ(must(run_to_end(audit_.forget_old())), 0);
    EXPECT_EQ(must(run_to_end(brief.forget_old())), 1);
    EXPECT_TRUE(list().empty());
}

TEST_F(AuditTest, AnEventThatIsNotListedIsABug) {
    EXPECT_FALSE(run_to_end(audit_.record(SecurityEvent{.event = "whatever"})));
}

}  // namespace
}  // namespace slipway::account
