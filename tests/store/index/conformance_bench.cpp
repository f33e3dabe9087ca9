#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "store/index/analyser.h"
#include "store/index/bench.h"

namespace slipway::store::conformance {

Bench::Bench(const OpenIndex& open)
    : open_(open),
      folder_(std::filesystem::temp_directory_path() / ("slipway-index-" + new_id())),
      collection_("check-" + new_id()) {
    std::filesystem::create_directories(folder_);
    index_ = open_(folder_);
    expect(index_ != nullptr, "the index did not open");
}

Bench::~Bench() {
    if (index_) static_cast<void>(run_to_end(index_->drop(collection_)));
    index_.reset();
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
}

void Bench::reopen() {
    index_.reset();
    index_ = open_(folder_);
    expect(index_ != nullptr, "the index did not open again");
}

void Bench::ensure(CollectionOptions options) { value_of(index_->ensure(collection_, std::move(options)), "ensure"); }

void Bench::upsert(std::vector<Passage> passages, const WorkspaceId& workspace) {
    value_of(index_->upsert(workspace, collection_, std::move(passages)), "upsert");
}

std::size_t Bench::erase(std::vector<std::string> ids, const WorkspaceId& workspace) {
    return value_of(index_->erase(workspace, collection_, std::move(ids)), "erase");
}

std::size_t Bench::erase_where(Filter filter, const WorkspaceId& workspace) {
    return value_of(index_->erase_where(workspace, collection_, std::move(filter)), "erase_where");
}

std::vector<Hit> Bench::search(Query query, const WorkspaceId& workspace) {
    return value_of(index_->search(workspace, collection_, std::move(query)), "search");
}

std::vector<Hit> Bench::search(std::string_view text, const WorkspaceId& workspace) {
    Query query;
    query.text = text;
    return search(std::move(query), workspace);
}

std::vector<std::string> Bench::scroll(Filter filter, std::size_t size, const WorkspaceId& workspace) {
    std::vector<std::string> ids;
    std::optional<std::string> cursor;
    for (int pages = 0; pages < 100'000; ++pages) {
        auto page = value_of(index_->scroll(workspace, collection_, filter, size, cursor), "scroll");
        expect(page.passages.size() <= size, "scroll answered {} passages, asked for {}", page.passages.size(), size);
        for (auto& passage : page.passages) ids.push_back(std::move(passage.id));
        if (!page.next) return ids;
        expect(!page.passages.empty(), "scroll answered an empty page that is not the last");
        cursor = std::move(page.next);
    }
    throw Failure{"scroll never ends"};
}

std::uint64_t Bench::count(Filter filter, const WorkspaceId& workspace) {
    return value_of(index_->count(workspace, collection_, std::move(filter)), "count");
}

std::vector<std::string> ids_of(const std::vector<Hit>& hits) {
    std::vector<std::string> ids;
    for (const auto& hit : hits) ids.push_back(hit.passage.id);
    return ids;
}

std::string listed(std::vector<std::string> ids) {
    if (ids.size() > 20) ids.resize(20);
    return fmt::format("[{}]", fmt::join(ids, ", "));
}

namespace {

std::map<std::string, double> terms_of(const Passage& passage, std::string_view language) {
    std::map<std::string, double> counts;
    for (const auto* part : {&passage.text, &passage.extra_text})
        for (const auto& term : analyse(*part, language)) ++counts[term.text];
    return counts;
}

std::map<std::string, double> weights_of(const Query& query, std::string_view language) {
    std::map<std::string, double> weights, added;
    for (const auto& term : analyse(query.text, language)) weights[term.text] = 1;
    for (const auto& expansion : query.expansions) {
        const auto words = analyse(expansion.text, language);
        for (const auto& word : words) {
            auto& weight = added[word.text];
            weight = std::max(weight, expansion.weight / static_cast<double>(words.size()));
        }
    }
    weights.insert(added.begin(), added.end());
    return weights;
}

}  // namespace

Expected expected_text(const Model& model, const Query& query, std::string_view language) {
    std::map<std::string, std::map<std::string, double>> terms;
    std::map<std::string, double> lengths, frequencies;
    double total = 0;
    for (const auto& [id, passage] : model) {
        terms[id] = terms_of(passage, language);
        for (const auto& [term, count] : terms[id]) {
            lengths[id] += count;
            ++frequencies[term];
        }
        total += lengths[id];
    }
    const auto size = static_cast<double>(model.size());
    Expected expected;
    for (const auto& [id, passage] : model) {
        if (!matches(query.filter, passage)) continue;
        for (const auto& [term, weight] : weights_of(query, language)) {
            const auto found = terms[id].find(term);
            if (found == terms[id].end() || weight <= 0) continue;
            const double idf = std::log(1 + (size - frequencies[term] + 0.5) / (frequencies[term] + 0.5));
            const double norm = 1.2 * (1 - 0.75 + 0.75 * lengths[id] / (total / size));
            expected.scores[id] += weight * idf * found->second * 2.2 / (found->second + norm);
        }
    }
    return expected;
}

Expected expected_vector(const Model& model, const Query& query, Metric metric) {
    Expected expected;
    for (const auto& [id, passage] : model) {
        if (!passage.vector || !matches(query.filter, passage)) continue;
        double dot = 0, aa = 0, bb = 0, square = 0;
        for (std::size_t i = 0; i < query.vector->size(); ++i) {
            const double a = (*query.vector)[i], b = (*passage.vector)[i];
            dot += a * b;
            aa += a * a;
            bb += b * b;
            square += (a - b) * (a - b);
        }
        const double cosine = aa == 0 || bb == 0 ? 0 : dot / std::sqrt(aa * bb);
        expected.scores[id] = metric == Metric::cosine ? cosine : metric == Metric::dot ? dot : -std::sqrt(square);
    }
    return expected;
}

void expect_hits(const std::vector<Hit>& hits, const Expected& expected, std::size_t limit, std::string_view what) {
    std::vector<double> best;
    for (const auto& [id, score] : expected.scores) best.push_back(score);
    std::ranges::sort(best, std::greater());
    if (best.size() > limit) best.resize(limit);
    expect(hits.size() == best.size(), "{}: {} hits instead of {}: {}", what, hits.size(), best.size(),
           listed(ids_of(hits)));
    std::set<std::string> seen;
    for (std::size_t i = 0; i < hits.size(); ++i) {
        const auto& id = hits[i].passage.id;
        const auto found = expected.scores.find(id);
        expect(found != expected.scores.end(), "{}: {} is no match", what, id);
        expect(seen.insert(id).second, "{}: {} came twice", what, id);
        const double tolerance = 1e-4 * (1 + std::abs(best[i]));
        expect(std::abs(hits[i].score - found->second) < tolerance, "{}: {} has score {} instead of {}", what, id,
               hits[i].score, found->second);
        expect(std::abs(hits[i].score - best[i]) < tolerance, "{}: rank {} has score {}, the best there is {}", what,
               i + 1, hits[i].score, best[i]);
    }
}

std::vector<std::string> matching_ids(const Model& model, const Filter& filter) {
    std::vector<std::string> ids;
    for (const auto& [id, passage] : model)
        if (matches(filter, passage)) ids.push_back(id);
    return ids;
}

std::string random_text(std::uint64_t seed, std::size_t words) {
    static constexpr std::string_view kWords[] = {"water",  "house",  "river",   "mountain", "bread",   "garden",
                                                  "summer", "winter", "teacher", "music",    "silver",  "window",
                                                  "bridge", "market", "forest",  "candle",   "letter",  "travel",
                                                  "ocean",  "stone",  "winding", "kitchen",  "morning", "thunder"};
    std::mt19937_64 random(seed);
    std::string text;
    for (std::size_t i = 0; i < words; ++i) {
        const auto rank = std::min(random() % std::size(kWords), random() % std::size(kWords));
        text += std::string(i ? " " : "") + std::string(kWords[rank]);
    }
    return text;
}

Vector random_vector(std::uint64_t seed, std::size_t dimension) {
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    Vector vector(dimension);
    for (auto& value : vector) value = normal(random);
    return vector;
}

Passage random_passage(std::uint64_t seed, std::string id, std::size_t dimension) {
    std::mt19937_64 random(seed * 31 + 7);
    Passage passage;
    passage.id = std::move(id);
    passage.name_space = fmt::format("space{}", random() % 4);
    passage.text = random_text(random(), 3 + random() % 30);
    if (random() % 3 == 0) passage.extra_text = random_text(random(), 2);
    passage.metadata["year"] = static_cast<std::int64_t>(2000 + random() % 10);
    passage.metadata["price"] = static_cast<double>(random() % 100) / 8;
    passage.metadata["public"] = random() % 2 == 0;
    if (random() % 2) passage.metadata["author"] = fmt::format("author{}", random() % 5);
    json::array tags;
    for (std::uint64_t i = 0, count = random() % 4; i < count; ++i)
        tags.emplace_back(fmt::format("tag{}", random() % 6));
    passage.metadata["tags"] = std::move(tags);
    if (dimension && random() % 5) passage.vector = random_vector(random(), dimension);
    return passage;
}

std::vector<Filter> many_filters() {
    Filter strictly = Filter::between("year", {}, {});
    strictly.above = 2002;
    strictly.below = 2005;
    return {
        Filter{},
        Filter::equal("namespace", "space1"),
        Filter::any("namespace", {"space0", "space3", "no such"}),
        Filter::equal("namespace", "no such"),
        Filter::any("id", {"p0003", "p0010", "p0011", "absent"}),
        Filter::equal("year", 2004),
        Filter::equal("year", 2004.0),
        Filter::equal("year", "2004"),
        Filter::any("year", {2001, 2003}),
        Filter::any("year", {}),
        Filter::equal("public", true),
        Filter::equal("author", "author2"),
        Filter::equal("tags", "tag3"),
        Filter::any("tags", {"tag1", "tag5"}),
        Filter::between("year", 2003, 2006),
        Filter::between("price", 4.5, {}),
        Filter::between("price", {}, 3),
        Filter::between("author", 0, 1),
        strictly,
        Filter::exist("author"),
        Filter::exist("absent"),
        Filter::all({Filter::equal("namespace", "space2"), Filter::exist("author")}),
        Filter::either({Filter::equal("tags", "tag0"), Filter::between("year", 2009, {})}),
        Filter::either({}),
        Filter::none({Filter::exist("author"), Filter::equal("namespace", "space1")}),
        Filter::all({Filter::either({Filter::equal("public", false), Filter::equal("author", "author1")}),
                     Filter::none({Filter::all({Filter::equal("tags", "tag2"), Filter::between("year", {}, 2004)})})}),
        Filter::all({Filter::any("namespace", {"space1", "space2"}), Filter::equal("namespace", "space2")}),
    };
}

}  // namespace slipway::store::conformance
