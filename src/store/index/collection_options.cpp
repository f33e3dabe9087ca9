#include "store/index/collection_options.h"

#include "store/index/analyser.h"
#include "store/index/vector.h"

namespace slipway::store {

json::object write_collection_options(const CollectionOptions& options) {
    return {{"dimension", options.dimension},
            {"metric", to_string(options.metric)},
            {"language", options.language},
            {"embedding_model", options.embedding_model},
            {"analyser", kAnalyserVersion}};
}

Result<CollectionOptions> read_collection_options(const json::object& written) {
    const auto metric = metric_from(text_or(written, "metric"));
    const auto dimension = integer_or(written, "dimension", -1);
    if (!metric || dimension < 0)
        return fail(ErrorCode::conflict, "The collection was not made by this program; use another prefix.");
    if (integer_or(written, "analyser", 0) != kAnalyserVersion)
        return fail(ErrorCode::unavailable,
                    "The collection was made by a version that cuts words otherwise. Run `slipway reindex`.");
    CollectionOptions options;
    options.dimension = static_cast<std::size_t>(dimension);
    options.metric = *metric;
    options.language = text_or(written, "language");
    options.embedding_model = text_or(written, "embedding_model");
    return options;
}

Result<void> check_same_options(std::string_view name, const CollectionOptions& found,
                                const CollectionOptions& wanted) {
    if (found.dimension == wanted.dimension && found.metric == wanted.metric && found.language == wanted.language)
        return {};
    return fail(ErrorCode::conflict,
                "The collection {} has {} dimensions, the metric {} and the language {}; {}, {} and {} were asked for. "
                "Run `slipway reindex` to make it anew.",
                name, found.dimension, to_string(found.metric), found.language, wanted.dimension,
                to_string(wanted.metric), wanted.language);
}

}  // namespace slipway::store
