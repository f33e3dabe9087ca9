// Jobs on a queue in Redis: the same promises, and a Redis that is killed while they run.
#include <csignal>

#include <gtest/gtest.h>

#include "base/log.h"
#include "engines/redis_server.h"
#include "job/conformance.h"
#include "job/service.h"
#include "must.h"
#include "store/queue/redis.h"

namespace slipway::test {
namespace {

class RedisJobPlace : public JobPlace {
 public:
    explicit RedisJobPlace(const std::string& engine) : server_({.engine = engine}) {}
    RedisServer& server() { return server_; }

 private:
    std::unique_ptr<store::Queue> open_queue(store::Database& /*database*/) override {
        return must(store::open_redis_queue(server_.url("?timeout=2s")));
    }
    RedisServer server_;
};

struct RedisJobs : testing::TestWithParam<std::tuple<std::string, JobCheck>> {};

TEST_P(RedisJobs, Holds) {
    log::set_level(log::Level::warning);
    const auto& [engine, check] = GetParam();
    const auto failure = failure_of(check, [&] { return std::make_unique<RedisJobPlace>(engine); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisJobs,
                         testing::Combine(testing::ValuesIn(redis_engines()), testing::ValuesIn(job_checks())),
                         [](const auto& info) {
                             return std::get<0>(info.param) + std::string(std::get<1>(info.param).name);
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisJobs);

struct RedisJobFaults : testing::TestWithParam<std::string> {};

TEST_P(RedisJobFaults, JobsGoOnWhenRedisIsBack) {
    RedisJobPlace place(GetParam());
    auto stores = place.open();
    std::printf("%s\n", must(run_to_end(stores.queue->status())).engine.c_str());
    job::Jobs jobs(*stores.database, *stores.queue);
    job::WorkerOptions options;
    options.poll_time = Milliseconds(20);
    options.visibility = Milliseconds(1'000);
    job::Worker worker(*stores.database, *stores.queue, options);
    int calls = 0;
    auto slow = [&](const job::Job&) -> Task<void> {
        ++calls;
        co_await sleep_for(Milliseconds(100));
        co_return Result<void>();
    };
    worker.handle("slow", slow);
    std::optional<Result<void>> result;
    auto script = [&]() -> asio::awaitable<void> {
        const WorkspaceId here{"here"};
        job::NewJob slow_job;
        slow_job.name = "slow";
        slow_job.attempts_max = 20;
        std::vector<std::string> ids;
        for (int i = 0; i < 5; ++i) ids.push_back(must(co_await jobs.start(here, slow_job)).id);
        while (calls == 0) co_await sleep_for(Milliseconds(1));
        place.server().process().stop(SIGKILL);
        co_await sleep_for(Milliseconds(200));
        must(place.server().process().start_again());
        result.emplace(fail(ErrorCode::internal, "expected: all jobs are done"));
        for (int i = 0; i < 2000; ++i) {
            std::size_t done = 0;
            for (const auto& id : ids)
                if (must(co_await jobs.find(here, id)).state == job::State::done) ++done;
            const auto counts = co_await jobs.counts(here);
            if (done == ids.size() && counts && counts->ready + counts->delayed + counts->leased == 0) {
                result.emplace();
                break;
            }
            co_await sleep_for(Milliseconds(10));
        }
        worker.stop();
    };
    run_to_end(both(script(), worker.run()));
    EXPECT_TRUE(result->has_value()) << result->error().message;
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisJobFaults, testing::ValuesIn(redis_engines()),
                         [](const auto& info) { return info.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisJobFaults);

}  // namespace
}  // namespace slipway::test
