// The JSON that OpenSearch is asked with, and what its answers say. Internal to this room.
#pragma once

#include <span>
#include <string>

#include "store/index/passage_terms.h"

namespace slipway::store::opensearch {

// Clauses of a bool query in filter context: the workspace's passages that match.
json::array matching(const WorkspaceId& workspace, const Filter& filter);
json::object bool_filter(json::array clauses);

// Passages and terms of the workspace, and passages with each term.
json::object statistics_query(const WorkspaceId& workspace, std::span<const QueryTerm> terms);
struct Statistics {
    TextStatistics text;
    std::vector<std::uint64_t> with_term;
};
Result<Statistics> read_statistics(const json::object& answer, std::size_t terms);

json::object text_query(json::array matching, std::span<const ScoredTerm> terms, const TextStatistics& statistics);
// `vector` as prepared_vector() makes it.
json::object exact_vector_query(json::array matching, const Vector& vector, Metric metric);
json::object nearest_vector_query(json::array matching, const Vector& vector, std::size_t count);
double nearness_of_score(Metric metric, double score);
// How OpenSearch calls it.
std::string_view space_type(Metric metric);

// Best first, of equal scores the smaller id.
std::string search_body(json::object query, std::size_t size, std::span<const std::string_view> fields);

inline constexpr std::string_view kPassageFields[] = {"id", "namespace", "text", "metadata"};
inline constexpr std::string_view kPassageAndTerms[] = {"id", "namespace", "text", "metadata", "terms"};
inline constexpr std::string_view kIdAndTerms[] = {"id", "terms"};
inline constexpr std::string_view kIdOnly[] = {"id"};

// From a hit's _source, as far as it is there.
Result<Passage> read_passage(const json::object& source);
PassageTerms read_words(const json::object& source);

}  // namespace slipway::store::opensearch
