// The SQS adapter of the queue port when things go wrong: SQS or the way to it is down, tickets are lost or too many,
// others send.
#include <csignal>

#include <gtest/gtest.h>

#include "base/log.h"
#include "engines/proxy.h"
#include "store/queue/engines/sqs_place.h"
#include "store/queue/sqs_client.h"

namespace slipway::test {
namespace {

using store::LeaseOptions;
using store::MessageState;
using store::Queue;

struct SqsQueue : testing::Test {
    void SetUp() override {
        moto = MotoServer::shared();
        if (moto == nullptr) GTEST_SKIP() << "moto was not fetched";
        log::set_level(log::Level::error);
        place = std::make_unique<SqsQueuePlace>(*moto);
    }
    // Of this queue at the engine, past the adapter.
    std::unique_ptr<store::SqsClient> sqs(const std::string& url) {
        auto options = sqs_options(url);
        return std::make_unique<store::SqsClient>(must(store::parse_sqs_url(url, "")), kSqsKeys, options.client,
                                                  client);
    }
    std::unique_ptr<store::SqsClient> sqs() { return sqs(place->options().url); }
    json::object raw(std::string operation, json::object input) {
        store::AwsClient aws(client, kSqsKeys);
        store::AwsClient::JsonCall call{
            .version = "1.0", .target = "AmazonSQS." + operation, .input = std::move(input)};
        return must(run_to_end(aws.call(store::aws_endpoint("sqs", "us-east-1", moto->url()), std::move(call))));
    }
    // What a stranger sends.
    void send_raw(const std::string& body) {
        const auto known = must(store::parse_sqs_url(place->options().url, ""));
        const auto found = raw("GetQueueUrl", {{"QueueName", must(store::sqs_queue_name(known, "work", false))}});
        raw("SendMessage", {{"QueueUrl", text_or(found, "QueueUrl")}, {"MessageBody", json::string_view(body)}});
    }
    std::int64_t tickets() { return must(run_to_end(sqs()->counts("work"))).all(); }

