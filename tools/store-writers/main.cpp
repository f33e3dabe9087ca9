// Durable transactions through the database port, without HTTP: what bench/measures/writers.py compares with
// bench/peers/sqlite_writers.py, which writes the same row into the same table.
//
//     store-writers FILE WRITERS SECONDS      prints JSON
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "base/crypto.h"
#include "base/json.h"
#include "store/database/sqlite.h"

namespace slipway::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Migration kTables{"bench", 1,
                            "create table chats (id text primary key, workspace text not null, number bigint not null, "
                            "user_id text not null, title text not null, tokens bigint not null default 0, "
                            "created_at bigint not null, updated_at bigint not null, unique (workspace, number));"
                            "create index chats_user on chats(workspace, user_id, updated_at)"};

struct Run {
    Database& database;
    Clock::time_point end;
    std::vector<double> waits = {};  // ms
    std::size_t failures = 0;
};

Task<void> write_one(Database& database) {
    auto body = [](Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(
            const auto rows,
            co_await transaction.execute("select coalesce(max(number), 0) + 1 as number from chats where workspace = "
                                         "$workspace",
                                         Parameters()));
        Parameters values{new_id(), rows.front().integer("number"), "ada", "A chat of the bench", now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into chats(id, workspace, number, user_id, title, created_at, updated_at) "
            "values ($1, $workspace, $2, $3, $4, $5, $5)",
            std::move(values)));
        co_return Result<void>();
    };
    const Database::Body named_body = body;
    co_return co_await database.transact(WorkspaceId{"one"}, named_body);
}

asio::awaitable<void> write(Run& run) {
    while (Clock::now() < run.end) {
        const auto began = Clock::now();
        const auto written = co_await write_one(run.database);
        if (!written) {
            ++run.failures;
            continue;
        }
        run.waits.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    }
}

Result<json::object> measure(const char* file, std::size_t writers, std::size_t seconds) {
    SLIPWAY_TRY(const auto database, open_sqlite(file));
    SLIPWAY_CHECK(run_to_end(database->migrate(std::span(&kTables, 1))));
    asio::io_context loop;
    const auto began = Clock::now();
    const auto cpu = std::clock();
    Run run{*database, began + std::chrono::seconds(seconds)};
    for (std::size_t i = 0; i < writers; ++i) asio::co_spawn(loop, write(run), asio::detached);
    loop.run();
    const std::chrono::duration<double> taken = Clock::now() - began;
    const auto used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    auto& waits = run.waits;
    if (waits.empty()) return fail(ErrorCode::unavailable, "Nothing was written.");
    std::ranges::sort(waits);
    return json::object{
        {"commits", waits.size()},  {"seconds", taken.count()},          {"cpu", used},
        {"failures", run.failures}, {"p50 ms", waits[waits.size() / 2]}, {"p99 ms", waits[waits.size() * 99 / 100]}};
}

std::size_t number(std::string_view text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace
}  // namespace slipway::store

int main(int count, char** arguments) {
    using namespace slipway;
    const auto writers = count == 4 ? store::number(arguments[2]) : 0;
    const auto seconds = count == 4 ? store::number(arguments[3]) : 0;
    if (writers == 0 || writers > 4096 || seconds == 0 || seconds > 3600) {
        std::fputs("usage: store-writers FILE WRITERS SECONDS  (1 to 4096 writers, 1 to 3600 seconds)\n", stderr);
        return 2;
    }
    const auto report = store::measure(arguments[1], writers, seconds);
    if (!report) {
        std::fprintf(stderr, "%s\n", report.error().message.c_str());
        return 1;
    }
    std::puts(write_json(*report).c_str());
    return 0;
}
