// Adapters that are wrong on purpose, each in one way: the conformance suite must notice every one of them.
#include <gtest/gtest.h>

#include "store/index/conformance.h"
#include "store/index/embedded.h"
#include "store/index/wrapped.h"

namespace slipway::store {
namespace {

// One statistics for all tenants, as a shared full-text table has them; the tenant is only a filter.
class LeaksStatistics final : public Wrapped {
 public:
    using Wrapped::Wrapped;
    Task<void> upsert(WorkspaceId workspace, std::string collection, std::vector<Passage> passages) override {
        for (auto& passage : passages) {
            passage.id = workspace.value + "/" + passage.id;
            passage.metadata["tenant"] = workspace.value;
        }
        return inner_->upsert(kAll, std::move(collection), std::move(passages));
    }
    Task<std::vector<Hit>> search(WorkspaceId workspace, std::string collection, Query query) override {
        query.filter = Filter::all({std::move(query.filter), Filter::equal("tenant", json::string(workspace.value))});
        auto hits = co_await inner_->search(kAll, std::move(collection), std::move(query));
        if (hits)
            for (auto& hit : *hits) hit.passage.id.erase(0, workspace.value.size() + 1);
        co_return hits;
    }
    Task<std::uint64_t> count(WorkspaceId workspace, std::string collection, Filter filter) override {
        return inner_->count(kAll, std::move(collection),
                             Filter::all({std::move(filter), Filter::equal("tenant", json::string(workspace.value))}));
    }

