// Jobs on a queue in SQS: the same promises, a way to it that is cut while they run, and jobs that others send.
#include <gtest/gtest.h>

#include "base/log.h"
#include "engines/moto_server.h"
#include "engines/proxy.h"
#include "job/conformance.h"
#include "job/service.h"
#include "store/queue/sqs.h"

namespace slipway::test {
namespace {

class SqsJobPlace : public JobPlace {
 public:
    SqsJobPlace(std::uint16_t port, std::string_view more)
        : url_(fmt::format("sqs://us-east-1/jobs{}?endpoint=http%3A%2F%2F127.0.0.1%3A{}{}", next(), port, more)) {}

    static const std::shared_ptr<store::CredentialsProvider>& keys() {
        static const auto keys = store::CredentialsProvider::of({.access_key_id = "ID", .secret_access_key = "key"});
        return keys;
    }
    std::string prefix() const { return url_.substr(16, url_.find('?') - 16); }

 private:
    static int next() {
        static int number = 0;
        return ++number;
    }
    std::unique_ptr<store::Queue> open_queue(store::Database& database) override {
        store::SqsQueueOptions options;
        options.url = url_;
        options.credentials = keys();
        options.client.wait_first = Milliseconds(10);
        return must(store::make_sqs_queue(std::move(options), database, client_));
    }
    std::string url_;
    net::Client client_;
};

struct SqsJobs : testing::TestWithParam<std::tuple<std::string, JobCheck>> {};

TEST_P(SqsJobs, Hold) {
    auto* const moto = MotoServer::shared();
    if (moto == nullptr) GTEST_SKIP() << "moto was not fetched";
    log::set_level(log::Level::warning);
    const auto& [kind, check] = GetParam();
    const std::string more = kind == "Fifo" ? "&fifo=true" : "";
    const auto failure = failure_of(check, [&] { return std::make_unique<SqsJobPlace>(moto->port(), more); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Moto, SqsJobs,
                         testing::Combine(testing::Values("Standard", "Fifo"), testing::ValuesIn(job_checks())),
                         [](const auto& info) {
                             return std::get<0>(info.param) + std::string(std::get<1>(info.param).name);
                         });

struct SqsJobFaults : testing::Test {
    void SetUp() override {
        moto = MotoServer::shared();
        if (moto == nullptr) GTEST_SKIP() << "moto was not fetched";
        log::set_level(log::Level::error);
    }
    // Runs the worker until the script is done.
    static void run(job::Worker& worker, Task<void> script) {
        std::optional<Result<void>> result;
        auto both_of = [&]() -> asio::awaitable<void> {
            result.emplace(co_await std::move(script));
            worker.stop();
        };
        run_to_end(both(both_of(), worker.run()));
        must(*result);
    }
    MotoServer* moto = nullptr;
};

TEST_F(SqsJobFaults, JobsGoOnWhenSqsIsBack) {
    Proxy proxy(moto->port());
    SqsJobPlace place(proxy.port(), "");
    auto stores = place.open();
    job::Jobs jobs(*stores.database, *stores.queue);
    job::WorkerOptions options;
    options.visibility = Milliseconds(2'000);
    job::Worker worker(*stores.database, *stores.queue, options);
    int calls = 0;
    auto slow = [&](const job::Job&) -> Task<void> {
        ++calls;
        co_await sleep_for(Milliseconds(100));
        co_return Result<void>();
    };
    worker.handle("slow", slow);
    auto script = [&]() -> Task<void> {
        const WorkspaceId here{"here"};
        std::vector<std::string> ids;
        for (int i = 0; i < 5; ++i) {
            job::NewJob made{.name = "slow"};
            SLIPWAY_CO_TRY(auto started, co_await jobs.start(here, std::move(made)));
            ids.push_back(std::move(started.id));
        }
        while (calls == 0) co_await sleep_for(Milliseconds(1));
        proxy.refuse(true);
        proxy.cut();
        co_await sleep_for(Milliseconds(500));
        proxy.refuse(false);
        for (int looks = 0; looks < 2'000; ++looks) {
            std::size_t done = 0;
            for (const auto& id : ids) {
                SLIPWAY_CO_TRY(const auto info, co_await jobs.find(here, id));
                if (info.state == job::State::done) ++done;
            }
            if (done == ids.size()) co_return Result<void>();
            co_await sleep_for(Milliseconds(10));
        }
        co_return fail(ErrorCode::internal, "expected: all jobs are done");
    };
    run(worker, script());
}

// A message of another program is a job of the workspace that the URL names; one that is no job is given up, with the
// reason.
TEST_F(SqsJobFaults, OthersSendJobs) {
    SqsJobPlace place(moto->port(), "&workspace=here");
    auto stores = place.open();
    job::Jobs jobs(*stores.database, *stores.queue);
    job::Worker worker(*stores.database, *stores.queue);
    std::vector<std::string> seen;
    auto index = [&](const job::Job& job) -> Task<void> {
        seen.push_back(job.workspace.value + " " + write_json(job.arguments));
        co_return Result<void>();
    };
    worker.handle("index", index);
    net::Client client;
    store::AwsClient aws(client, SqsJobPlace::keys());
    const auto call = [&](std::string operation, json::object input) {
        store::AwsClient::JsonCall call{
            .version = "1.0", .target = "AmazonSQS." + operation, .input = std::move(input)};
        return aws.call(store::aws_endpoint("sqs", "us-east-1", moto->url()), std::move(call));
    };
    auto script = [&]() -> Task<void> {
        const WorkspaceId here{"here"};
        job::NewJob own{.name = "index"};
        SLIPWAY_CO_CHECK(co_await jobs.start(here, std::move(own)));
        json::object name{{"QueueName", place.prefix() + "-jobs"}};
        SLIPWAY_CO_TRY(const auto found, co_await call("GetQueueUrl", std::move(name)));
        for (const auto* const body : {R"({"name":"index","arguments":{"key":"a"}})", R"({"Event":"s3:TestEvent"})"}) {
            json::object sent{{"QueueUrl", text_or(found, "QueueUrl")}, {"MessageBody", body}};
            SLIPWAY_CO_CHECK(co_await call("SendMessage", std::move(sent)));
        }
        for (int looks = 0; looks < 2'000; ++looks) {
            SLIPWAY_CO_TRY(const auto counts, co_await jobs.counts(here));
            if (seen.size() == 2 && counts.dead == 1) break;
            co_await sleep_for(Milliseconds(10));
        }
        SLIPWAY_CO_TRY(const auto page, co_await stores.queue->dead_letters(here, "jobs", 10, std::nullopt));
        SLIPWAY_CO_CHECK(expect(page.messages.size() == 1, "one is none"));
        co_return expect(!page.messages[0].reason.empty(), "with a reason");
    };
    run(worker, script());
    EXPECT_EQ(seen, (std::vector<std::string>{"here {}", R"(here {"key":"a"})"}));
}

}  // namespace
}  // namespace slipway::test
