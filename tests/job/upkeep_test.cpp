// What the worker forgets beside its work, and that it does so only then.
#include <gtest/gtest.h>

#include "base/log.h"
#include "job/conformance.h"
#include "job/scheduler.h"
#include "job/service.h"
#include "must.h"
#include "store/queue/database.h"

namespace slipway::test {
namespace {

using store::Scope;

constexpr Milliseconds kDay{24LL * 3600 * 1000};

class DatabaseJobPlace : public JobPlace {
    std::unique_ptr<store::Queue> open_queue(store::Database& database) override {
        return store::make_database_queue(database);
    }
};

struct JobUpkeep : testing::Test {
    JobUpkeep() : stores(place.open()) { log::set_level(log::Level::error); }

    void write(std::string sql, store::Parameters parameters) {
        must(run_to_end(stores.database->write(Scope::system(), std::move(sql), std::move(parameters))));
    }
    // Jobs that ended then, and their effects, of two tenants.
    void add(std::string_view name, int count, Milliseconds ago) {
        const auto at = now() - ago;
        const std::string rows =
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < $1) insert into ";
        write(rows +
                  "job (workspace, id, name, state, attempts, attempts_max, created_at, finished_at, reason) select "
                  "case i % 2 when 0 then 'here' else 'there' end, $2 || i, 'old', 'done', 1, 1, $3, $3, '' from n",
              {count, name, at});
        write(rows +
                  "queue_effect (workspace, name, happened) select case i % 2 when 0 then 'here' else 'there' end, "
                  "$2 || i, $3 from n",
              {count, name, at});
    }
    Task<std::int64_t> rows_of(std::string table) {
        auto sql = "select count(*) as n from " + table;
        SLIPWAY_CO_TRY(const auto rows, co_await stores.database->read(Scope::system(), std::move(sql)));
        co_return rows.front().integer("n");
    }
    std::int64_t count(const std::string& table) { return must(run_to_end(rows_of(table))); }
    // Until the script is done.
    void work(job::Worker& worker, std::function<Task<void>()> script) {
        std::optional<Result<void>> result;
        auto run_script = [&]() -> asio::awaitable<void> {
            result.emplace(co_await script());
            worker.stop();
        };
        run_to_end(both(run_script(), worker.run()));
        must(*result);
    }

    DatabaseJobPlace place;
    JobStores stores;
};

TEST_F(JobUpkeep, ForgetsWhatIsOldBesideTheWork) {
    add("ancient", 10, 100 * kDay);
    add("older", 10, 40 * kDay);
    add("recent", 10, 10 * kDay);
    job::Jobs jobs(*stores.database, *stores.queue);
    job::Worker worker(*stores.database, *stores.queue);
    auto nothing = [](const job::Job&) -> Task<void> { co_return Result<void>(); };
    worker.handle("nothing", nothing);
    work(worker, [&]() -> Task<void> {
        job::NewJob made{.name = "nothing"};
        SLIPWAY_CO_TRY(const auto started, co_await jobs.start({"here"}, std::move(made)));
        for (int looks = 0; looks < 2'000; ++looks) {
            SLIPWAY_CO_TRY(const auto effects, co_await rows_of("queue_effect"));
            if (effects == 20) break;
            co_await sleep_for(Milliseconds(5));
        }
        co_return Result<void>();
    });
    EXPECT_EQ(count("job where name = 'old'"), 10) << "30 days";
    EXPECT_EQ(count("job where name = 'nothing'"), 1) << "what is new stays";
    EXPECT_EQ(count("queue_effect"), 20) << "90 days";
}

// A database that nobody has work for may sleep.
TEST_F(JobUpkeep, LeavesADatabaseWithoutWorkAlone) {
    add("ancient", 10, 100 * kDay);
    job::Worker worker(*stores.database, *stores.queue);
    work(worker, []() -> Task<void> {
        co_await sleep_for(Milliseconds(300));
        co_return Result<void>();
    });
    EXPECT_EQ(count("queue_effect"), 10);
}

TEST_F(JobUpkeep, SweepsAreBounded) {
    add("ancient", 250, 100 * kDay);
    job::Upkeep upkeep(*stores.database, {.rows_max = 20, .statements_max = 5});
    auto swept = must(run_to_end(upkeep.sweep(now())));
    EXPECT_EQ(swept.jobs, 100);
    EXPECT_EQ(swept.effects, 100);
    EXPECT_FALSE(swept.all);
    must(run_to_end(upkeep.sweep(now())));
    swept = must(run_to_end(upkeep.sweep(now())));
    EXPECT_EQ(swept.jobs, 50);
    EXPECT_TRUE(swept.all);
    EXPECT_EQ(count("job") + count("queue_effect"), 0);
}

// Between two times of its entries a schedule asks nothing: its table is gone, and nobody notices.
TEST_F(JobUpkeep, SchedulesLetTheDatabaseSleep) {
    job::Jobs jobs(*stores.database, *stores.queue);
    std::vector<job::ScheduledJob> entries;
    entries.push_back({WorkspaceId{"here"}, "yearly", must(job::Schedule::parse("every 366d")), {.name = "nothing"}});
    job::Scheduler scheduler(*stores.database, jobs, entries);
    auto script = [&]() -> asio::awaitable<void> {
        co_await sleep_for(Milliseconds(1'500));  // it has looked twice: then it knows when
        const auto before = co_await rows_of("job_schedule");
        const auto removed = co_await stores.database->write(Scope::system(), "delete from job_schedule");
        co_await sleep_for(Milliseconds(1'500));
        const auto after = co_await rows_of("job_schedule");
        EXPECT_TRUE(removed && before && *before == 1);
        EXPECT_TRUE(after && *after == 0) << "a look would have made it again";
        scheduler.stop();
    };
    run_to_end(both(script(), scheduler.run()));
}

}  // namespace
}  // namespace slipway::test
