// The search-index port: passages of text with metadata and optional vectors. Adapters: embedded.h, pgvector.h,
// qdrant.h, opensearch.h.
//
// A collection holds passages of many workspaces; every call names the workspace, and neither hits, counts nor term
// statistics (BM25's document frequencies and average length) of one workspace ever depend on another's passages.
//
// The analyser (analyser.h) belongs to the port: every adapter indexes the same terms, so that all rank the same words.
// Collections are made by ensure(); calls on another name answer `not_found` (drop: success). Limits of every input:
// validation.h. Read after write: a call that returned success is seen by every later call. Durable before it returns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/task.h"
#include "base/workspace.h"

namespace slipway::store {

using Vector = std::vector<float>;

enum class Metric : unsigned char { cosine, dot, euclid };

struct CollectionOptions {
    std::size_t dimension = 0;  // 0: no vectors
    Metric metric = Metric::cosine;
    std::string language = "english";  // of the analyser
    std::string embedding_model;       // remembered with the collection, see CollectionInfo
};

struct CollectionInfo {
    CollectionOptions options;
    std::uint64_t passages = 0;  // of all workspaces
};

struct Passage {
    std::string id;               // unique in (workspace, collection); any text up to 256 bytes
    std::string name_space;       // "" is a namespace too
    std::string text;             // what is searched and returned
    std::string extra_text = {};  // searched with the text but not returned (title, headings)
    json::object metadata = {};   // flat: strings, finite numbers, booleans, arrays of strings; null counts as absent
    std::optional<Vector> vector = {};
};

// A condition on metadata. The field "namespace" is the passage's namespace, "id" its id.
struct Filter {
    enum class Kind : unsigned char { all_of, any_of, none_of, equals, in, range, exists };
    Kind kind = Kind::all_of;           // a default Filter is an empty all_of: it lets everything pass
    std::vector<Filter> children = {};  // all_of, any_of, none_of
    std::string field = {};
    std::vector<json::value> values =
        {};  // equals: one; in: any number. An array in metadata matches when one element does
    std::optional<double> at_least = {}, at_most = {}, above = {}, below = {};  // range (numbers)

    static Filter equal(std::string field, json::value value);
    static Filter any(std::string field, std::vector<json::value> values);
    static Filter exist(std::string field);
    static Filter all(std::vector<Filter> children);
    static Filter either(std::vector<Filter> children);
    static Filter none(std::vector<Filter> children);
    static Filter between(std::string field, std::optional<double> at_least, std::optional<double> at_most);
};
// Reference semantics of a filter; adapters that cannot push it down use this.
bool matches(const Filter& filter, const Passage& passage);

struct WeightedTerm {
    std::string text;   // a word or phrase, analysed like the query
    double weight = 1;  // relative to a word of the query
};

struct Query {
    std::string text;                           // BM25 leg; empty: none
    std::vector<WeightedTerm> expansions = {};  // synonyms and the like, added to the BM25 leg
    std::optional<Vector> vector = {};          // vector leg
    Filter filter = {};
    std::size_t limit = 10;      // 1 … 1000
    double vector_weight = 0.5;  // share of the vector leg when both are there (fusion by reciprocal rank)
    bool only_ids = false;       // of a hit's passage nothing but the id is wanted: the rest stays empty
};

struct TermScore {
    std::string term;
    double score = 0;
};

struct Hit {
    Passage passage;                          // without vector
    double score = 0;                         // of the leg, or fused; larger is better
    std::optional<double> text_score = {};    // BM25
    std::optional<double> vector_score = {};  // by the metric, larger is nearer
    std::vector<TermScore> terms = {};        // how BM25 came about
};

struct Page {
    std::vector<Passage> passages;
    std::optional<std::string> next;  // cursor
};

struct IndexStatus {
    std::string engine;
    Milliseconds latency{0};
};

class Index {
 public:
    virtual ~Index() = default;

    // Creates the collection, or checks that it has this dimension, metric and language (`conflict` otherwise).
    // embedding_model is stored on creation only.
    virtual Task<void> ensure(std::string collection, CollectionOptions options) = 0;
    virtual Task<std::optional<CollectionInfo>> describe(std::string collection) = 0;
    virtual Task<void> drop(std::string collection) = 0;
    // Drops it and creates it empty in one step, so that nobody meets an index without it.
    virtual Task<void> renew(std::string collection, CollectionOptions options) = 0;

    // All or nothing. `invalid` for a vector of another dimension or not finite, an empty or too long id, nested
    // metadata.
    virtual Task<void> upsert(WorkspaceId workspace, std::string collection, std::vector<Passage> passages) = 0;
    virtual Task<std::size_t> erase(WorkspaceId workspace, std::string collection, std::vector<std::string> ids) = 0;
    virtual Task<std::size_t> erase_where(WorkspaceId workspace, std::string collection, Filter filter) = 0;

    // Best first, and as many as `limit` whenever so many match. A passage matches the text leg when it holds a term of
    // the query, the vector leg when it has a vector. `invalid` when the query has neither text nor expansions nor
    // vector.
    virtual Task<std::vector<Hit>> search(WorkspaceId workspace, std::string collection, Query query) = 0;
    // In the order of ids (their bytes), without extra_text and vectors. The cursor is opaque, and holds its place
    // while passages come and go; `invalid` when it is not one of ours.
    virtual Task<Page> scroll(WorkspaceId workspace, std::string collection, Filter filter, std::size_t limit,
                              std::optional<std::string> cursor) = 0;
    virtual Task<std::uint64_t> count(WorkspaceId workspace, std::string collection, Filter filter) = 0;
    virtual Task<IndexStatus> status() = 0;
    // Reads everything; `unavailable` says what is damaged, and how to repair it.
    virtual Task<void> check_integrity() = 0;
};

}  // namespace slipway::store
