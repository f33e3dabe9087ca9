#include "store/index/validation.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "store/index/analyser.h"

namespace slipway::store {
namespace {

std::unexpected<Error> refuse(std::string_view field, std::string message) {
    return std::unexpected(Error{ErrorCode::invalid, std::move(message)}.with("field", json::string(field)));
}

Result<void> check_text(std::string_view field, std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max)
        return refuse(field,
                      fmt::format("The {} has {} bytes; at most {} are allowed.", field, text.size(), bytes_max));
    if (!is_valid_utf8(text)) return refuse(field, fmt::format("The {} is not valid UTF-8.", field));
    return {};
}

Result<void> check_name(std::string_view field, std::string_view name, std::size_t bytes_max) {
    if (name.contains('\0')) return refuse(field, fmt::format("The {} holds a NUL character.", field));
    return check_text(field, name, bytes_max);
}

bool is_finite_number(const json::value& value) { return !value.is_double() || std::isfinite(value.get_double()); }

Result<void> check_metadata(const json::object& metadata) {
    for (const auto& [key, value] : metadata) {
        bool good = value.is_string() || value.is_bool() || value.is_number() || value.is_null();
        if (value.is_array())
            good =
                std::ranges::all_of(value.get_array(), [](const json::value& element) { return element.is_string(); });
        if (!good || !is_finite_number(value))
            return refuse("metadata",
                          fmt::format("The metadata field \"{}\" must be a string, a finite number, true or false, "
                                      "or an array of strings; nested values are not allowed.",
                                      std::string_view(key)));
    }
    return check_text("metadata", write_json(metadata), IndexLimits::metadata_bytes);
}

std::size_t size_of(const Passage& passage) {
    const auto vector_bytes = passage.vector ? passage.vector->size() * sizeof(float) : 0;
    return passage.text.size() + passage.extra_text.size() + vector_bytes;
}

Result<void> check_passage(const Passage& passage, const CollectionOptions& options) {
    if (passage.id.empty()) return refuse("id", "A passage needs an id that is not empty.");
    SLIPWAY_CHECK(check_name("id", passage.id, IndexLimits::id_bytes));
    SLIPWAY_CHECK(check_name("namespace", passage.name_space, IndexLimits::namespace_bytes));
    SLIPWAY_CHECK(check_text("text", passage.text, IndexLimits::text_bytes));
    SLIPWAY_CHECK(check_text("extra_text", passage.extra_text, IndexLimits::text_bytes));
    SLIPWAY_CHECK(check_metadata(passage.metadata));
    return passage.vector ? check_vector(*passage.vector, options) : Result<void>();
}

struct FilterSize {
    std::size_t nodes = 0;
    std::size_t values = 0;
};

Result<void> check_condition(const Filter& filter) {
    if (filter.field.empty()) return refuse("filter", "A condition of the filter names no field.");
    SLIPWAY_CHECK(check_text("filter", filter.field, IndexLimits::metadata_bytes));
    if (filter.kind == Filter::Kind::equals && filter.values.size() != 1)
        return refuse("filter", fmt::format("The filter compares \"{}\" with {} values; equality takes exactly one.",
                                            filter.field, filter.values.size()));
    for (const auto& value : filter.values)
        if (value.is_object() || value.is_array() || value.is_null() || !is_finite_number(value))
            return refuse("filter",
                          fmt::format("The filter compares \"{}\" with something other than a string, a number, "
                                      "true or false.",
                                      filter.field));
    for (const auto& bound : {filter.at_least, filter.at_most, filter.above, filter.below})
        if (bound && !std::isfinite(*bound))
            return refuse("filter",
                          fmt::format("A bound of the range on \"{}\" is not a finite number.", filter.field));
    return {};
}

Result<void> check_filter_at(const Filter& filter, std::size_t depth, FilterSize& size) {
    if (depth > IndexLimits::filter_depth)
        return refuse("filter", fmt::format("The filter is nested deeper than {} levels.", IndexLimits::filter_depth));
    size.values += filter.values.size();
    if (++size.nodes > IndexLimits::filter_nodes || size.values > IndexLimits::filter_values)
        return refuse("filter", fmt::format("The filter is too large: at most {} conditions with {} values together.",
                                            IndexLimits::filter_nodes, IndexLimits::filter_values));
    const bool is_group = filter.kind == Filter::Kind::all_of || filter.kind == Filter::Kind::any_of ||
                          filter.kind == Filter::Kind::none_of;
    if (!is_group) return check_condition(filter);
    for (const auto& child : filter.children) {
        SLIPWAY_CHECK(check_filter_at(child, depth + 1, size));
    }
    return {};
}

}  // namespace

