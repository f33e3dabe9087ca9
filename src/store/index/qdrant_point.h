// A passage as a point of Qdrant, and conditions on points (qdrant.h). Internal to this room.
#pragma once

#include <span>
#include <string>

#include "store/index/passage_terms.h"

namespace slipway::store::qdrant {

inline constexpr std::string_view kNoPoint = "00000000-0000-0000-0000-000000000000";  // keeps what the collection is
inline constexpr std::string_view kSparse = "terms";

std::string point_id(const WorkspaceId& workspace, std::string_view id);
// The least id of a point whose passage has these first bytes.
std::string first_point_id(std::string_view id);
// What of an id the order of points knows.
std::string_view ordered_part(std::string_view id);

json::object point_of(const WorkspaceId& workspace, const Passage& passage, const CollectionOptions& options);
// The fields of metadata that hold numbers, as they are called in "numbers".
std::vector<std::string> number_fields(const json::object& metadata);
std::string number_field(std::string_view field);

// The workspace's passages that match; `words`: with one of these facts besides.
json::object matching(const WorkspaceId& workspace, const Filter& filter);
json::object any_of(std::string_view key, std::span<const std::string> values);
void require(json::object& filter, json::object condition);
inline const std::string kHasVector = "v:";  // a fact

std::uint32_t sparse_index(std::string_view word);
// Of a term in a passage of this length, in a collection of the fixed average length.
double sparse_value(std::uint64_t occurrences, std::uint64_t length);
// By how much the true score may be above the sparse one.
double sparse_slack(const TextStatistics& statistics);

// From a payload, as far as it is there.
Result<Passage> read_passage(const json::object& payload);
PassageTerms read_words(const json::object& payload);
std::string bit_name(unsigned bit);
inline constexpr unsigned kLengthBits = 20;  // a passage has fewer than 2^20 terms

}  // namespace slipway::store::qdrant
