// Two servers on one database admit together what one would: limits of sign-ins, sessions, names.
#include <set>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "account/service.h"
#include "account/tables.h"
#include "must.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

using test::must;

const Visit kHere{"127.0.0.1", "test", "request"};

// A server: where the database may be shared its own connections, and always its own threads.
struct Server {
    std::unique_ptr<store::Database> own;
    Passwords passwords{{.cost = {.operations = 1, .memory_bytes = 8 << 10}}};
    std::unique_ptr<Audit> audit;
    std::unique_ptr<SigningKeys> keys;
    std::unique_ptr<Accounts> accounts;
};

class TwoServers : public ::testing::Test {
 protected:
    TwoServers() {
        options_.sessions.secret = std::string(32, 's');
        options_.attempts_max = 10;
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        must(run_to_end(database_->migrate(all)));
        for (auto& server : servers_) {
            if (database_->dialect().shared) server.own = must(test::open_any_database(folder_ / "data.db"));
            auto& database = server.own ? *server.own : *database_;
            server.audit = std::make_unique<Audit>(database, AuditOptions{.key = "seals"});
            server.keys =
                std::make_unique<SigningKeys>(database, *server.audit, SigningOptions{.secret = std::string(32, 's')});
            must(run_to_end(server.keys->prepare()));
            server.accounts =
                std::make_unique<Accounts>(database, server.passwords, *server.audit, *server.keys, options_);
        }
    }

    // `count` calls at once through each server, each server on a thread of its own.
    template <typename T>
    std::vector<Result<T>> at_once(int count, const std::function<Task<T>(Accounts&, int)>& call) {
        std::array<std::vector<Result<T>>, 2> results;
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < servers_.size(); ++i) {
            auto work = [&, i] {
                asio::io_context loop;
                for (int number = 0; number < count; ++number) {
                    const auto ended = [&, i](std::exception_ptr, Result<T> result) {
                        results[i].push_back(std::move(result));
                    };
                    asio::co_spawn(loop, call(*servers_[i].accounts, number), ended);
                }
                loop.run();
            };
            threads.emplace_back(std::move(work));
        }
        for (auto& thread : threads) thread.join();
        results[0].insert(results[0].end(), std::make_move_iterator(results[1].begin()),
                          std::make_move_iterator(results[1].end()));
        return std::move(results[0]);
    }
    void prepare() {
        for (const auto& result : at_once<void>(1, [](Accounts& accounts, int) { return accounts.prepare(); }))
            ASSERT_TRUE(result) << result.error().message;
    }
    // The others are told in the failure message.
    template <typename T>
    static std::map<std::string, int> outcomes(const std::vector<Result<T>>& results) {
        std::map<std::string, int> counts;
        for (const auto& result : results) ++counts[result ? "ok" : std::string(to_string(result.error().code))];
        return counts;
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<store::Database> database_ = must(test::open_any_database(folder_ / "data.db"));
    AccountOptions options_;
    std::array<Server, 2> servers_;
};

using Counts = std::map<std::string, int>;

TEST_F(TwoServers, AreMembersOfOneWorkspaceHoweverTheyStart) {
    prepare();
    EXPECT_EQ(servers_[0].accounts->workspace(), servers_[1].accounts->workspace());
}

TEST_F(TwoServers, AdmitTogetherAsManyWrongSignInsAsOne) {
    prepare();
    must(run_to_end(servers_[0].accounts->enroll({"ada@example.org", "ada", "correct horse"})));
    const auto results =
        at_once<Tokens>(25, [](Accounts& accounts, int) { return accounts.sign_in("ada", "wrong password", kHere); });
    EXPECT_EQ(outcomes(results), (Counts{{"unauthorized", 10}, {"rate_limited", 40}}));
    for (const auto& server : servers_)
        EXPECT_EQ(run_to_end(server.accounts->sign_in("ada", "correct horse", kHere)).error().code,
                  ErrorCode::rate_limited);
}

TEST_F(TwoServers, CountTheAddressOfManyNamesTogether) {
    prepare();
    const auto results = at_once<Tokens>(75, [](Accounts& accounts, int number) {
        return accounts.sign_in(fmt::format("name{}-{}", number, fmt::ptr(&accounts)), "wrong password", kHere);
    });
    EXPECT_EQ(outcomes(results), (Counts{{"unauthorized", 100}, {"rate_limited", 50}}));
}

TEST_F(TwoServers, GiveANameToOneOfThoseWhoWantIt) {
    prepare();
    const auto results = at_once<User>(
        5, [](Accounts& accounts, int) { return accounts.enroll({"ada@example.org", "ada", "correct horse"}); });
    EXPECT_EQ(outcomes(results), (Counts{{"ok", 1}, {"conflict", 9}}));
}

TEST_F(TwoServers, MakeOfATokenTheSameNextOneWhoeverIsAsked) {
    prepare();
    must(run_to_end(servers_[0].accounts->enroll({"ada@example.org", "ada", "correct horse"})));
    const auto token = must(run_to_end(servers_[0].accounts->sign_in("ada", "correct horse", kHere))).refresh_token;
    const auto results = at_once<Tokens>(3, [&](Accounts& accounts, int) { return accounts.refresh(token, kHere); });
    EXPECT_EQ(outcomes(results), (Counts{{"ok", 6}}));
    std::set<std::string> given;
    for (const auto& result : results)
        if (result) given.insert(result->refresh_token);
    EXPECT_EQ(given.size(), 1U);
    EXPECT_FALSE(given.contains(token));
    // And each of them goes on.
    EXPECT_TRUE(run_to_end(servers_[1].accounts->refresh(*given.begin(), kHere)));
}

TEST_F(TwoServers, RefuseASessionThatTheOtherEndedAtOnce) {
    prepare();
    must(run_to_end(servers_[0].accounts->enroll({"ada@example.org", "ada", "correct horse"})));
    const auto tokens = must(run_to_end(servers_[0].accounts->sign_in("ada", "correct horse", kHere)));
    for (const auto& server : servers_) must(run_to_end(server.accounts->authenticate(tokens.access_token)));
    Ending all{.user_id = tokens.user.id, .reason = "ended_all"};
    EXPECT_EQ(must(run_to_end(servers_[0].accounts->sessions().end(std::move(all), kHere))), 1);
    for (const auto& server : servers_)
        EXPECT_EQ(run_to_end(server.accounts->authenticate(tokens.access_token)).error().code, ErrorCode::unauthorized);
}

}  // namespace
}  // namespace slipway::account
