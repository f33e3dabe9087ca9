// Consumers that are processes of their own and die by kill -9 in the middle of their work, on each adapter: every
// message is done, and its effect happens once. A consumer is this very program, told to run the disabled test below.
#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/log.h"
#include "engines/redis_server.h"
#include "store/queue/database_queue_place.h"
#include "store/queue/engines/sqs_place.h"
#include "store/queue/redis.h"

namespace slipway::test {
namespace {

using store::Database;
using store::Queue;
using store::Scope;

constexpr int kMessages = 60;

constexpr store::Migration kLedger[] = {
    {.capability = "ledger",
     .number = 1,
     .sql = "CREATE TABLE ledger (sequence {serial}, workspace TEXT NOT NULL, message TEXT NOT NULL)"},
};

// The queue of a URL: of Redis, of SQS, or of the database that also keeps the effects.
struct Stores {
    net::Client client;
    std::unique_ptr<Database> database;
    std::unique_ptr<Queue> queue;

    Stores(const std::string& file, const std::string& url) : database(must(store::open_sqlite(file))) {
        must(run_to_end(database->migrate(store::queue_migrations())));
        must(run_to_end(database->migrate(store::effect_migrations())));
        must(run_to_end(database->migrate(kLedger)));
        if (url == "database:") queue = store::make_database_queue(*database);
        if (url.starts_with("redis:")) queue = must(store::open_redis_queue(url));
        if (url.starts_with("sqs:")) queue = must(store::make_sqs_queue(sqs_options(url), *database, client));
    }
};

Task<void> do_once(Database& database, const store::LeasedMessage& message) {
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(const bool first, co_await store::first_time(transaction, message.lease.id));
        if (!first) co_return Result<void>();
        store::Parameters parameters{message.lease.id};
        SLIPWAY_CO_CHECK(co_await transaction.execute("INSERT INTO ledger (workspace, message) VALUES ($workspace, $1)",
                                                      std::move(parameters)));
        co_return Result<void>();
    };
    co_return co_await database.transact(message.lease.workspace, body);
}

asio::awaitable<void> consume(Stores& stores) {
    while (true) {
        store::LeaseOptions options;
        options.count_max = 3;
        options.visibility = Milliseconds(1'000);
        options.wait = Milliseconds(1'000);
        const auto messages = co_await stores.queue->lease("work", options);
        if (!messages) continue;
        for (const auto& message : *messages) {
            co_await sleep_for(Milliseconds(20));
            if (!co_await do_once(*stores.database, message)) continue;
            co_await sleep_for(Milliseconds(20));  // time to die after the effect
            static_cast<void>(co_await stores.queue->acknowledge(message.lease));
        }
    }
}

TEST(DISABLED_QueueConsumer, WorksUntilItIsKilled) {
    const char* const file = std::getenv("CONSUMER_FILE");
    const char* const url = std::getenv("CONSUMER_URL");
    if (file == nullptr || url == nullptr) GTEST_SKIP() << "for KilledConsumers alone";
    log::set_level(log::Level::error);
    Stores stores(file, url);
    run_to_end(consume(stores));
}

std::unique_ptr<EngineProcess> start_consumer(const TemporaryFolder& folder, const std::string& url) {
    EngineOptions options;
    options.command = {std::filesystem::read_symlink("/proc/self/exe").string(), "--gtest_also_run_disabled_tests",
                       "--gtest_filter=DISABLED_QueueConsumer.*"};
    options.folder = folder.path();
    options.environment = {{"CONSUMER_FILE", (folder / "data.db").string()}, {"CONSUMER_URL", url}};
    return must(EngineProcess::start(std::move(options)));
}

std::int64_t number(Database& database, const std::string& sql) {
    return must(run_to_end(database.read(Scope::system(), sql))).front().integer("n");
}

void consumers_die(const std::string& url) {
    const TemporaryFolder folder;
    Stores stores((folder / "data.db").string(), url);
    for (int i = 0; i < kMessages; ++i) {
        auto made = message(fmt::format("{}", i));
        made.attempts_max = 1000;
        made.group = i % 4 == 0 ? "group" : "";
        must(run_to_end(enqueue(*stores.queue, kHere, std::move(made))));
    }
    std::vector<std::unique_ptr<EngineProcess>> consumers;
    for (int i = 0; i < 3; ++i) consumers.push_back(start_consumer(folder, url));
    const auto left = [&] {
        const auto counts = must(run_to_end(stores.queue->total_counts("work")));
        return counts.ready + counts.delayed + counts.leased + counts.dead;
    };
    std::size_t kills = 0;
    for (int round = 0; round < 3'000 && left() > 0; ++round) {
        run_to_end(sleep_for(Milliseconds(20)));
        if (round % 30 != 29 || kills >= 6) continue;
        auto& victim = consumers[kills++ % consumers.size()];
        victim->stop(SIGKILL);
        victim = start_consumer(folder, url);
    }
    for (const auto& each : consumers) each->stop(SIGKILL);
    EXPECT_EQ(left(), 0) << consumers.front()->log();
    EXPECT_GT(kills, 0U);
    EXPECT_EQ(number(*stores.database, "SELECT count(*) AS n FROM ledger"), kMessages);
    EXPECT_EQ(number(*stores.database, "SELECT count(DISTINCT message) AS n FROM ledger"), kMessages);
}

TEST(KilledConsumers, OfADatabaseLoseNothing) { consumers_die("database:"); }

TEST(KilledConsumers, OfSqsLoseNothing) {
    const auto moto = MotoServer::start();
    if (moto == nullptr) GTEST_SKIP() << "moto was not fetched";
    consumers_die(sqs_url(moto->port(), "standard"));
    consumers_die(sqs_url(moto->port(), "ordered", "&fifo=true"));
}

struct KilledRedisConsumers : testing::TestWithParam<std::string> {};

TEST_P(KilledRedisConsumers, LoseNothing) {
    RedisServer server({.engine = GetParam()});
    consumers_die(server.url());
}

INSTANTIATE_TEST_SUITE_P(Engines, KilledRedisConsumers, testing::ValuesIn(redis_engines()),
                         [](const auto& info) { return info.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KilledRedisConsumers);

}  // namespace
}  // namespace slipway::test
