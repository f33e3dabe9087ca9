// Accounts on an empty database, with cheap hashes: what the tests of keys, factors and imports begin with.
#pragma once

#include <gtest/gtest.h>

#include "account/service.h"
#include "account/tables.h"
#include "store/cache/cache.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::account::test {

class OpenedAccounts : public ::testing::Test {
 protected:
    void SetUp() override {
        auto opened = slipway::test::open_any_database(folder_.path() / "accounts.sqlite");
        ASSERT_TRUE(opened) << opened.error().message;
        database_ = *std::move(opened);
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        const auto migrated = run_to_end(database_->migrate(all));
        ASSERT_TRUE(migrated) << migrated.error().message;
        auto cache = store::open_cache("memory:");
        ASSERT_TRUE(cache);
        cache_ = *std::move(cache);
        audit_ = std::make_unique<Audit>(*database_, AuditOptions{.key = "seals"});
        signing_keys_ =
            std::make_unique<SigningKeys>(*database_, *audit_, SigningOptions{.secret = std::string(32, 's')});
        ASSERT_TRUE(run_to_end(signing_keys_->prepare()));
        open_accounts(nullptr);
    }

    void open_accounts(Factors* factors) {
        AccountOptions options;
        options.sessions.secret = std::string(32, 's');
        options.factors = factors;
        accounts_ = std::make_unique<Accounts>(*database_, passwords_, *audit_, *signing_keys_, options);
        ASSERT_TRUE(run_to_end(accounts_->prepare()));
    }

    Principal member(const std::string& name, Role role = Role::member) {
        const auto user = run_to_end(accounts_->enroll({name + "@example.org", name, "correct horse"}, role));
        EXPECT_TRUE(user) << user.error().message;
        const auto principal = run_to_end(accounts_->member(accounts_->workspace(), user->id));
        EXPECT_TRUE(principal);
        return principal.value_or(Principal{});
    }
    std::size_t events(std::string event) {
        EventFilter filter;
        filter.event = std::move(event);
        const auto listed = run_to_end(audit_->list(filter));
        return listed ? listed->size() : 0;
    }

    slipway::test::TemporaryFolder folder_;
    Passwords passwords_{{.cost = {.operations = 1, .memory_bytes = 8 << 10}}};
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Cache> cache_;
    std::unique_ptr<Audit> audit_;
    std::unique_ptr<SigningKeys> signing_keys_;
    std::unique_ptr<Accounts> accounts_;
};

}  // namespace slipway::account::test
