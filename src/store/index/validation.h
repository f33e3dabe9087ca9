// What the port accepts, for every adapter: limits, and checks that answer `invalid` with a sentence that names the
// field.
#pragma once

#include <cstddef>

#include "store/index/index.h"

namespace slipway::store {

struct IndexLimits {
    static constexpr std::size_t collection_name_bytes = 128;
    static constexpr std::size_t workspace_bytes = 256;
    static constexpr std::size_t id_bytes = 256;
    static constexpr std::size_t namespace_bytes = 256;
    static constexpr std::size_t text_bytes = 1 << 20;       // of text and of extra_text
    static constexpr std::size_t metadata_bytes = 64 << 10;  // as JSON
    static constexpr std::size_t dimension = 16'384;
    static constexpr std::size_t passages_per_call = 10'000;
    static constexpr std::size_t bytes_per_call = 64 << 20;  // of text, metadata and vectors
    static constexpr std::size_t ids_per_call = 10'000;
    static constexpr std::size_t query_bytes = 64 << 10;  // of the text, and of all expansions together
    static constexpr std::size_t expansions = 256;
    static constexpr std::size_t query_terms = 256;  // further ones are left out
    static constexpr std::size_t results = 1000;     // Query.limit and the limit of scroll
    static constexpr std::size_t filter_depth = 16;
    static constexpr std::size_t filter_nodes = 256;
    static constexpr std::size_t filter_values = 1000;  // of the whole filter
};

Result<void> check_collection(std::string_view collection);
Result<void> check_workspace(const WorkspaceId& workspace);
Result<void> check_options(const CollectionOptions& options);
Result<void> check_passages(const std::vector<Passage>& passages, const CollectionOptions& options);
Result<void> check_ids(const std::vector<std::string>& ids);
Result<void> check_filter(const Filter& filter);
Result<void> check_vector(const Vector& vector, const CollectionOptions& options);
// All but the vector, whose dimension only the collection knows.
Result<void> check_query(const Query& query);
Result<void> check_limit(std::size_t limit);

}  // namespace slipway::store
