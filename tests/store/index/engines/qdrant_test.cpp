// The Qdrant adapter: the conformance suite on a stand-in of today's version and of an old one, on a real server where
// QDRANT_TEST_URL names one, and faults.
#include <csignal>

#include <gtest/gtest.h>

#include "store/index/bench.h"
#include "store/index/engines/faults.h"
#include "store/index/engines/gate.h"
#include "store/index/engines/qdrant_place.h"

namespace slipway::test {
namespace {

using store::conformance::Check;
using store::conformance::checks;

const std::string kToday = "1.19.0", kOld = "1.7.4";

class QdrantConformance : public testing::TestWithParam<std::tuple<std::string, Check>> {};

TEST_P(QdrantConformance, Holds) {
    const auto& [version, check] = GetParam();
    if (version == "real") {
        const char* const url = std::getenv("QDRANT_TEST_URL");
        const auto open = [&](const std::filesystem::path&) {
            return store::open_qdrant(store::qdrant_options(url).value());
        };
        EXPECT_EQ(check.run(open).value_or(""), "");
        return;
    }
    auto* const place = QdrantPlace::get(version);
    if (!place) GTEST_SKIP() << "scripts/engines.sh qdrant-edge";
    const auto open = [&](const std::filesystem::path&) { return place->open(); };
    EXPECT_EQ(check.run(open).value_or(""), "");
}

std::vector<std::string> versions() {
    std::vector<std::string> all{kToday, kOld};
    if (std::getenv("QDRANT_TEST_URL")) all.push_back("real");
    return all;
}

INSTANTIATE_TEST_SUITE_P(Index, QdrantConformance,
                         testing::Combine(testing::ValuesIn(versions()),
                                          testing::ValuesIn(checks().begin(), checks().end())),
                         [](const auto& parameter) {
                             auto version = std::get<0>(parameter.param);
                             std::ranges::replace(version, '.', '_');
                             return fmt::format("{}_{}", std::get<1>(parameter.param).name, version);
                         });

class QdrantFaults : public testing::Test {
 protected:
    void SetUp() override {
        place_ = QdrantPlace::get(kToday);
        if (!place_) GTEST_SKIP() << "scripts/engines.sh qdrant-edge";
    }
    static std::unique_ptr<store::Index> open(const std::string& url, Milliseconds patience = Milliseconds(10'000)) {
        auto options = store::qdrant_options(url).value();
        options.read_time_max = options.write_time_max = patience;
        options.remote.busy_time_max = Milliseconds(2'000);
        return store::open_qdrant(std::move(options));
    }
    static std::string through(const Gate& gate, std::string_view scheme = "http") {
        return fmt::format("qdrant+{}://127.0.0.1:{}/faults?api_key=hunter2", scheme, gate.port());
    }

    QdrantPlace* place_ = nullptr;
};

TEST_F(QdrantFaults, NobodyThereIsToldAtOnce) {
    expect_told_at_once(*open(fmt::format("qdrant+http://127.0.0.1:{}/faults?api_key=hunter2", free_port())));
}

TEST_F(QdrantFaults, WrongKeyAndCertificateAreTold) {
    const auto wrong =
        error_of(open(fmt::format("qdrant+http://127.0.0.1:{}/x?api_key=hunter22", place_->port))->status());
    EXPECT_EQ(wrong.code, ErrorCode::upstream);
    EXPECT_TRUE(wrong.message.contains("key")) << wrong.message;
    const Gate gate({.upstream = place_->port, .tls = true});
    EXPECT_EQ(error_of(open(through(gate, "https"))->status()).code, ErrorCode::unavailable);
    const auto ca = "&ca=" + gate.certificate().string();
    EXPECT_EQ(must(open(through(gate, "https") + ca)->status()).engine, "Qdrant 1.19.0");
    const auto other_name = fmt::format("qdrant+https://localhost:{}/faults?api_key=hunter2{}", gate.port(), ca);
    EXPECT_EQ(error_of(open(other_name)->status()).code, ErrorCode::unavailable) << "it is certified for 127.0.0.1";
}

TEST_F(QdrantFaults, OutOfConnectionsIsTold) {
    Proxy proxy(place_->port);
    const auto url = fmt::format("qdrant+http://127.0.0.1:{}/faults?api_key=hunter2", proxy.port());
    expect_told_while_no_connection_is_free(*open(url), proxy);
    auto options = store::qdrant_options(place_->url("faults")).value();
    options.remote.requests_max = 2;
    expect_more_than_its_limit_is_told(*store::open_qdrant(std::move(options)), 2);
}

TEST_F(QdrantFaults, AReadOnlyKeyIsToldAndReadsGoOn) {
    auto writer = open(place_->url("faults"));
    auto reader = open(fmt::format("qdrant+http://127.0.0.1:{}/faults?api_key=hunter2-reads", place_->port));
    expect_read_only_is_told(*writer, *reader, [](bool) {});
}

TEST_F(QdrantFaults, CutAndLateAnswersAreErrorsAndNothingIsLost) {
    const Gate gate({.upstream = place_->port});
    auto index = open(through(gate), Milliseconds(5'000));
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(3)));
    gate.next({{"where", "/points/query"}, {"cut", true}, {"times", 2}});
    EXPECT_FALSE(run_to_end(index->search(kWorkspace, name, {.text = "water"})).has_value());
    EXPECT_EQ(must(index->search(kWorkspace, name, {.text = "water"})).size(), 3U);
    gate.next({{"where", "/points?wait"}, {"drop", true}, {"times", 2}});
    EXPECT_FALSE(run_to_end(index->upsert(kWorkspace, name, some_passages(5))).has_value());
    gate.next({{"where", "/points?wait"}, {"drop", true}});
    must(index->upsert(kWorkspace, name, some_passages(6)));
    EXPECT_TRUE(gate.done()) << "once is tried again unseen";
    EXPECT_EQ(must(index->count(kWorkspace, name, {})), 6U);
    gate.next({{"where", "/points/count"}, {"delay", 20}});
    EXPECT_EQ(error_of(index->count(kWorkspace, name, {})).code, ErrorCode::unavailable);
    must(index->drop(name));
}

TEST_F(QdrantFaults, BusyIsWaitedForAndFullIsTold) {
    const Gate gate({.upstream = place_->port});
    auto index = open(through(gate));
    const auto name = fresh_collection(*index);
    gate.next({{"where", "/points?wait"}, {"status", 429}, {"times", 2}});
    must(index->upsert(kWorkspace, name, some_passages(4)));
    EXPECT_TRUE(gate.done());
    gate.next({{"where", "/points?wait"}, {"status", 507}});
    EXPECT_EQ(error_of(index->upsert(kWorkspace, name, some_passages(6))).code, ErrorCode::unavailable);
    gate.next({{"where", "/points/count"}, {"status", 503}, {"times", 1000}});
    EXPECT_EQ(error_of(index->count(kWorkspace, name, {})).code, ErrorCode::unavailable);
    gate.next({{"where", "never"}});
    EXPECT_EQ(must(index->count(kWorkspace, name, {})), 4U);
    must(index->drop(name));
}

TEST_F(QdrantFaults, RenewedByAnotherProcessIsFoundAgain) {
    expect_renewed_is_found_again(*open(place_->url("faults")), *open(place_->url("faults")));
}

// Where most candidates must be looked at, and where ids begin alike, so that Qdrant's order says nothing.
TEST_F(QdrantFaults, SmallStepsLeadToTheSameAnswers) {
    auto options = store::qdrant_options(place_->url("faults")).value();
    options.exact_max = 50;
    options.batch_bytes_max = 5'000;
    auto index = store::open_qdrant(std::move(options));
    const auto name = "faults-" + new_id();
    must(index->ensure(name, {.dimension = 8}));
    store::conformance::Model model;
    std::vector<store::Passage> many;
    for (std::size_t i = 0; i < 700; ++i) {
        store::Passage passage{.id = fmt::format("document-{:04}", 9999 - i),
                               .name_space = i % 3 ? "two" : "one",
                               .text = store::conformance::random_text(i, 1 + (i * i) % 400),
                               .vector = store::conformance::random_vector(i, 8)};
        model[passage.id] = passage;
        many.push_back(std::move(passage));
    }
    must(index->upsert(kWorkspace, name, std::move(many)));
    for (const std::size_t limit : {1U, 10U, 100U}) {
        const store::Query query{.text = "water thunder kitchen", .limit = limit};
        store::conformance::expect_hits(must(index->search(kWorkspace, name, query)),
                                        store::conformance::expected_text(model, query), limit, "long and short");
    }
    std::vector<std::string> ids;
    std::optional<std::string> cursor;
    do {
        auto page = must(index->scroll(kWorkspace, name, {}, 150, cursor));
        for (const auto& passage : page.passages) ids.push_back(passage.id);
        cursor = page.next;
    } while (cursor);
    EXPECT_EQ(ids, store::conformance::matching_ids(model, {}));
    const store::Query near{.vector = store::conformance::random_vector(999, 8),
                            .filter = store::Filter::equal("namespace", "one"),
                            .limit = 150};
    EXPECT_EQ(must(index->search(kWorkspace, name, near)).size(), 150U);
    must(index->drop(name));
}

TEST_F(QdrantFaults, IsReadByThoseWhoKnowLangchain) {
    auto index = open(place_->url(""));
    const auto name = "tcm_documents_" + new_id();
    must(index->ensure(name, {.dimension = 2}));
    must(index->upsert(
        kWorkspace, name,
        {{.id = "a", .text = "ginger warms", .metadata = {{"source", "herbs"}}, .vector = store::Vector{0, 1}}}));
    net::Client client;
    const auto ask = [&]() -> Task<json::value> {
        net::ClientRequest request;
        request.method = net::Method::post;
        request.url = fmt::format("http://127.0.0.1:{}/collections/{}/points/query", place_->port, name);
        request.headers.set("api-key", "hunter2");
        request.body = R"({"query":[0.0,1.0],"limit":4,"with_payload":true})";
        SLIPWAY_CO_TRY(const auto response, co_await client.send(std::move(request)));
        SLIPWAY_CO_TRY(const auto text, co_await response->read_all());
        co_return parse_json(text);
    };
    const auto answer = must(ask());
    const auto& points = answer.at("result").at("points").as_array();
    ASSERT_EQ(points.size(), 1U) << "the point that describes the collection has no vector";
    EXPECT_EQ(points[0].at("payload").at("page_content").as_string(), "ginger warms");
    EXPECT_EQ(points[0].at("payload").at("metadata").at("source").as_string(), "herbs");
    must(index->drop(name));
}

TEST_F(QdrantFaults, ZFrozenAndStartedAgain) {
    auto index = open(place_->url("faults"), Milliseconds(5'000));
    const auto name = fresh_collection(*index);
    must(index->upsert(kWorkspace, name, some_passages(7)));
    place_->process->signal(SIGSTOP);
    EXPECT_EQ(error_of(index->search(kWorkspace, name, {.text = "water"})).code, ErrorCode::unavailable);
    place_->process->signal(SIGCONT);
    must(index->status());
    place_->process->stop(SIGKILL);
    EXPECT_EQ(error_of(index->search(kWorkspace, name, {.text = "water"})).code, ErrorCode::unavailable);
    ASSERT_TRUE(place_->process->start_again().has_value());
    EXPECT_EQ(must(index->count(kWorkspace, name, {})), 7U) << "what was acknowledged survives a kill";
    must(index->drop(name));
}

TEST(QdrantUrl, IsReadAndRefused) {
    const auto options = store::qdrant_options("qdrant+https://q.example.org/app?api_key=hunter2%2B").value();
    EXPECT_EQ(options.remote.place.place(), "https://q.example.org:6333");
    EXPECT_EQ(options.remote.headers.get("api-key"), "hunter2+");
    EXPECT_EQ(options.prefix, "app");
    for (const auto* url : {"qdrant://host?api_key=hunter2", "qdrant+http://ada:hunter2@host",
                            "qdrant+http://host/a.b?api_key=hunter2", "qdrant+http://host?key=hunter2"}) {
        const auto refused = store::qdrant_options(url);
        ASSERT_FALSE(refused.has_value()) << url;
        EXPECT_FALSE(refused.error().message.contains("hunter2")) << refused.error().message;
    }
}

}  // namespace
}  // namespace slipway::test