 private:
    const WorkspaceId kAll{"all"};
};

class FiltersAfterTheBest final : public Wrapped {
 public:
    using Wrapped::Wrapped;
    Task<std::vector<Hit>> search(WorkspaceId workspace, std::string collection, Query query) override {
        const Filter filter = std::exchange(query.filter, {});
        auto hits = co_await inner_->search(std::move(workspace), std::move(collection), std::move(query));
        if (hits) std::erase_if(*hits, [&](const Hit& hit) { return !matches(filter, hit.passage); });
        co_return hits;
    }
};

class LosesOverwrites final : public Wrapped {
 public:
    using Wrapped::Wrapped;
    Task<void> upsert(WorkspaceId workspace, std::string collection, std::vector<Passage> passages) override {
        std::vector<Passage> fresh;
        for (auto& passage : passages) {
            auto known = co_await inner_->count(workspace, collection, Filter::equal("id", json::string(passage.id)));
            if (!known || *known == 0) fresh.push_back(std::move(passage));
        }
        co_return co_await inner_->upsert(std::move(workspace), std::move(collection), std::move(fresh));
    }
};

class AltersPassages : public Wrapped {
 public:
    using Wrapped::Wrapped;
    virtual void alter(Passage& passage) = 0;
    Task<void> upsert(WorkspaceId workspace, std::string collection, std::vector<Passage> passages) override {
        for (auto& passage : passages) alter(passage);
        return inner_->upsert(std::move(workspace), std::move(collection), std::move(passages));
    }
};

class ForgetsExtraText final : public AltersPassages {
    using AltersPassages::AltersPassages;
    void alter(Passage& passage) override { passage.extra_text.clear(); }
};

class DropsWrongVectors final : public AltersPassages {
    using AltersPassages::AltersPassages;
    void alter(Passage& passage) override {
        if (passage.vector && !std::ranges::all_of(*passage.vector, [](float x) { return x == x; }))
            passage.vector.reset();
    }
};

class TakesArraysAsText final : public AltersPassages {
    using AltersPassages::AltersPassages;
    void alter(Passage& passage) override {
        for (auto& [key, value] : passage.metadata)
            if (value.is_array()) value = json::serialize(value);
    }
};

class AltersHits : public Wrapped {
 public:
    using Wrapped::Wrapped;
    virtual void alter(std::vector<Hit>& hits) = 0;
    Task<std::vector<Hit>> search(WorkspaceId workspace, std::string collection, Query query) override {
        auto hits = co_await inner_->search(std::move(workspace), std::move(collection), std::move(query));
        if (hits) alter(*hits);
        co_return hits;
    }
};

class ReportsCosineAsDistance final : public AltersHits {
    using AltersHits::AltersHits;
    void alter(std::vector<Hit>& hits) override {
        for (auto& hit : hits)
            if (hit.vector_score && !hit.text_score) hit.score = *(hit.vector_score = 1 - *hit.vector_score);
    }
};

class ReturnsWorstFirst final : public AltersHits {
    using AltersHits::AltersHits;
    void alter(std::vector<Hit>& hits) override { std::ranges::reverse(hits); }
};

class LosesTheLastHit final : public AltersHits {
    using AltersHits::AltersHits;
    void alter(std::vector<Hit>& hits) override {
        if (hits.size() > 1) hits.pop_back();
    }
};

class ForgetsToExplain final : public AltersHits {
    using AltersHits::AltersHits;
    void alter(std::vector<Hit>& hits) override {
        for (auto& hit : hits) hit.terms.clear();
    }
};

class AltersQuery : public Wrapped {
 public:
    using Wrapped::Wrapped;
    virtual void alter(Query& query) = 0;
    Task<std::vector<Hit>> search(WorkspaceId workspace, std::string collection, Query query) override {
        alter(query);
        return inner_->search(std::move(workspace), std::move(collection), std::move(query));
    }
};

class CountsExpansionsAsWords final : public AltersQuery {
    using AltersQuery::AltersQuery;
    void alter(Query& query) override {
        for (const auto& expansion : std::exchange(query.expansions, {})) query.text += " " + expansion.text;
    }
};

class ForgetsTheVector final : public AltersQuery {
    using AltersQuery::AltersQuery;
    void alter(Query& query) override {
        if (!query.text.empty()) query.vector.reset();
    }
};

class TakesAnyLimit final : public AltersQuery {
    using AltersQuery::AltersQuery;
    void alter(Query& query) override { query.limit = std::clamp<std::size_t>(query.limit, 1, 1000); }
};

class StemsNothing final : public Wrapped {
 public:
    using Wrapped::Wrapped;
    Task<void> ensure(std::string collection, CollectionOptions options) override {
        options.language = "none";
        return inner_->ensure(std::move(collection), std::move(options));
    }
};

class EnsuresAnything final : public Wrapped {
 public:
    using Wrapped::Wrapped;
    Task<void> ensure(std::string collection, CollectionOptions options) override {
        auto known = co_await inner_->describe(collection);
        if (known && *known) co_return Result<void>();
        co_return co_await inner_->ensure(std::move(collection), std::move(options));
    }
};

class ErasesMoreThanAsked final : public Wrapped {
 public:
    using Wrapped::Wrapped;
    Task<std::size_t> erase_where(WorkspaceId workspace, std::string collection, Filter filter) override {
        if (filter.kind == Filter::Kind::all_of && !filter.children.empty()) filter = Filter(filter.children.front());
        return inner_->erase_where(std::move(workspace), std::move(collection), std::move(filter));
    }
};

class ScrollsByOffset final : public Wrapped {
 public:
    using Wrapped::Wrapped;
    Task<Page> scroll(WorkspaceId workspace, std::string collection, Filter filter, std::size_t limit,
                      std::optional<std::string> cursor) override {
        const std::size_t offset = cursor ? std::strtoul(cursor->c_str(), nullptr, 10) : 0;
        auto page = co_await inner_->scroll(std::move(workspace), std::move(collection), std::move(filter), 1000, {});
        if (!page) co_return page;
        auto& passages = page->passages;
        passages.erase(passages.begin(),
                       passages.begin() + static_cast<std::ptrdiff_t>(std::min(offset, passages.size())));
        page->next.reset();
        if (passages.size() > limit) {
            passages.resize(limit);
            page->next = std::to_string(offset + limit);
        }
        co_return page;
    }
};

class AnswersFromYesterday final : public Wrapped {
 public:
    using Wrapped::Wrapped;
    Task<std::uint64_t> count(WorkspaceId workspace, std::string collection, Filter filter) override {
        auto now = co_await inner_->count(std::move(workspace), std::move(collection), std::move(filter));
        if (now) std::swap(*now, last_);
        co_return now;
    }

