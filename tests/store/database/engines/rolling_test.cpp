// Two releases on one database: what each of them may do while servers are replaced one by one.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "must.h"
#include "store/database/engines/postgres_place.h"
#include "store/database/migration_plan.h"

namespace slipway::test {
namespace {

using store::ContractSteps;
using store::Migration;
using store::Scope;
using Release = std::vector<Migration>;

constexpr Migration kNotes{.capability = "notes",
                           .number = 1,
                           .sql =
                               "CREATE TABLE note (workspace TEXT NOT NULL, name TEXT NOT NULL, old TEXT, PRIMARY "
                               "KEY (workspace, name))"};
constexpr Migration kAdds{
    .capability = "notes", .number = 2, .sql = "ALTER TABLE note ADD COLUMN new TEXT NOT NULL DEFAULT 'new'"};
constexpr Migration kPlans{.capability = "plans", .number = 1, .sql = "CREATE TABLE plan (name TEXT PRIMARY KEY)"};
constexpr Migration kRemoves{.capability = "notes", .number = 3, .sql = "ALTER TABLE note DROP COLUMN old"};
const Release kFirst{kNotes}, kSecond{kNotes, kAdds, kPlans}, kThird{kNotes, kAdds, kRemoves, kPlans};

// A server in the middle of a request, which reads the notes.
class Busy {
 public:
    explicit Busy(store::Database& database) {
        auto work = [this, &database] {
            const store::Database::Body body = [this](store::Transaction& transaction) { return hold(transaction); };
            done_ = run_to_end(database.transact(WorkspaceId("here"), body));
        };
        thread_ = std::thread(work);
        while (!held_) std::this_thread::yield();
    }
    ~Busy() { end(); }
    void end() {
        ended_ = true;
        if (thread_.joinable()) thread_.join();
        EXPECT_TRUE(done_) << done_.error().message;
    }

 private:
    Task<void> hold(store::Transaction& transaction) {
        SLIPWAY_CO_CHECK(co_await transaction.execute("SELECT name FROM note WHERE workspace = $workspace"));
        held_ = true;
        while (!ended_) SLIPWAY_CO_CHECK(co_await transaction.execute("SELECT pg_sleep(0.05)::text AS slept"));
        co_return Result<void>();
    }

    std::atomic<bool> held_ = false, ended_ = false;
    Result<void> done_;
    std::thread thread_;
};

class Rolling : public ::testing::TestWithParam<std::string> {
 protected:
    void SetUp() override {
        server_ = PostgresServer::of(GetParam());
        if (server_ == nullptr) GTEST_SKIP() << "postgresql-" << GetParam() << " was not fetched";
        place_ = std::make_unique<PostgresPlace>(*server_);
        must(start(kFirst, Role::owner));
    }

