// One corpus gives the same ids on every backend, under every filter.
#include <gtest/gtest.h>

#include "store/index/bench.h"
#include "store/index/embedded.h"
#include "store/index/engines/faults.h"
#include "store/index/engines/opensearch_place.h"
#include "store/index/engines/pgvector_place.h"
#include "store/index/engines/qdrant_place.h"

namespace slipway::test {
namespace {

using store::conformance::ids_of;

constexpr std::size_t kDimension = 12, kPassages = 300;

struct Backend {
    std::string name;
    std::unique_ptr<store::Index> index;
};

class SameAnswers : public testing::Test {
 protected:
    void SetUp() override {
        const auto* const opensearch = OpenSearchPlace::get();
        const auto* const qdrant = QdrantPlace::get("1.19.0");
        const auto* const pgvector = PgvectorPlace::get("18");
        if (!opensearch || !qdrant || !pgvector)
            GTEST_SKIP() << "scripts/engines.sh opensearch qdrant-edge postgresql-18";
        backends_.push_back({"embedded", store::open_embedded(folder_ / "index.db").value()});
        backends_.push_back({"opensearch", opensearch->open("same")});
        backends_.push_back({"qdrant", qdrant->open("same")});
        backends_.push_back({"pgvector", pgvector->open()});
        if (const auto* const old = PgvectorPlace::get("16"))
            backends_.push_back({"pgvector by its graph", old->open({.exact_max = 20, .beside_values_max = 1})});
        std::vector<store::Passage> corpus;
        for (std::size_t i = 0; i < kPassages; ++i)
            corpus.push_back(store::conformance::random_passage(i + 77, fmt::format("p{:04}", i), kDimension));
        for (const auto& backend : backends_) {
            must(backend.index->ensure(collection_, {.dimension = kDimension}));
            must(backend.index->upsert(kWorkspace, collection_, corpus));
            // Of another tenant, with the same ids.
            auto others = corpus;
            for (auto& passage : others) passage.text += " silver silver thunder";
            must(backend.index->upsert({"other"}, collection_, std::move(others)));
        }
    }
    void TearDown() override {
        for (const auto& backend : backends_) must(backend.index->drop(collection_));
    }
    // The first backend is what the others are compared with.
    template <typename Ask>
    void expect_same(std::string_view what, Ask ask) {
        const auto first = ask(*backends_.front().index);
        for (const auto& backend : backends_) EXPECT_EQ(ask(*backend.index), first) << what << " on " << backend.name;
    }

    TemporaryFolder folder_;
    std::vector<Backend> backends_;
    const std::string collection_ = "same-" + new_id();
};

TEST_F(SameAnswers, UnderEveryFilter) {
    std::size_t number = 0;
    for (const auto& filter : store::conformance::many_filters()) {
        const auto what = fmt::format("filter {}", number++);
        const auto found_by = [&](const store::Query& query) {
            return
                [&, query](store::Index& index) { return ids_of(must(index.search(kWorkspace, collection_, query))); };
        };
        const auto vector = store::conformance::random_vector(number, kDimension);
        expect_same(what + ", words", found_by({.text = "silver thunder", .filter = filter, .limit = 20}));
        expect_same(what + ", vector", found_by({.vector = vector, .filter = filter, .limit = 20}));
        expect_same(what + ", both", found_by({.text = "winding river", .vector = vector, .filter = filter}));
        expect_same(what + ", count",
                    [&](store::Index& index) { return must(index.count(kWorkspace, collection_, filter)); });
        expect_same(what + ", scroll", [&](store::Index& index) {
            std::vector<std::string> ids;
            for (const auto& passage : must(index.scroll(kWorkspace, collection_, filter, 1000, {})).passages)
                ids.push_back(passage.id);
            return ids;
        });
    }
}

TEST_F(SameAnswers, WithTheSameScoresAndReasons) {
    const store::Query query{.text = "silver thunder kitchen", .expansions = {{"river", 0.5}}, .limit = 50};
    expect_same("scores", [&](store::Index& index) {
        std::vector<std::string> told;
        for (const auto& hit : must(index.search(kWorkspace, collection_, query))) {
            auto line = fmt::format("{} {:.9f}", hit.passage.id, hit.score);
            for (const auto& term : hit.terms) line += fmt::format(" {}={:.9f}", term.term, term.score);
            told.push_back(std::move(line));
        }
        return told;
    });
}

// Numbers at the limits, strings that look like numbers, fields with signs, arrays, long values.
TEST_F(SameAnswers, ForMetadataAtTheEdges) {
    const std::string field = "odd.\"field\" = [0]", lengthy(5000, 'x');
    const std::vector<store::Passage> passages{
        {.id = "a", .text = "t", .metadata = {{"n", 9007199254740993}, {field, 1}, {"s", "9"}}},
        {.id = "b", .text = "t", .metadata = {{"n", 9007199254740992}, {field, "1"}, {"s", 9}}},
        {.id = "c", .text = "t", .metadata = {{"n", -0.0}, {field, 1.5}, {"s", {"9", "8"}}}},
        {.id = "d", .text = "t", .metadata = {{"n", -1e300}, {field, {"x=y", ""}}, {"s", json::string(lengthy)}}},
        {.id = "e", .text = "t", .metadata = {{"n", nullptr}, {field, true}, {"s", json::array()}}},
        {.id = "f", .text = "t", .metadata = {{"n", 5e-324}, {"s", "e:n"}}},
    };
    for (const auto& backend : backends_) must(backend.index->upsert({"edges"}, collection_, passages));
    using store::Filter;
    Filter open = Filter::between("n", {}, {});
    open.above = 0;
    const std::vector<Filter> filters{Filter::equal("n", 9007199254740993),
                                      Filter::equal("n", 0),
                                      Filter::equal("n", 9007199254740992.0),
                                      Filter::between("n", -1e301, 0),
                                      Filter::between("n", {}, {}),
                                      open,
                                      Filter::exist("n"),
                                      Filter::exist("s"),
                                      Filter::equal("s", "9"),
                                      Filter::equal("s", 9),
                                      Filter::equal("s", json::string(lengthy)),
                                      Filter::equal("s", "e:n"),
                                      Filter::equal(field, 1),
                                      Filter::equal(field, "1"),
                                      Filter::equal(field, "x=y"),
                                      Filter::equal(field, ""),
                                      Filter::equal(field, true),
                                      Filter::between(field, 1, 2),
                                      Filter::exist(field),
                                      Filter::none({Filter::between("n", {}, 0)}),
                                      Filter::equal("", "x")};
    for (std::size_t i = 0; i < filters.size(); ++i) {
        std::vector<std::string> wanted;
        const auto refused = !run_to_end(backends_.front().index->count({"edges"}, collection_, filters[i]));
        for (const auto& passage : passages)
            if (!refused && store::matches(filters[i], passage)) wanted.push_back(passage.id);
        for (const auto& backend : backends_) {
            const auto page = run_to_end(backend.index->scroll({"edges"}, collection_, filters[i], 100, {}));
            EXPECT_EQ(!page, refused) << "filter " << i << " on " << backend.name;
            std::vector<std::string> ids;
            if (page)
                for (const auto& passage : page->passages) ids.push_back(passage.id);
            EXPECT_EQ(ids, wanted) << "filter " << i << " on " << backend.name;
        }
    }
}

}  // namespace
}  // namespace slipway::test
