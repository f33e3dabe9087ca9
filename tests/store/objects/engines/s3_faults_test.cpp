// What can go wrong with a bucket: an error in time that says what to do, recovery without a restart, and nothing that
// was acknowledged is lost.
#include <csignal>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "store/objects/engines/cutting_proxy.h"
#include "store/objects/engines/s3_place.h"

namespace slipway::test {
namespace {

using store::AwsClientOptions;
using store::ObjectInfo;

const WorkspaceId kHere{"here"};

AwsClientOptions impatient() {
    return {.total_time_max = Milliseconds(3'000),
            .timeouts = {.connect = Milliseconds(500),
                         .first_byte = Milliseconds(500),
                         .between_bytes = Milliseconds(500),
                         .total = Milliseconds(1'500)},
            .wait_first = Milliseconds(10),
            .wait_max = Milliseconds(50)};
}

struct S3Faults : testing::Test {
    void begin(std::vector<std::string> more = {}, std::vector<std::string> before = {},
               S3Engine::Kind kind = S3Engine::Kind::versitygw) {
        engine = S3Engine::start(kind, std::move(more), std::move(before));
        if (engine == nullptr) GTEST_SKIP() << "the engine was not fetched";
        objects = engine->open(engine->url("p"), impatient()).value();
    }
    Result<ObjectInfo> put(std::string key, std::string data = "content", store::WriteCondition condition = {}) {
        return run_to_end(objects->put(kHere, std::move(key), std::move(data), "text/plain", std::move(condition)));
    }
    // It has stopped once this returns.
    void freeze() {
        engine->process().signal(SIGSTOP);
        for (std::string state; !state.contains(") T"); std::this_thread::sleep_for(Milliseconds(1))) {
            std::ifstream stat(fmt::format("/proc/{}/stat", engine->process().id()));
            std::getline(stat, state);
        }
    }
    // Its code, after it was seen that no message tells the secret.
    template <typename T>
    static ErrorCode code(const Result<T>& result) {
        if (result) return ErrorCode::internal;
        EXPECT_FALSE(result.error().message.contains(kS3Keys.secret_access_key)) << result.error().message;
        EXPECT_FALSE(result.error().message.empty());
        return result.error().code;
    }
    std::string url(std::uint16_t port) const {
        return fmt::format("s3://slipway-tests/p?endpoint=http://127.0.0.1:{}", port);
    }

    std::unique_ptr<S3Engine> engine;
    std::unique_ptr<store::Objects> objects;
};

TEST_F(S3Faults, DownAtTheStart) {
    begin();
    if (!engine) return;
    engine->process().stop(SIGKILL);
    const auto checked = run_to_end(objects->check());
    EXPECT_EQ(code(checked), ErrorCode::unavailable);
    EXPECT_TRUE(checked.error().message.contains("127.0.0.1")) << checked.error().message;
    must(engine->process().start_again());
    EXPECT_TRUE(run_to_end(objects->check()).has_value()) << "no restart is needed";
}

TEST_F(S3Faults, DownInTheMiddle) {
    begin();
    if (!engine) return;
    std::vector<std::string> acknowledged;
    for (int i = 0; i < 20; ++i) {
        if (i == 10) engine->process().stop(SIGKILL);
        if (i == 15) must(engine->process().start_again());
        const auto key = fmt::format("k{}", i);
        const auto stored = put(key);
        if (stored) acknowledged.push_back(key);
        EXPECT_EQ(stored.has_value(), i < 10 || i >= 15) << i;
        if (!stored) EXPECT_EQ(code(stored), ErrorCode::unavailable);
    }
    for (const auto& key : acknowledged) EXPECT_TRUE(run_to_end(objects->get(kHere, key)).has_value()) << key;
}

TEST_F(S3Faults, DownInTheMiddleOfAnUpload) {
    begin();
    if (!engine) return;
    ASSERT_TRUE(put("a", "old"));
    const auto upload = [&]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto writer, co_await objects->upload(kHere, "a"));
        SLIPWAY_CO_CHECK(co_await writer->write(std::string(6'000'000, 'x')));
        engine->process().stop(SIGKILL);
        SLIPWAY_CO_CHECK(co_await writer->write(std::string(6'000'000, 'x')));
        SLIPWAY_CO_CHECK(co_await writer->finish());
        co_return Result<void>();
    };
    EXPECT_EQ(code(run_to_end(upload())), ErrorCode::unavailable);
    must(engine->process().start_again());
    EXPECT_EQ(run_to_end(objects->get(kHere, "a"))->data, "old");
}

TEST_F(S3Faults, Frozen) {
    begin();
    if (!engine) return;
    ASSERT_TRUE(put("a"));
    freeze();
    EXPECT_EQ(code(put("b")), ErrorCode::unavailable);
    EXPECT_EQ(code(run_to_end(objects->get(kHere, "a"))), ErrorCode::unavailable);
    engine->process().signal(SIGCONT);
    EXPECT_TRUE(put("b"));
    EXPECT_TRUE(run_to_end(objects->get(kHere, "a")).has_value());
}

TEST_F(S3Faults, WhoGoesAwayWaitsNoLonger) {
    begin();
    if (!engine) return;
    objects = engine->open(engine->url("p")).value();  // with all its patience
    freeze();
    const auto wait = [&]() -> asio::awaitable<void> { static_cast<void>(co_await objects->get(kHere, "a")); };
    const auto leave = [&]() -> Task<bool> {
        const auto stop = std::make_shared<Stop>();
        Stop::ask_after(stop, co_await asio::this_coro::executor, Milliseconds(200));
        auto work = wait();
        co_await run_until(stop, std::move(work));
        co_return stop->asked();
    };
    EXPECT_TRUE(run_to_end(leave()).value()) << "it ended because it was asked to";
    engine->process().signal(SIGCONT);
    EXPECT_EQ(code(run_to_end(objects->get(kHere, "a"))), ErrorCode::not_found);
}

TEST_F(S3Faults, CutInTheMiddleOfAnAnswer) {
    begin();
    if (!engine) return;
    CuttingProxy proxy(engine->process().port());
    objects = engine->open(url(proxy.port()), impatient()).value();
    const std::string data(300'000, 'x');
    ASSERT_TRUE(run_to_end(engine->open(engine->url("p")).value()->put(kHere, "a", data)).has_value());
    proxy.cut_answers(100'000, 2);
    EXPECT_EQ(run_to_end(objects->get(kHere, "a"))->data.size(), data.size()) << "asked again";
    EXPECT_EQ(proxy.connections(), 3);
    proxy.cut_answers(100'000, 100);
    EXPECT_EQ(code(run_to_end(objects->get(kHere, "a"))), ErrorCode::upstream) << "not for ever";
    proxy.cut_answers(0, 0);
    EXPECT_TRUE(run_to_end(objects->get(kHere, "a")).has_value());
}

TEST_F(S3Faults, CutBeforeTheAnswerToAWrite) {
    begin();
    if (!engine) return;
    CuttingProxy proxy(engine->process().port());
    objects = engine->open(url(proxy.port()), impatient()).value();
    proxy.cut_answers(1, 1);
    EXPECT_TRUE(put("a")) << "twice is as good as once";
    proxy.cut_answers(1, 100);
    const auto created = put("new", "x", {.if_absent = true});
    EXPECT_TRUE(code(created) == ErrorCode::unavailable || code(created) == ErrorCode::upstream)
        << "whether it was written is not known, so it is not said";
    EXPECT_TRUE(code(put("a")) == ErrorCode::unavailable || code(put("a")) == ErrorCode::upstream) << "not for ever";
}

TEST_F(S3Faults, OutOfConnections) {
    begin({"--max-requests", "1", "--max-connections", "2"});
    if (!engine) return;
    std::vector<Task<void>> tasks;
    const auto write = [this](int i) -> Task<void> {
        const auto stored = co_await objects->put(kHere, fmt::format("k{}", i), std::string(100'000, 'x'));
        if (stored) {
            SLIPWAY_CO_CHECK(co_await objects->get(kHere, fmt::format("k{}", i)));
            co_return Result<void>();
        }
        co_return std::unexpected(stored.error());
    };
    for (int i = 0; i < 16; ++i) tasks.push_back(write(i));
    int stored = 0;
    for (const auto& result : run_to_end(all_of(std::move(tasks)))) {
        stored += result ? 1 : 0;
        if (!result) EXPECT_TRUE(code(result) == ErrorCode::unavailable || code(result) == ErrorCode::upstream);
    }
    EXPECT_GT(stored, 0);
    EXPECT_TRUE(put("after"));
}

TEST_F(S3Faults, ReadOnly) {
    begin({"--readonly"});
    if (!engine) return;
    const auto stored = put("a");
    EXPECT_EQ(code(stored), ErrorCode::unavailable);
    EXPECT_TRUE(stored.error().message.contains("allowed")) << stored.error().message;
    EXPECT_TRUE(run_to_end(objects->check()).has_value());
}

// A limit on the size of files stands for a full disk.
TEST_F(S3Faults, FullDisk) {
    begin({}, {"/usr/bin/prlimit", "--fsize=1000000"});
    if (!engine) return;
    ASSERT_TRUE(put("a", "old"));
    EXPECT_EQ(code(put("a", std::string(2'000'000, 'x'))), ErrorCode::unavailable);
    EXPECT_EQ(run_to_end(objects->get(kHere, "a"))->data, "old");
    EXPECT_TRUE(put("a", "new")) << "what fits goes on";
}

TEST_F(S3Faults, WrongPassword) {
    begin();
    if (!engine) return;
    for (const char* const id : {"slipway-tests", "nobody"}) {
        const store::AwsCredentials wrong{.access_key_id = id, .secret_access_key = "another secret"};
        objects =
            store::open_s3_objects(
                {.url = engine->url("p"), .region = "us-east-1", .credentials = store::CredentialsProvider::of(wrong)},
                engine->client(), engine->pool())
                .value();
        EXPECT_EQ(code(put("a")), ErrorCode::unavailable) << id;
        const auto got = run_to_end(objects->get(kHere, "a"));
        EXPECT_EQ(code(got), ErrorCode::unavailable) << id << " learns nothing of what is there";
        EXPECT_FALSE(got.error().message.contains("another secret"));
        EXPECT_EQ(code(run_to_end(objects->check())), ErrorCode::unavailable);
    }
}

TEST_F(S3Faults, WrongBucket) {
    begin();
    if (!engine) return;
    objects = engine->open(fmt::format("s3://nowhere?endpoint={}", engine->endpoint())).value();
    const auto got = run_to_end(objects->get(kHere, "a"));
    EXPECT_EQ(code(got), ErrorCode::unavailable);
    EXPECT_TRUE(got.error().message.contains("bucket")) << got.error().message;
    EXPECT_EQ(code(run_to_end(objects->check())), ErrorCode::unavailable);
}

TEST_F(S3Faults, WrongCertificate) {
    begin({}, {}, S3Engine::Kind::versitygw_tls);
    if (!engine) return;
    EXPECT_TRUE(put("a"));
    net::Client distrusting;
    objects = store::open_s3_objects({.url = engine->url("p"),
                                      .region = "us-east-1",
                                      .credentials = store::CredentialsProvider::of(kS3Keys),
                                      .client = impatient()},
                                     distrusting, engine->pool())
                  .value();
    const auto stored = put("a");
    EXPECT_EQ(code(stored), ErrorCode::unavailable);
    EXPECT_TRUE(stored.error().message.contains("trusted")) << stored.error().message;
    const auto other_name = fmt::format("s3://slipway-tests/p?endpoint=https://localhost:{}", engine->process().port());
    objects = engine->open(other_name, impatient()).value();
    EXPECT_EQ(code(put("a")), ErrorCode::unavailable) << "it is certified for 127.0.0.1";
}

TEST_F(S3Faults, SkewedClock) {
    begin();
    if (!engine) return;
    for (const auto skew : {-std::chrono::hours(2), std::chrono::hours(26)}) {
        auto options = impatient();
        options.clock = [skew] { return now() + skew; };
        objects = engine->open(engine->url("p"), options).value();
        EXPECT_TRUE(put("a", "of another time"));
        const auto link = run_to_end(objects->presign(kHere, "a", store::Access::get, std::chrono::minutes(1))).value();
        S3ObjectsPlace place(*engine);
        const auto answer = run_to_end(place.use(*objects, {.url = link.url}));
        EXPECT_EQ(answer->status, 200) << "links too are signed by the server's time";
    }
}

}  // namespace
}  // namespace slipway::test
