// "store": "queue". Enqueues "jobs" from "concurrency" coroutines, then leases and acknowledges all of them from as
// many. "queue": "database" (PostgreSQL at "url", "owner_url"), "redis" ("url"), or "sqs" ("sqs_url", and the
// database). Prints {"jobs", "enqueue seconds", "enqueue cpu", "work seconds", "work cpu"}.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "load.h"
#include "store/database/postgres/postgres.h"
#include "store/queue/database.h"
#include "store/queue/redis.h"
#include "store/queue/sqs.h"

namespace slipway::bench {
namespace {

constexpr std::int64_t kJobsMax = 1'000'000;
constexpr std::size_t kLeased = 10;  // at a time
constexpr Milliseconds kPatience{2'000};
constexpr std::string_view kBody = R"({"name":"bench.nothing","arguments":{"number":1}})";
const std::string kQueue = "bench";

struct Phase {
    store::Queue& queue;
    std::int64_t begun = 0, done = 0, jobs = 0;
    std::optional<Error> failure = {};
};

Task<void> enqueue(Phase& phase) {
    while (phase.begun < phase.jobs) {
        ++phase.begun;
        store::NewMessage message{.body = std::string(kBody)};
        SLIPWAY_CO_CHECK(co_await phase.queue.enqueue(WorkspaceId{"one"}, kQueue, std::move(message)));
        ++phase.done;
    }
    co_return Result<void>();
}

Task<void> work(Phase& phase) {
    const store::LeaseOptions options{.count_max = kLeased, .wait = kPatience};
    while (phase.done < phase.jobs) {
        SLIPWAY_CO_TRY(auto leased, co_await phase.queue.lease(kQueue, options));
        for (auto& message : leased) {
            SLIPWAY_CO_CHECK(co_await phase.queue.acknowledge(std::move(message.lease)));
            ++phase.done;
        }
    }
    co_return Result<void>();
}

asio::awaitable<void> lane(Phase& phase, Task<void> (*what)(Phase&)) {
    const auto done = co_await what(phase);
    if (!done && !phase.failure) phase.failure = done.error();
}

Result<void> time_phase(asio::io_context& loop, const Load& load, Phase phase, Task<void> (*what)(Phase&),
                        std::string_view name, json::object& report) {
    const auto began = std::chrono::steady_clock::now();
    const auto cpu = cpu_seconds();
    for (std::size_t i = 0; i < load.concurrency; ++i) asio::co_spawn(loop, lane(phase, what), asio::detached);
    loop.restart();
    // Not run(): what an adapter does beside its work (connections at rest, renewed credentials) would count.
    while (phase.done < phase.jobs && !phase.failure && loop.run_one() > 0) {
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
    report[fmt::format("{} cpu", name)] = cpu_seconds() - cpu;
    report[fmt::format("{} seconds", name)] = taken.count();
    loop.run();
    if (phase.failure) return std::unexpected(*std::move(phase.failure));
    if (phase.done != phase.jobs) return fail(ErrorCode::internal, "{} of {} jobs were done.", phase.done, phase.jobs);
    return {};
}

Result<json::object> time_both(asio::io_context& loop, const Load& load, store::Queue& queue, std::int64_t jobs) {
    json::object report, warm;
    const auto few = std::min<std::int64_t>(jobs, 100);
    SLIPWAY_CHECK(time_phase(loop, load, Phase{.queue = queue, .jobs = few}, enqueue, "enqueue", warm));
    SLIPWAY_CHECK(time_phase(loop, load, Phase{.queue = queue, .jobs = few}, work, "work", warm));
    SLIPWAY_CHECK(time_phase(loop, load, Phase{.queue = queue, .jobs = jobs}, enqueue, "enqueue", report));
    SLIPWAY_CHECK(time_phase(loop, load, Phase{.queue = queue, .jobs = jobs}, work, "work", report));
    report["jobs"] = jobs;
    return report;
}

Result<std::unique_ptr<store::Database>> open_database(const json::object& settings) {
    store::PostgresOptions options;
    options.url = text_or(settings, "url");
    options.owner_url = text_or(settings, "owner_url");
    SLIPWAY_TRY(auto database, store::open_postgres(std::move(options)));
    SLIPWAY_CHECK(run_to_end(database->migrate(store::queue_migrations())));
    return database;
}

}  // namespace

Result<json::object> bench_queue(const json::object& settings) {
    SLIPWAY_TRY(const auto load, load_of(settings));
    const auto jobs = integer_or(settings, "jobs", 1'000);
    const auto kind = text_or(settings, "queue");
    if (jobs < 1 || jobs > kJobsMax) return fail(ErrorCode::invalid, "1 to {} jobs.", kJobsMax);
    if (kind == "redis") {
        SLIPWAY_TRY(const auto queue, store::open_redis_queue(text_or(settings, "url")));
        asio::io_context loop(1);
        return time_both(loop, load, *queue, jobs);
    }
    net::Client client;
    asio::io_context loop(1);
    SLIPWAY_TRY(const auto database, open_database(settings));
    if (kind == "database") return time_both(loop, load, *store::make_database_queue(*database), jobs);
    store::SqsQueueOptions options;
    options.url = text_or(settings, "sqs_url");
    options.credentials = store::CredentialsProvider::of({.access_key_id = "ID", .secret_access_key = "unused"});
    SLIPWAY_TRY(const auto queue, store::make_sqs_queue(std::move(options), *database, client));
    return time_both(loop, load, *queue, jobs);
}

}  // namespace slipway::bench