    enum class Role : unsigned char { owner, server };  // migrates; finds the tables made
    Result<std::unique_ptr<store::Database>> start(const Release& release, Role role,
                                                   ContractSteps contract = ContractSteps::wait) {
        auto options = place_->options();
        if (role == Role::server) options.owner_url.clear();
        options.known_steps = release;
        options.transaction_time_max = Milliseconds(120'000);  // of who is busy
        options.contract = contract;
        options.above_workspaces = {{"nothing", "so that tables without a workspace are looked at"}};
        if (release.size() > 1) options.above_workspaces.push_back({"plan", "is everybody's"});
        SLIPWAY_TRY(auto database, store::open_postgres(std::move(options)));
        SLIPWAY_CHECK(run_to_end(database->migrate(release)));
        return database;
    }
    static Result<store::Rows> write(store::Database& database, std::string name) {
        store::Parameters parameters{std::move(name)};
        return run_to_end(database.write(WorkspaceId("here"),
                                         "INSERT INTO note (workspace, name, old) VALUES ($workspace, $1, 'old')",
                                         std::move(parameters)));
    }

    PostgresServer* server_ = nullptr;
    std::unique_ptr<PostgresPlace> place_;
};

// The newer release also has a table without a workspace, for a reason that the older one cannot know.
TEST_P(Rolling, AnOlderServerGoesOnAndStartsBesideStepsThatExpand) {
    const auto running = must(start(kFirst, Role::server));
    must(write(*running, "before"));
    const auto newer = must(start(kSecond, Role::owner));
    must(write(*running, "during"));
    const auto started = must(start(kFirst, Role::server));
    must(write(*started, "after"));
    const auto with_owner = must(start(kFirst, Role::owner));
    must(write(*with_owner, "as before"));
    const auto rows = must(run_to_end(newer->read(WorkspaceId("here"),
                                                  "SELECT new FROM note WHERE workspace = "
                                                  "$workspace")));
    EXPECT_EQ(rows.size(), 4);
    for (const auto row : rows) EXPECT_EQ(row.text("new"), "new");
}

TEST_P(Rolling, StepsThatContractWaitUntilNoOlderServerIsConnected) {
    const auto older = must(start(kSecond, Role::owner));
    must(write(*older, "a"));
    const auto newer = must(start(kThird, Role::owner));
    must(write(*newer, "the column that is to go is still there"));
    Busy busy(*older);
    const auto refused = start(kThird, Role::owner, ContractSteps::apply);
    busy.end();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_NE(refused.error().message.find("servers of an older release are open"), std::string::npos)
        << refused.error().message;
    Busy current(*newer);
    current.end();
    must(start(kThird, Role::owner, ContractSteps::apply));
    EXPECT_FALSE(write(*newer, "b")) << "the column is gone";
    for (const auto role : {Role::owner, Role::server}) {
        const auto late = start(kSecond, role);
        ASSERT_FALSE(late);
        EXPECT_NE(late.error().message.find("knows step 3 of notes"), std::string::npos) << late.error().message;
    }
    must(start(kThird, Role::server));
}

TEST_P(Rolling, ARecordOfBeforeIsTakenOver) {
    must(start(kSecond, Role::owner));
    server_->run(place_->database(), "ALTER TABLE schema_migration DROP COLUMN works_from");
    must(start(kSecond, Role::server));
    EXPECT_FALSE(start(kFirst, Role::server)) << "nothing says that step 2 only adds";
    must(start(kSecond, Role::owner));
    must(start(kFirst, Role::server));
}

TEST_P(Rolling, ReleasesThatStartAtOnceAgree) {
    std::array<Result<void>, 6> started;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < started.size(); ++i) {
        auto work = [this, i, &started] {
            const auto database = start(i % 2 == 0 ? kFirst : kSecond, Role::owner);
            if (!database) started[i] = std::unexpected(database.error());
        };
        threads.emplace_back(std::move(work));
    }
    for (auto& thread : threads) thread.join();
    for (const auto& result : started) EXPECT_TRUE(result) << result.error().message;
}

// Somebody reads the table for a long time; the step that changes it waits, and those who come after it do not.
TEST_P(Rolling, AStepThatWaitsForATableLetsOthersPass) {
    const auto reader = must(start(kFirst, Role::server));
    Busy busy(*reader);
    std::atomic<bool> migrated = false;
    std::thread migrates([&] { migrated = start(kSecond, Role::owner).has_value(); });
    const auto other = must(start(kFirst, Role::server));
    const std::string waits = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'";
    while (must(run_to_end(other->read(Scope::system(), waits))).front().integer("n") == 0) std::this_thread::yield();
    must(write(*other, "behind the step that waits"));
    EXPECT_FALSE(migrated) << "it was still waiting";
    busy.end();
    migrates.join();
    EXPECT_TRUE(migrated);
}

INSTANTIATE_TEST_SUITE_P(Postgres, Rolling, ::testing::Values("16", "18"),
                         [](const auto& made) { return "On" + made.param; });

}  // namespace
}  // namespace slipway::test
