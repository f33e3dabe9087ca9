// Passages for a question: asked of the index, checked against the database, judged, folded, with their neighbours.
#include <map>
#include <unordered_map>

#include "base/metrics.h"
#include "base/text.h"
#include "knowledge/question.h"
#include "knowledge/relevance.h"
#include "knowledge/service.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kLimitMax = 100;
constexpr std::size_t kExpansionsMax = 250;
// Hits that are asked for, so that enough are left when some are folded or not visible; documents are judged by all of
// them.
constexpr std::size_t kHitsMin = 20;
constexpr std::size_t kHitsPerResult = 4;
constexpr std::size_t kHitsMax = 1000;
// Passages that were not read lately are read elsewhere when they are more than this: a thread is woken for them.
constexpr std::size_t kReadHere = 2;
constexpr std::size_t kReadersMax = 2, kReadPerReader = 5;
// Chunks begin with the end of the one before, see ChunkOptions::overlap.
constexpr std::size_t kOverlapMax = 1024;

store::Query query_for(const SearchRequest& request, std::string_view question, const Asked& asked) {
    store::Query query;
    query.text = question;
    query.expansions = asked.expansions;
    if (query.expansions.size() > kExpansionsMax) query.expansions.resize(kExpansionsMax);
    std::vector<store::Filter> filters;
    if (!request.namespaces.empty()) {
        std::vector<json::value> names;
        for (const auto& name : request.namespaces) names.emplace_back(name);
        filters.push_back(store::Filter::any("namespace", std::move(names)));
    }
    filters.push_back(request.filter);
    query.only_ids = true;  // the rest is the database's to say
    query.filter = filters.size() == 1 ? std::move(filters.front()) : store::Filter::all(std::move(filters));
    return query;
}

metrics::Histogram& step(std::string_view name) {
    return metrics::histogram("slipway_search_step_duration_seconds",
                              "Time of the steps of searches: the question's vector, the index, the database, judging.",
                              {{"step", name}});
}

// "$1, $2, $3"
std::string placeholders(std::size_t count) {
    std::string list;
    for (std::size_t i = 1; i <= count; ++i) list += fmt::format("{}${}", i == 1 ? "" : ", ", i);
    return list;
}

// How many bytes `next` begins with that `text` ends with.
std::size_t overlap(std::string_view text, std::string_view next) {
    for (std::size_t length = std::min({text.size(), next.size(), kOverlapMax}); length > 0; --length)
        if (text.ends_with(next.substr(0, length))) return length;
    return 0;
}

// A vector is always near something. Texts that have nothing to do with each other have a cosine of about 0.1 in the
// models of today; no word shared and less than this is not an answer but the end of the list.
constexpr double kSimilarityMin = 0.2;
bool is_unrelated(const Found& found) {
    return found.terms.empty() && found.vector_score && *found.vector_score < kSimilarityMin;
}

void append_text(std::string& text, std::string_view piece) {
    if (!text.empty() && !piece.empty()) text += "\n\n";
    text += piece;
}

}  // namespace

// The question's vector, or nothing and a note when the model does not answer: words alone are better than no answer.
Task<QuestionVector> Knowledge::embed_question(std::string question) {
    QuestionVector made;
    made.question = question;
    if (!vectors_usable_ || !embedding_) {
        if (const auto known = note_.load()) made.note = *known;
        co_return made;
    }
    static auto& duration = step("embed");
    const metrics::Timed timed(duration);
    std::vector<std::string> texts;
    texts.push_back(std::move(question));
    auto vectors = co_await embedding_->embed(std::move(texts));
    if (vectors && vectors->size() == 1)
        made.vector = std::move(vectors->front());
    else
        made.note = fmt::format("The embedding model did not answer, so only words were searched: {}",
                                vectors ? "it returned no vector." : vectors.error().message);
    co_return made;
}

Task<SearchResult> Knowledge::search(WorkspaceId workspace, SearchRequest request) {
    note_use();
    const std::string question(trim(cut_utf8(request.question, QuestionLimits::bytes)));
    if (question.empty() || !is_valid_utf8(question))
        co_return fail(ErrorCode::invalid, "There is nothing to search for: the question is empty.");
    const auto limit = std::clamp<std::size_t>(request.limit, 1, kLimitMax);
    const auto context = context_of(question, request.earlier, options_.language);
    const auto asked = understand(question, context, synonyms_.get(), options_.language);
    SearchResult result;
    result.question = complete_question(question, request.earlier, options_.language);
    auto query = query_for(request, question, asked);
    if (!request.vector || request.vector->question != result.question) {
        SLIPWAY_CO_TRY(request.vector, co_await embed_question(result.question));
    }
    query.vector = std::move(request.vector->vector);
    result.note = std::move(request.vector->note);
    result.mode = query.vector ? "text+vector" : "text";

    for (query.limit = std::clamp(limit * kHitsPerResult, kHitsMin, kHitsMax);;
         query.limit = std::min(query.limit * 5, kHitsMax)) {
        SLIPWAY_CO_TRY(const auto hits, co_await ask_index(workspace, query));
        std::optional<Result<std::vector<Candidate>>> hydrated;
        std::optional<Result<std::uint64_t>> counted;
        auto hydrating = store_in(hydrated, hydrate(workspace, hits));
        auto counting = store_in(counted, index_.count(workspace, options_.collection, store::Filter()));
        co_await both(std::move(hydrating), std::move(counting));
        SLIPWAY_CO_TRY(auto candidates, *std::move(hydrated));
        SLIPWAY_CO_TRY(const auto passages, *std::move(counted));
        static auto& duration = step("judge");
        const metrics::Timed timed(duration);
        SLIPWAY_CO_CHECK(co_await read_all(workspace, candidates));
        judge(candidates, asked, passages, query.vector.has_value());
        std::erase_if(candidates, [&](const Candidate& one) {
            return one.found.score < request.minimum_score || is_unrelated(one.found);
        });
        result.found = fold_near_equal(std::move(candidates), limit);
        // Deeper hits only when these were too few because some were folded or not visible; a minimum is not met
        // further down.
        const bool exhausted = hits.size() < query.limit || query.limit == kHitsMax;
        if (exhausted || result.found.size() >= limit || request.minimum_score > 0) break;
    }
    result.vector = std::move(query.vector);
    co_return result;
}