 private:
    std::uint64_t last_ = 0;
};

class WritesOneByOne final : public Wrapped {
 public:
    using Wrapped::Wrapped;
    Task<void> upsert(WorkspaceId workspace, std::string collection, std::vector<Passage> passages) override {
        for (auto& passage : passages) {
            std::vector<Passage> one;
            one.push_back(std::move(passage));
            auto done = co_await inner_->upsert(workspace, collection, std::move(one));
            if (!done) co_return done;
        }
        co_return Result<void>();
    }
};

template <typename T>
std::unique_ptr<Index> open_broken(const std::filesystem::path& folder) {
    return std::make_unique<T>(open_embedded(folder / "index.db").value());
}

std::unique_ptr<Index> open_forgetful(const std::filesystem::path& folder) {
    return open_embedded(folder / ("index-" + new_id() + ".db")).value();
}

struct Broken {
    std::string_view name;
    std::unique_ptr<Index> (*open)(const std::filesystem::path&);
    std::string_view caught_by;
};

class BrokenIndex : public testing::TestWithParam<Broken> {};

TEST_P(BrokenIndex, IsNoticed) {
    const auto found = std::ranges::find(conformance::checks(), GetParam().caught_by, &conformance::Check::name);
    ASSERT_NE(found, conformance::checks().end());
    const auto failure = found->run(GetParam().open);
    ASSERT_TRUE(failure) << "the check " << found->name << " passes";
    EXPECT_EQ(failure->find("an exception came out"), std::string::npos) << *failure;
    RecordProperty("noticed", *failure);
}

INSTANTIATE_TEST_SUITE_P(
    Suite, BrokenIndex,
    testing::Values(Broken{"LeaksStatistics", open_broken<LeaksStatistics>, "WorkspacesDoNotLeak"},
                    Broken{"FiltersAfterTheBest", open_broken<FiltersAfterTheBest>, "FilteredSearchIsNeverShort"},
                    Broken{"LosesOverwrites", open_broken<LosesOverwrites>, "UpsertOverwrites"},
                    Broken{"ForgetsExtraText", open_broken<ForgetsExtraText>, "TextIsFound"},
                    Broken{"DropsWrongVectors", open_broken<DropsWrongVectors>, "WrongInputIsRefused"},
                    Broken{"TakesArraysAsText", open_broken<TakesArraysAsText>, "FiltersMatchReference"},
                    Broken{"ReportsCosineAsDistance", open_broken<ReportsCosineAsDistance>, "VectorsRankByMetric"},
                    Broken{"ReturnsWorstFirst", open_broken<ReturnsWorstFirst>, "TextRanksByBm25"},
                    Broken{"LosesTheLastHit", open_broken<LosesTheLastHit>, "TextRanksByBm25"},
                    Broken{"ForgetsToExplain", open_broken<ForgetsToExplain>, "TextRanksByBm25"},
                    Broken{"CountsExpansionsAsWords", open_broken<CountsExpansionsAsWords>, "ExpansionsAddTerms"},
                    Broken{"ForgetsTheVector", open_broken<ForgetsTheVector>, "BothLegsAreFused"},
                    Broken{"TakesAnyLimit", open_broken<TakesAnyLimit>, "WrongInputIsRefused"},
                    Broken{"StemsNothing", open_broken<StemsNothing>, "WordsAreAnalysed"},
                    Broken{"EnsuresAnything", open_broken<EnsuresAnything>, "CollectionsAreEnsured"},
                    Broken{"ErasesMoreThanAsked", open_broken<ErasesMoreThanAsked>, "EraseRemoves"},
                    Broken{"ScrollsByOffset", open_broken<ScrollsByOffset>, "CursorsHoldTheirPlace"},
                    Broken{"AnswersFromYesterday", open_broken<AnswersFromYesterday>, "WritesAreReadAtOnce"},
                    Broken{"WritesOneByOne", open_broken<WritesOneByOne>, "RefusedUpsertChangesNothing"},
                    Broken{"ForgetsEverything", open_forgetful, "DataOutlivesTheProcess"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace slipway::store
