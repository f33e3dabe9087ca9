#include "store/index/qdrant_statistics.h"

#include "store/index/qdrant_point.h"

namespace slipway::store::qdrant {
namespace {

constexpr int kFacetsSince = 12;
constexpr std::size_t kKnownMax = 10'000;

json::object with_one(const WorkspaceId& workspace, std::string_view key, std::string value) {
    auto filter = matching(workspace, {});
    require(filter, any_of(key, std::vector<std::string>{std::move(value)}));
    return filter;
}

// The number of terms of all passages: how many have each bit in their own number.
Task<std::uint64_t> count_terms(const Asking& asking, const RemoteCollection& collection,
                                const WorkspaceId& workspace) {
    std::uint64_t all = 0;
    if (!asking.version.has(kFacetsSince)) {
        for (unsigned bit = 0; bit < kLengthBits; ++bit) {
            auto filter = with_one(workspace, "bits", bit_name(bit));
            SLIPWAY_CO_TRY(const auto passages, co_await count(asking, collection, std::move(filter)));
            all += passages << bit;
        }
        co_return all;
    }
    const json::object body{
        {"key", "bits"}, {"limit", kLengthBits}, {"exact", true}, {"filter", matching(workspace, {})}};
    SLIPWAY_CO_TRY(const auto answer, co_await ask(asking.client, collection, "/facet", net::Method::post,
                                                   write_json(body), asking.options.read_time_max));
    const auto* hits = array_in(result_of(answer), "hits");
    if (!hits) co_return fail(ErrorCode::upstream, "Qdrant answered no facets.");
    for (const auto& hit : *hits)
        for (unsigned bit = 0; bit < kLengthBits; ++bit)
            if (hit.is_object() && text_or(hit.get_object(), "value") == bit_name(bit))
                all += static_cast<std::uint64_t>(integer_or(hit.get_object(), "count", 0)) << bit;
    co_return all;
}

Task<TextStatistics> text_statistics(const Asking& asking, const RemoteCollection& collection,
                                     const WorkspaceId& workspace) {
    const auto key = KnownStatistics::key_of(collection, workspace);
    if (const auto known = asking.known.get(key)) co_return *known;
    const auto forgotten = asking.known.forgotten();
    TextStatistics statistics;
    auto whole = matching(workspace, {});
    SLIPWAY_CO_TRY(statistics.passages, co_await count(asking, collection, std::move(whole)));
    if (statistics.passages > 0) {
        SLIPWAY_CO_TRY(statistics.terms, co_await count_terms(asking, collection, workspace));
    }
    asking.known.keep(key, statistics, forgotten);
    co_return statistics;
}

}  // namespace

std::string KnownStatistics::key_of(const RemoteCollection& collection, const WorkspaceId& workspace) {
    return collection.name + '\0' + workspace.value;
}

std::optional<TextStatistics> KnownStatistics::get(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found == known_.end() || std::chrono::steady_clock::now() - found->second.since > kRememberedFor)
        return std::nullopt;
    return found->second.statistics;
}

std::uint64_t KnownStatistics::forgotten() {
    const std::lock_guard lock(mutex_);
    return forgotten_;
}

void KnownStatistics::keep(const std::string& key, const TextStatistics& statistics, std::uint64_t forgotten_before) {
    const std::lock_guard lock(mutex_);
    if (forgotten_ != forgotten_before) return;
    if (known_.size() >= kKnownMax) known_.clear();
    known_.insert_or_assign(key, Known{statistics, std::chrono::steady_clock::now()});
}

void KnownStatistics::forget(const std::string& key) {
    const std::lock_guard lock(mutex_);
    ++forgotten_;
    known_.erase(key);
}

Task<Statistics> read_statistics(const Asking& asking, const RemoteCollection& collection, const WorkspaceId& workspace,
                                 std::vector<QueryTerm> terms) {
    Statistics found;
    SLIPWAY_CO_TRY(found.text, co_await text_statistics(asking, collection, workspace));
    if (found.text.passages == 0) co_return found;
    std::vector<std::uint64_t> with;
    for (const auto& term : terms) {
        auto filter = with_one(workspace, "words", term_word(term.term));
        SLIPWAY_CO_TRY(const auto passages, co_await count(asking, collection, std::move(filter)));
        with.push_back(passages);
    }
    found.terms = scored_terms(std::move(terms), with, found.text);
    co_return found;
}

Task<std::uint64_t> count(const Asking& asking, const RemoteCollection& collection, json::object filter) {
    const json::object body{{"filter", std::move(filter)}, {"exact", true}};
    SLIPWAY_CO_TRY(const auto answer, co_await ask(asking.client, collection, "/points/count", net::Method::post,
                                                   write_json(body), asking.options.read_time_max));
    const auto found = integer_or(result_of(answer), "count", -1);
    if (found < 0) co_return fail(ErrorCode::upstream, "Qdrant answered no count.");
    co_return static_cast<std::uint64_t>(found);
}

}  // namespace slipway::store::qdrant
