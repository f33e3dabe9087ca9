// The OpenSearch adapter against the real engine: the conformance suite, and faults.
#include <csignal>

#include <gtest/gtest.h>

#include "store/index/bench.h"
#include "store/index/engines/faults.h"
#include "store/index/engines/gate.h"
#include "store/index/engines/opensearch_place.h"

namespace slipway::test {
namespace {

using store::conformance::Check;
using store::conformance::checks;

class OpenSearchConformance : public testing::TestWithParam<Check> {};

TEST_P(OpenSearchConformance, Holds) {
    auto* const place = OpenSearchPlace::get();
    if (!place) GTEST_SKIP() << "scripts/engines.sh opensearch";
    const auto open = [&](const std::filesystem::path&) { return place->open(); };
    const auto problem = GetParam().run(open);
    EXPECT_FALSE(problem.has_value()) << problem.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Index, OpenSearchConformance, testing::ValuesIn(checks().begin(), checks().end()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

class OpenSearchFaults : public testing::Test {
 protected:
    void SetUp() override {
        place_ = OpenSearchPlace::get();
        if (!place_) GTEST_SKIP() << "scripts/engines.sh opensearch";
    }
    // A short patience, so that what is slow is found slow soon.
    static std::unique_ptr<store::Index> open(const std::string& url, Milliseconds patience = Milliseconds(10'000)) {
        auto options = store::opensearch_options(url).value();
        options.read_time_max = options.write_time_max = patience;
        options.remote.busy_time_max = Milliseconds(2'000);
        return store::open_opensearch(std::move(options));
    }
    static std::string through(const Gate& gate, std::string_view scheme = "http", std::string_view user = "") {
        return fmt::format("opensearch+{}://{}127.0.0.1:{}/faults", scheme, user, gate.port());
    }
    // What an operator does by hand; the status of the answer.
    int block_new_indexes(std::string_view value) const {
        return put("_cluster/settings", fmt::format(R"({{"persistent":{{"cluster.blocks.create_index":{0}}},)"
                                                    R"("transient":{{"cluster.blocks.create_index":{0}}}}})",
                                                    value));
    }
    int put(std::string_view path, std::string body) const {
        net::Client client;
        const auto ask = [&]() -> Task<int> {
            net::ClientRequest request;
            request.method = net::Method::put;
            request.url = fmt::format("http://127.0.0.1:{}/{}", place_->port, path);
            request.headers.set("Content-Type", "application/json");
            request.body = std::move(body);
            SLIPWAY_CO_TRY(const auto response, co_await client.send(std::move(request)));
            SLIPWAY_CO_TRY(const auto text, co_await response->read_all());
            co_return response->status;
        };
        return must(ask());
    }
    OpenSearchPlace* place_ = nullptr;
};

TEST_F(OpenSearchFaults, NobodyThereIsToldAtOnce) {
    expect_told_at_once(*open(fmt::format("opensearch+http://ada:hunter2@127.0.0.1:{}/faults", free_port())));
}

TEST_F(OpenSearchFaults, WrongPasswordAndCertificateAreTold) {
    const Gate gate({.upstream = place_->port, .authorization = "Basic " + to_base64("ada:hunter2"), .tls = true});
    const auto ca = "?ca=" + gate.certificate().string();
    EXPECT_EQ(error_of(open(through(gate, "https", "ada:hunter2@"))->status()).code, ErrorCode::unavailable);
    const auto refused = error_of(open(through(gate, "https", "ada:hunter22@") + ca)->ensure("c", {}));
    EXPECT_EQ(refused.code, ErrorCode::upstream) << refused.message;
    EXPECT_TRUE(refused.message.contains("password")) << refused.message;
    EXPECT_EQ(must(open(through(gate, "https", "ada:hunter2@") + ca)->status()).engine, "OpenSearch 3.3.2");
    const auto other_name = fmt::format("opensearch+https://ada:hunter2@localhost:{}/faults{}", gate.port(), ca);
    EXPECT_EQ(error_of(open(other_name)->status()).code, ErrorCode::unavailable) << "it is certified for 127.0.0.1";
}

TEST_F(OpenSearchFaults, OutOfConnectionsIsTold) {
    Proxy proxy(place_->port);
    expect_told_while_no_connection_is_free(*open(fmt::format("opensearch+http://127.0.0.1:{}/faults", proxy.port())),
                                            proxy);
    auto options = store::opensearch_options(place_->url("faults")).value();
    options.remote.requests_max = 2;
    expect_more_than_its_limit_is_told(*store::open_opensearch(std::move(options)), 2);
}

TEST_F(OpenSearchFaults, AReadOnlyClusterIsToldAndReadsGoOn) {
    auto index = open(place_->url("faults"));
    expect_read_only_is_told(*index, *index, [&](bool allowed) {
        const auto* const value = allowed ? "null" : "true";
        ASSERT_EQ(put("_cluster/settings", fmt::format(R"({{"transient":{{"cluster.blocks.read_only":{}}}}})", value)),
                  200);
    });
}

TEST_F(OpenSearchFaults, TheHookSignsEveryAttempt) {
    const Gate gate({.upstream = place_->port, .authorization = "signed"});
    auto options = store::opensearch_options(through(gate)).value();
    options.remote.sign = [](net::ClientRequest& request) -> Task<void> {
        request.headers.set("Authorization", "signed");
        co_return Result<void>();
    };
    auto index = store::open_opensearch(std::move(options));
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(3)));
    EXPECT_EQ(must(index->count(kWorkspace, name, {})), 3U);
    must(index->drop(name));
}

TEST_F(OpenSearchFaults, CutAnswersAreErrorsAndNothingIsLost) {
    const Gate gate({.upstream = place_->port});
    auto index = open(through(gate));
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(3)));
    gate.next({{"where", "_search"}, {"cut", true}, {"times", 2}});
    EXPECT_FALSE(run_to_end(index->search(kWorkspace, name, {.text = "water"})).has_value());
    EXPECT_EQ(must(index->search(kWorkspace, name, {.text = "water"})).size(), 3U);
    gate.next({{"where", "_bulk"}, {"drop", true}, {"times", 2}});
    EXPECT_FALSE(run_to_end(index->upsert(kWorkspace, name, some_passages(5))).has_value());
    must(index->upsert(kWorkspace, name, some_passages(5)));
    EXPECT_EQ(must(index->count(kWorkspace, name, {})), 5U);
    // Once is tried again unseen.
    gate.next({{"where", "_bulk"}, {"drop", true}});
    must(index->upsert(kWorkspace, name, some_passages(6)));
    must(index->drop(name));
}

TEST_F(OpenSearchFaults, SlowAnswersEndInTime) {
    const Gate gate({.upstream = place_->port});
    auto index = open(through(gate), Milliseconds(5'000));
    const auto name = fresh_collection(*index);
    gate.next({{"where", "_count"}, {"delay", 20}});
    EXPECT_EQ(error_of(index->count(kWorkspace, name, {})).code, ErrorCode::unavailable);
    EXPECT_EQ(must(index->count(kWorkspace, name, {})), 0U);
    must(index->drop(name));
}

TEST_F(OpenSearchFaults, BusyIsWaitedForAWhile) {
    const Gate gate({.upstream = place_->port});
    auto index = open(through(gate));
    const auto name = fresh_collection(*index);
    gate.next({{"where", "_bulk"}, {"status", 429}, {"times", 2}});
    must(index->upsert(kWorkspace, name, some_passages(4)));
    EXPECT_TRUE(gate.done());
    gate.next({{"where", "_search"}, {"status", 503}, {"times", 1000}});
    EXPECT_EQ(error_of(index->search(kWorkspace, name, {.text = "water"})).code, ErrorCode::unavailable);
    gate.next({{"times", 1}, {"where", "never"}});
    EXPECT_EQ(must(index->search(kWorkspace, name, {.text = "water"})).size(), 4U);
    must(index->drop(name));
}

TEST_F(OpenSearchFaults, SinglePassagesAreSentAgainOrNamed) {
    const Gate gate({.upstream = place_->port});
    auto index = open(through(gate));
    const auto name = fresh_collection(*index);
    gate.next({{"where", "_bulk"}, {"items", 429}});
    must(index->upsert(kWorkspace, name, some_passages(3)));
    EXPECT_TRUE(gate.done());
    gate.next({{"where", "_bulk"}, {"items", 400}});
    const auto error = error_of(index->upsert(kWorkspace, name, some_passages(3)));
    EXPECT_EQ(error.code, ErrorCode::upstream);
    const auto* items = array_in(error.details, "items");
    ASSERT_TRUE(items && items->size() == 1U) << write_json(error.details);
    EXPECT_EQ(text_or((*items)[0].get_object(), "id"), "p0000");
    must(index->drop(name));
}

// It is told to want more room than there is, and looks every ten seconds.
TEST_F(OpenSearchFaults, AFullDiskRefusesAndIsSurvived) {
    auto index = open(place_->url("faults"));
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(3)));
    const auto want_room = [&](bool looks, std::string_view room) {
        constexpr std::string_view kDisk = "cluster.routing.allocation.disk";
        return put("_cluster/settings",
                   fmt::format(R"({{"transient":{{"{0}.threshold_enabled":{1},"{0}.watermark.low":{2},)"
                               R"("{0}.watermark.high":{2},"{0}.watermark.flood_stage":{2}}}}})",
                               kDisk, looks, room));
    };
    // The last answer, once it is what is waited for.
    const auto write_until = [&](bool taken) {
        Result<void> written;
        for (int i = 0; i < 300; ++i) {
            written = run_to_end(index->upsert(kWorkspace, name, some_passages(6)));
            if (written.has_value() == taken) break;
            run_to_end(sleep_for(Milliseconds(200)));
        }
        return written;
    };
    ASSERT_EQ(want_room(true, R"("900000gb")"), 200);
    const auto full = write_until(false);
    ASSERT_FALSE(full.has_value()) << "the disk is never full";
    EXPECT_EQ(full.error().code, ErrorCode::unavailable) << full.error().message;
    EXPECT_TRUE(full.error().message.contains("disk usage exceeded")) << full.error().message;
    EXPECT_FALSE(must(index->search(kWorkspace, name, {.text = "water"})).empty()) << "reads go on";
    ASSERT_EQ(want_room(true, R"("1mb")"), 200);
    EXPECT_TRUE(write_until(true).has_value()) << "it lets go of the index by itself";
    // If it looked meanwhile, it takes no new ones, and may keep to that.
    EXPECT_EQ(block_new_indexes("null"), 200);
    EXPECT_EQ(must(index->count(kWorkspace, name, {})), 6U);
    EXPECT_EQ(want_room(false, "null"), 200);
    must(index->drop(name));
}

// What a cluster does to itself when it looks while all its disks are full.
TEST_F(OpenSearchFaults, AClusterThatTakesNoNewIndexSaysWhatToDo) {
    auto index = open(place_->url("faults"));
    const auto name = "faults-" + new_id();
    ASSERT_EQ(block_new_indexes("true"), 200);
    const auto refused = run_to_end(index->ensure(name, {.dimension = 8}));
    EXPECT_EQ(block_new_indexes("null"), 200);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(refused.error().message.contains("cluster.blocks.create_index")) << refused.error().message;
    must(index->ensure(name, {.dimension = 8}));
    must(index->drop(name));
}

TEST_F(OpenSearchFaults, RenewedByAnotherProcessIsFoundAgain) {
    expect_renewed_is_found_again(*open(place_->url("faults")), *open(place_->url("faults")));
}

TEST_F(OpenSearchFaults, ApproximateSearchIsNeverShort) {
    auto options = store::opensearch_options(place_->url("faults")).value();
    options.exact_max = 50;
    options.bulk_bytes_max = 20'000;  // many requests for one call
    auto index = store::open_opensearch(std::move(options));
    const auto name = "faults-" + new_id();
    must(index->ensure(name, {.dimension = 8}));
    std::vector<store::Passage> many;
    for (std::size_t i = 0; i < 600; ++i)
        many.push_back({.id = fmt::format("p{:04}", i),
                        .name_space = i % 3 ? "two" : "one",
                        .text = "water",
                        .vector = store::conformance::random_vector(i, 8)});
    must(index->upsert(kWorkspace, name, std::move(many)));
    const store::Query query{.vector = store::conformance::random_vector(999, 8),
                             .filter = store::Filter::equal("namespace", "one"),
                             .limit = 150};
    const auto hits = must(index->search(kWorkspace, name, query));
    EXPECT_EQ(hits.size(), 150U);
    for (const auto& hit : hits) EXPECT_EQ(hit.passage.name_space, "one");
    must(index->drop(name));
}

TEST_F(OpenSearchFaults, ZFrozenAndStartedAgain) {
    auto index = open(place_->url("faults"), Milliseconds(5'000));
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(7)));
    place_->process->signal(SIGSTOP);
    EXPECT_EQ(error_of(index->search(kWorkspace, name, {.text = "water"})).code, ErrorCode::unavailable);
    EXPECT_EQ(error_of(index->upsert(kWorkspace, name, some_passages(9))).code, ErrorCode::unavailable);
    place_->process->signal(SIGCONT);
    must(index->status());
    place_->process->stop(SIGKILL);
    EXPECT_EQ(error_of(index->search(kWorkspace, name, {.text = "water"})).code, ErrorCode::unavailable);
    ASSERT_TRUE(place_->process->start_again().has_value());
    auto patient = open(place_->url("faults"), Milliseconds(60'000));
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!run_to_end(patient->count(kWorkspace, name, {})) && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_GE(must(patient->count(kWorkspace, name, {})), 7U) << "what was acknowledged survives a kill";
    EXPECT_TRUE(run_to_end(index->drop(name)).has_value()) << "the adapter that saw the fall goes on";
}

TEST(OpenSearchUrl, IsReadAndRefused) {
    const auto options =
        store::opensearch_options("opensearch+https://ada:p%40ss@search.example.org/app?shards=3").value();
    EXPECT_EQ(options.remote.place.place(), "https://search.example.org:443");
    EXPECT_EQ(options.remote.headers.get("Authorization"), "Basic " + to_base64("ada:p@ss"));
    EXPECT_EQ(options.prefix, "app");
    EXPECT_EQ(options.shards, 3U);
    for (const auto* url : {"opensearch://ada:hunter2@host", "opensearch+http://ada:hunter2@host/Upper",
                            "opensearch+http://ada:hunter2@host?shards=0", "opensearch+http://ada:hunter2@host?x=1",
                            "opensearch+http://ada:hunter2@host/a/b", "opensearch+ftp://ada:hunter2@host"}) {
        const auto refused = store::opensearch_options(url);
        ASSERT_FALSE(refused.has_value()) << url;
        EXPECT_FALSE(refused.error().message.contains("hunter2")) << refused.error().message;
    }
}

}  // namespace
}  // namespace slipway::test