// Gives each candidate what is in its text.
Task<void> Knowledge::read_all(WorkspaceId workspace, std::vector<Candidate>& candidates) {
    std::vector<Candidate*> unread;
    for (auto& one : candidates) {
        one.reading = readings_->find(workspace, one.found.chunk_id);
        if (!one.reading) unread.push_back(&one);
    }
    const auto readers = std::clamp<std::size_t>(unread.size() / kReadPerReader, 1, kReadersMax);
    auto read_share = [&](std::size_t reader) {
        for (auto i = reader; i < unread.size(); i += readers) {
            unread[i]->reading = std::make_shared<const Reading>(read(unread[i]->found, options_.language));
            readings_->keep(workspace, unread[i]->found.chunk_id, unread[i]->reading);
        }
    };
    if (unread.size() > kReadHere) co_return co_await pool_.run_each(readers, readers, read_share);
    read_share(0);
    co_return Result<void>();
}

Task<std::vector<store::Hit>> Knowledge::ask_index(WorkspaceId workspace, const store::Query& query) {
    static auto& duration = step("index");
    const metrics::Timed timed(duration);
    co_return co_await index_.search(std::move(workspace), options_.collection, query);
}

// Hits as the database knows them, in their order; what is not visible there is left out.
Task<std::vector<Candidate>> Knowledge::hydrate(WorkspaceId workspace, const std::vector<store::Hit>& hits) {
    std::vector<Candidate> found;
    if (hits.empty()) co_return found;
    found.reserve(hits.size());
    static auto& duration = step("database");
    const metrics::Timed timed(duration);
    const auto sql = fmt::format(
        "select {}, {} from document_chunks c join documents d on d.id = c.document_id and d.workspace = $workspace "
        "where c.workspace = $workspace and c.chunk_id in ({}) and d.status <> 'removing'",
        kChunkColumns, kDocumentColumns, placeholders(hits.size()));
    store::Parameters ids;
    for (const auto& hit : hits) ids.emplace_back(hit.passage.id);
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(std::move(workspace), sql, std::move(ids)));
    std::unordered_map<std::string, std::size_t> row_of;
    for (std::size_t i = 0; i < rows.size(); ++i) row_of.emplace(rows[i].text("chunk_id"), i);
    for (const auto& hit : hits) {
        const auto known = row_of.find(hit.passage.id);
        if (known == row_of.end()) continue;
        const auto row = rows[known->second];
        auto& candidate = found.emplace_back();
        candidate.rank = found.size();
        auto& one = candidate.found;
        one.chunk_id = hit.passage.id;
        one.document = document_of(row);
        one.text = row.text("text");
        one.place = place_of(row);
        one.text_score = hit.text_score;
        one.vector_score = hit.vector_score;
        one.terms = hit.terms;
    }
    co_return found;
}

Task<void> Knowledge::add_neighbours(WorkspaceId workspace, std::vector<Found>& found, std::size_t neighbours) {
    neighbours = std::min(neighbours, kNeighboursMax);
    if (found.empty() || neighbours == 0) co_return Result<void>();
    const auto sql = fmt::format(
        "select c.chunk_id as chunk_id, n.ordinal - c.ordinal as distance, n.text as text "
        "from document_chunks c join document_chunks n on n.document_id = c.document_id and n.workspace = $workspace "
        "and n.ordinal between c.ordinal - {0} and c.ordinal + {0} and n.ordinal <> c.ordinal "
        "where c.workspace = $workspace and c.chunk_id in ({1}) order by n.ordinal",
        neighbours, placeholders(found.size()));
    store::Parameters ids;
    for (const auto& one : found) ids.emplace_back(one.chunk_id);
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(std::move(workspace), sql, std::move(ids)));
    std::unordered_map<std::string, std::map<std::int64_t, std::string>> around;
    for (const auto row : rows) around[row.text("chunk_id")].emplace(row.integer("distance"), row.text("text"));
    for (auto& one : found) {
        auto& texts = around[one.chunk_id];
        texts.emplace(0, one.text);
        for (auto text = texts.begin(); text != texts.end(); ++text) {
            std::string_view piece = text->second;
            // What two neighbours share is said once, and not at all where the passage itself says it.
            if (text->first < 0)
                append_text(one.before, trim(piece.substr(0, piece.size() - overlap(piece, std::next(text)->second))));
            if (text->first > 0) append_text(one.after, trim(piece.substr(overlap(std::prev(text)->second, piece))));
        }
    }
    co_return Result<void>();
}

}  // namespace slipway::knowledge