Result<void> check_collection(std::string_view collection) {
    if (collection.empty()) return refuse("collection", "The collection needs a name.");
    return check_name("collection", collection, IndexLimits::collection_name_bytes);
}

Result<void> check_workspace(const WorkspaceId& workspace) {
    if (workspace.value.empty()) return refuse("workspace", "The workspace has no id.");
    return check_name("workspace", workspace.value, IndexLimits::workspace_bytes);
}

Result<void> check_options(const CollectionOptions& options) {
    if (options.dimension > IndexLimits::dimension)
        return refuse("dimension", fmt::format("Vectors of {} dimensions are too large; at most {} are supported.",
                                               options.dimension, IndexLimits::dimension));
    if (!is_language(options.language))
        return refuse("language", fmt::format("\"{}\" is no language of the analyser; use a Snowball name such as "
                                              "\"english\" or \"german\", or \"none\".",
                                              options.language));
    return check_text("embedding_model", options.embedding_model, IndexLimits::id_bytes);
}

Result<void> check_passages(const std::vector<Passage>& passages, const CollectionOptions& options) {
    if (passages.size() > IndexLimits::passages_per_call)
        return refuse("passages", fmt::format("{} passages are too many for one call; at most {} are allowed.",
                                              passages.size(), IndexLimits::passages_per_call));
    std::size_t bytes = 0;
    for (const auto& passage : passages) {
        SLIPWAY_CHECK(check_passage(passage, options));
        bytes += size_of(passage);
    }
    if (bytes > IndexLimits::bytes_per_call)
        return refuse("passages", fmt::format("{} bytes of passages are too many for one call; at most {} are allowed.",
                                              bytes, IndexLimits::bytes_per_call));
    return {};
}

Result<void> check_ids(const std::vector<std::string>& ids) {
    if (ids.size() <= IndexLimits::ids_per_call) return {};
    return refuse("ids", fmt::format("{} ids are too many for one call; at most {} are allowed.", ids.size(),
                                     IndexLimits::ids_per_call));
}

Result<void> check_filter(const Filter& filter) {
    FilterSize size;
    return check_filter_at(filter, 1, size);
}

Result<void> check_vector(const Vector& vector, const CollectionOptions& options) {
    if (options.dimension == 0) return refuse("vector", "The collection holds no vectors.");
    if (vector.size() != options.dimension)
        return refuse("vector", fmt::format("The vector has {} dimensions, the collection {}.", vector.size(),
                                            options.dimension));
    if (!std::ranges::all_of(vector, [](float value) { return std::isfinite(value); }))
        return refuse("vector", "The vector has a value that is not a finite number.");
    return {};
}

Result<void> check_query(const Query& query) {
    SLIPWAY_CHECK(check_limit(query.limit));
    SLIPWAY_CHECK(check_text("query", query.text, IndexLimits::query_bytes));
    if (query.expansions.size() > IndexLimits::expansions)
        return refuse("expansions", fmt::format("{} expansions are too many; at most {} are allowed.",
                                                query.expansions.size(), IndexLimits::expansions));
    std::size_t bytes = 0;
    for (const auto& expansion : query.expansions) {
        bytes += expansion.text.size();
        SLIPWAY_CHECK(check_text("expansions", expansion.text, IndexLimits::query_bytes));
        if (!std::isfinite(expansion.weight) || expansion.weight < 0)
            return refuse("expansions", "The weight of an expansion must be a number from 0.");
    }
    if (bytes > IndexLimits::query_bytes)
        return refuse("expansions", fmt::format("The expansions have {} bytes together; at most {} are allowed.", bytes,
                                                IndexLimits::query_bytes));
    if (!(query.vector_weight >= 0 && query.vector_weight <= 1))
        return refuse("vector_weight", "The weight of the vector leg must lie between 0 and 1.");
    return check_filter(query.filter);
}

Result<void> check_limit(std::size_t limit) {
    if (limit >= 1 && limit <= IndexLimits::results) return {};
    return refuse("limit", fmt::format("The limit must lie between 1 and {}; it is {}.", IndexLimits::results, limit));
}

}  // namespace slipway::store