    MotoServer* moto = nullptr;
    net::Client client;
    std::unique_ptr<SqsQueuePlace> place;
};

TEST_F(SqsQueue, LeavesNoTicketBehind) {
    const auto queue = must(place->open());
    auto work = [](Queue& one) -> Task<void> {
        for (int i = 0; i < 30; ++i) {
            auto made = message("a");
            made.group = i % 2 == 0 ? "group" : "";
            made.priority = i % 3;
            SLIPWAY_CO_CHECK(co_await enqueue(one, kHere, std::move(made)));
        }
        for (int done = 0, looks = 0; done < 30 && looks < 3'000; ++looks) {
            SLIPWAY_CO_TRY(const auto messages, co_await lease(one, 10, Milliseconds(2'000)));
            for (const auto& each : messages) SLIPWAY_CO_CHECK(co_await one.acknowledge(each.lease));
            done += static_cast<int>(messages.size());
        }
        co_return Result<void>();
    };
    must(run_to_end(work(*queue)));
    for (int looks = 0; looks < 300 && tickets() > 0; ++looks) {
        must(run_to_end(expect_bodies(*queue, "")));
        run_to_end(sleep_for(Milliseconds(20)));
    }
    EXPECT_EQ(tickets(), 0);
}

// A row without a ticket, as when a process ends between the two: workers find it.
TEST_F(SqsQueue, FindsWhatNoTicketCallsFor) {
    place->options().times.lost_after = Milliseconds(0);
    place->options().times.look_for_lost = Milliseconds(100);
    auto queue = must(place->open());
    const auto records = store::make_database_queue(place->database());
    must(run_to_end(enqueue(*records, kHere, message("at the start"))));
    run_to_end(sleep_for(Milliseconds(5)));
    const auto first = must(run_to_end(lease_one(*queue)));
    EXPECT_EQ(first.body, "at the start");
    must(run_to_end(queue->acknowledge(first.lease)));
    must(run_to_end(enqueue(*records, kHere, message("later"))));
    run_to_end(sleep_for(Milliseconds(110)));
    const auto second = must(run_to_end(lease_one(*queue)));
    EXPECT_EQ(second.body, "later") << "beside the work";
}

// A process that waits and has nothing to do leaves the database alone.
TEST_F(SqsQueue, WaitsWithoutTheDatabase) {
    const auto queue = must(place->open());
    must(run_to_end(expect_bodies(*queue, "")));
    auto shut = [](Queue& one, store::Database& database) -> Task<void> {
        auto body = [&](store::Transaction& transaction) -> Task<void> {
            SLIPWAY_CO_CHECK(co_await transaction.execute("DROP TABLE queue_message"));
            co_return Result<void>();
        };
        SLIPWAY_CO_CHECK(co_await database.transact(store::Scope::system(), body));
        LeaseOptions options;
        options.wait = Milliseconds(2'500);
        SLIPWAY_CO_TRY(const auto messages, co_await one.lease("work", options));
        co_return expect(messages.empty(), "nothing, and no error");
    };
    must(run_to_end(shut(*queue, place->database())));
}

TEST_F(SqsQueue, AWaitIsStoppedAtOnce) {
    const auto queue = must(place->open());
    must(run_to_end(expect_bodies(*queue, "")));
    auto stop = std::make_shared<Stop>();
    auto wait = [](Queue& one, std::shared_ptr<Stop> until, bool& over) -> Task<void> {
        LeaseOptions options;
        options.wait = Milliseconds(60'000);
        options.stop = std::move(until);
        SLIPWAY_CO_TRY(const auto messages, co_await one.lease("work", options));
        over = true;
        co_return expect(messages.empty(), "nothing came");
    };
    auto ask = [](std::shared_ptr<Stop> asked, bool& over) -> Task<void> {
        co_await sleep_for(Milliseconds(300));
        SLIPWAY_CO_CHECK(expect(!over, "it waits"));
        asked->ask();
        for (int i = 0; i < 500 && !over; ++i) co_await sleep_for(Milliseconds(10));
        co_return expect(over, "it has ended long before the poll does");
    };
    bool over = false;
    std::vector<Task<void>> tasks;
    tasks.push_back(wait(*queue, stop, over));
    tasks.push_back(ask(stop, over));
    must(first_failure(run_to_end(all_of(std::move(tasks)))));
}

TEST_F(SqsQueue, WhatOthersSendIsParked) {
    const auto queue = must(place->open());
    must(run_to_end(expect_bodies(*queue, "")));  // the queues are there
    send_raw(R"({"Records":[{"eventSource":"aws:s3","s3":{"object":{"key":"a"}}}]})");
    send_raw("no JSON at all");
    send_raw(R"({"slipway":"ticket","message":"forged"})");
    send_raw(std::string(300'000, 'x'));
    must(run_to_end(enqueue(*queue, kHere, message("mine"))));
    const auto leased = must(run_to_end(lease_one(*queue)));
    EXPECT_EQ(leased.body, "mine");
    for (int looks = 0; looks < 300 && tickets() > 2; ++looks) {
        must(run_to_end(expect_bodies(*queue, "")));
        run_to_end(sleep_for(Milliseconds(20)));
    }
    const auto known = must(store::parse_sqs_url(place->options().url, ""));
    const auto found = raw("GetQueueUrl", {{"QueueName", must(store::sqs_queue_name(known, "work", true))}});
    const auto parked = raw("ReceiveMessage", {{"QueueUrl", text_or(found, "QueueUrl")},
                                               {"MaxNumberOfMessages", 10},
                                               {"MessageAttributeNames", json::array{"All"}}});
    ASSERT_NE(array_in(parked, "Messages"), nullptr);
    EXPECT_EQ(array_in(parked, "Messages")->size(), 3U);
    for (const auto& each : *array_in(parked, "Messages")) {
        const auto* const attributes = object_in(each.as_object(), "MessageAttributes");
        ASSERT_NE(attributes, nullptr);
        EXPECT_FALSE(text_or(*object_in(*attributes, "reason"), "StringValue").empty());
    }
}

TEST_F(SqsQueue, WhatOthersSendIsAMessageOfTheirWorkspace) {
    place->options().url += "&workspace=there";
    const auto queue = must(place->open());
    must(run_to_end(expect_bodies(*queue, "")));
    send_raw(R"({"name":"index","arguments":{"key":"a"}})");
    const auto first = must(run_to_end(lease_one(*queue, Milliseconds(1))));
    EXPECT_EQ(first.lease.workspace, kThere);
    EXPECT_EQ(first.body, R"({"name":"index","arguments":{"key":"a"}})");
    const auto again = must(run_to_end(lease_one(*queue)));
    EXPECT_EQ(again.lease.id, first.lease.id) << "it is one message, however often SQS gives it";
    EXPECT_EQ(again.attempts, 2);
    auto foreign = again.lease;
    foreign.workspace = kHere;
    EXPECT_FALSE(run_to_end(queue->acknowledge(foreign)).has_value()) << "another tenant's";
    must(run_to_end(queue->acknowledge(again.lease)));
    EXPECT_EQ(must(run_to_end(queue->total_counts("work"))).leased, 0);
}

TEST_F(SqsQueue, ARemovedQueueIsMadeAgain) {
    const auto queue = must(place->open());
    must(run_to_end(enqueue(*queue, kHere, message("a"))));
    const auto known = must(store::parse_sqs_url(place->options().url, ""));
    const auto found = raw("GetQueueUrl", {{"QueueName", must(store::sqs_queue_name(known, "work", false))}});
    raw("DeleteQueue", {{"QueueUrl", text_or(found, "QueueUrl")}});
    must(run_to_end(enqueue(*queue, kHere, message("b"))));
    const auto leased = must(run_to_end(lease_one(*queue)));
    EXPECT_EQ(leased.body, "a") << "the record, in its order";
}

TEST_F(SqsQueue, WarnsOfSettingsThatForget) {
    const auto queue = must(place->open());
    EXPECT_TRUE(must(run_to_end(queue->status())).warnings.empty());
    const auto known = must(store::parse_sqs_url(place->options().url, ""));
    json::object attributes{{"MessageRetentionPeriod", "3600"}};
    raw("CreateQueue", {{"QueueName", must(store::sqs_queue_name(known, "jobs", false))}, {"Attributes", attributes}});
    const auto warnings = must(run_to_end(queue->status())).warnings;
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_TRUE(warnings.front().contains("MessageRetentionPeriod")) << warnings.front();
}

struct SqsQueueFaults : SqsQueue {
    void SetUp() override {
        SqsQueue::SetUp();
        if (moto == nullptr) return;
        proxy = std::make_unique<Proxy>(moto->port());
        straight = place->options().url;
        auto& url = place->options().url;
        const auto port = std::to_string(moto->port());
        url.replace(url.find(port), port.size(), std::to_string(proxy->port()));
    }
    std::unique_ptr<Proxy> proxy;
    std::string straight;
};

TEST_F(SqsQueueFaults, DownAtTheStartIsToldAndWorksOnceItIsThere) {
    proxy->refuse(true);
    const auto queue = must(place->open());
    const auto refused = run_to_end(queue->enqueue(kHere, "work", message("early")));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(refused.error().message.contains("127.0.0.1")) << refused.error().message;
    EXPECT_FALSE(run_to_end(queue->status()).has_value());
    proxy->refuse(false);
    must(run_to_end(enqueue(*queue, kHere, message("late"))));
    EXPECT_EQ(bodies(must(run_to_end(lease(*queue)))), "late");
}

TEST_F(SqsQueueFaults, EnqueueTakesItsRowBackWhenSqsIsDown) {
    const auto queue = must(place->open());
    must(run_to_end(enqueue(*queue, kHere, message("before"))));
    auto keyed = message("keyed");
    keyed.deduplication_key = "key";
    proxy->refuse(true);
    proxy->cut();
    const auto refused = run_to_end(queue->enqueue(kHere, "work", keyed));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(refused.error().message.contains("hunter2"));
    EXPECT_EQ(must(run_to_end(queue->counts(kHere, "work"))).ready, 1) << "as if it had not been said";
    EXPECT_EQ(run_to_end(lease(*queue)).error().code, ErrorCode::unavailable);
    proxy->refuse(false);
    EXPECT_FALSE(must(run_to_end(queue->enqueue(kHere, "work", keyed))).duplicate) << "the key is free";
    EXPECT_EQ(must(run_to_end(lease(*queue))).size(), 2U);
}

TEST_F(SqsQueueFaults, LeasesAreSettledWhileSqsIsDown) {
    const auto queue = must(place->open());
    for (const auto* const body : {"a", "b", "c"}) must(run_to_end(enqueue(*queue, kHere, message(body))));
    const auto leased = must(run_to_end(lease(*queue, 3, Milliseconds(1'000))));
    ASSERT_EQ(leased.size(), 3U);
    proxy->refuse(true);
    proxy->cut();
    must(run_to_end(queue->acknowledge(leased[0].lease)));
    must(run_to_end(queue->bury(leased[1].lease, "broken")));
    must(run_to_end(queue->retry(leased[2].lease, "again", Milliseconds(0))));
    proxy->refuse(false);
    const auto again = must(run_to_end(lease_one(*queue)));
    EXPECT_EQ(again.body, "c");
    must(run_to_end(queue->acknowledge(again.lease)));
    const auto counts = must(run_to_end(queue->counts(kHere, "work")));
    EXPECT_EQ(counts.ready + counts.leased + counts.delayed, 0);
    EXPECT_EQ(counts.dead, 1);
}

// The answer with tickets is lost: they come again.
TEST_F(SqsQueueFaults, CutAnswersLoseNothing) {
    const auto queue = must(place->open());
    for (int i = 0; i < 3; ++i) must(run_to_end(enqueue(*queue, kHere, message("a"))));
    proxy->cut_after(20);
    std::size_t done = 0;
    for (int looks = 0; looks < 300 && done < 3; ++looks) {
        const auto messages = run_to_end(lease(*queue, 10, Milliseconds(2'000)));
        run_to_end(sleep_for(Milliseconds(20)));
        if (!messages) continue;
        for (const auto& each : *messages) must(run_to_end(queue->acknowledge(each.lease)));
        done += messages->size();
    }
    EXPECT_EQ(done, 3U);
}

TEST_F(SqsQueueFaults, AnswersInTimeWhenSqsIsFrozen) {
    place->options().client.attempts_max = 1;
    const auto queue = must(place->open());
    must(run_to_end(enqueue(*queue, kHere, message("a"))));
    proxy->swallow(true);
    EXPECT_EQ(run_to_end(queue->enqueue(kHere, "work", message("b"))).error().code, ErrorCode::unavailable);
    proxy->swallow(false);
    proxy->cut();
    const auto messages = must(run_to_end(lease(*queue)));
    EXPECT_EQ(bodies(messages), "a") << "b was taken back";
    proxy->delay(Milliseconds(200));
    must(run_to_end(enqueue(*queue, kHere, message("slow"))));
}

// moto looks at keys, and at their signatures, when it is told to.
TEST(SqsQueueCredentials, WrongOnesAreRefusedWithAWord) {
    const auto moto = MotoServer::start({{"INITIAL_NO_AUTH_ACTION_COUNT", "0"}});
    if (moto == nullptr) GTEST_SKIP() << "moto was not fetched";
    SqsQueuePlace place(*moto);
    const auto queue = must(place.open());
    const auto refused = run_to_end(queue->enqueue(kHere, "work", message("a")));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(refused.error().message.contains("credentials")) << refused.error().message;
    EXPECT_FALSE(refused.error().message.contains("hunter2"));
    EXPECT_FALSE(run_to_end(queue->status()).has_value());
    EXPECT_EQ(must(run_to_end(queue->counts(kHere, "work"))).ready, 0);
}

TEST(SqsQueueUrl, IsCheckedAtTheStart) {
    net::Client client;
    DatabaseQueuePlace records;
    must(records.open());
    for (const auto* const url :
         {"sqs:/us-east-1/app", "sqs://us-east-1/app?fifo=yes", "sqs://us-east-1/app?colour=red", "sqs:///app",
          "sqs://us-east-1/an%20app", "sqs://us-east-1/app?account=12", "sqs://us-east-1/app?endpoint=nowhere",
          "sqs://us east/app"}) {
        const auto made = store::make_sqs_queue(sqs_options(url), records.database(), client);
        ASSERT_FALSE(made.has_value()) << url;
        EXPECT_EQ(made.error().code, ErrorCode::invalid);
    }
    const auto place = must(store::parse_sqs_url("sqs://eu-west-1/app?fifo=true", ""));
    EXPECT_EQ(must(store::sqs_queue_name(place, "jobs", false)), "app-jobs.fifo");
    EXPECT_EQ(must(store::sqs_queue_name(place, "a.b_c", true)), "app-a_-b__c_dead.fifo");
    EXPECT_FALSE(store::sqs_queue_name(place, std::string(64, '_'), false).has_value());
}

}  // namespace
}  // namespace slipway::test
