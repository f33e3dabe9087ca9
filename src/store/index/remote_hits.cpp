#include "store/index/remote_hits.h"

#include <algorithm>
#include <map>

#include "store/index/ranking.h"
#include "store/index/validation.h"

namespace slipway::store {
namespace {

bool has_text(const Query& query) { return !query.text.empty() || !query.expansions.empty(); }

std::vector<Ranked> ranked(const std::vector<Hit>& hits, const std::map<std::string_view, std::uint64_t>& numbers) {
    std::vector<Ranked> leg;
    for (const auto& hit : hits) leg.push_back({numbers.at(hit.passage.id), hit.score});
    return leg;
}

}  // namespace

Legs::Legs(const Query& query) : both(has_text(query) && query.vector) {
    text = has_text(query) && !(both && query.vector_weight == 1);
    vector = query.vector && !(both && query.vector_weight == 0);
    depth = both ? std::max(kFusionDepthMin, query.limit * kFusionDepthFactor) : query.limit;
}

void sort_hits(std::vector<Hit>& hits) {
    std::ranges::sort(hits, [](const Hit& a, const Hit& b) {
        return a.score != b.score ? a.score > b.score : a.passage.id < b.passage.id;
    });
}

std::vector<Hit> fuse_hits(std::vector<Hit> text, std::vector<Hit> vector, const Query& query) {
    // Numbered in the order of ids, so that of equal scores the smaller id comes first.
    std::map<std::string_view, std::uint64_t> numbers;
    std::vector<Hit*> hits;
    for (auto* leg : {&text, &vector})
        for (auto& hit : *leg) numbers.emplace(hit.passage.id, 0);
    for (std::uint64_t number = 0; auto& [id, value] : numbers) value = number++;
    hits.resize(numbers.size());
    for (auto* leg : {&vector, &text})
        for (auto& hit : *leg) hits[numbers.at(hit.passage.id)] = &hit;
    const auto fused = fuse(ranked(text, numbers), ranked(vector, numbers), query.vector_weight);
    std::vector<Hit> best;
    for (const auto& one : fused) {
        if (best.size() == query.limit) break;
        auto hit = *hits[one.number];
        hit.score = one.score;
        hit.text_score = one.text_score;
        hit.vector_score = one.vector_score;
        best.push_back(std::move(hit));
    }
    return best;
}

Task<std::vector<Hit>> ask_legs(Legs legs, const Query& query, Task<std::vector<Hit>> text,
                                Task<std::vector<Hit>> vector) {
    std::vector<Hit> by_text, by_vector;
    if (legs.text) {
        SLIPWAY_CO_TRY(by_text, co_await std::move(text));
    }
    if (legs.vector) {
        SLIPWAY_CO_TRY(by_vector, co_await std::move(vector));
    }
    if (legs.both) co_return fuse_hits(std::move(by_text), std::move(by_vector), query);
    co_return std::move(legs.vector ? by_vector : by_text);
}

Result<void> check_search(const Query& query, const CollectionOptions& options) {
    if (!has_text(query) && !query.vector)
        return fail(ErrorCode::invalid, "The query is empty: give a text or a vector.");
    return query.vector ? check_vector(*query.vector, options) : Result<void>();
}

}  // namespace slipway::store
