#include "store/index/opensearch_catalog.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/percent.h"
#include "base/text.h"
#include "store/index/analyser.h"
#include "store/index/collection_options.h"
#include "store/index/opensearch_query.h"

namespace slipway::store::opensearch {
namespace {

constexpr std::size_t kReasonBytesMax = 300, kNameBytesMax = 150;
constexpr Milliseconds kChangeTimeMax{60'000};

json::object error_in(const RemoteAnswer& answer) {
    const auto* error = object_in(answer.object(), "error");
    return error ? *error : json::object();
}

json::object typed(std::string_view type) {
    json::object field;
    field["type"] = type;
    return field;
}

json::object properties_of(const CollectionOptions& options) {
    json::object properties;
    for (const auto* field : {"workspace", "id", "namespace", "facts"}) properties[field] = typed("keyword");
    for (const auto* field : {"text", "metadata"}) {
        auto kept = typed("keyword");
        kept["index"] = kept["doc_values"] = false;
        properties[field] = std::move(kept);
    }
    auto terms = typed("text");
    terms["analyzer"] = "whitespace";
    terms["index_options"] = "freqs";
    terms["norms"] = false;
    properties["terms"] = std::move(terms);
    properties["length"] = typed("integer");
    if (options.dimension == 0) return properties;
    auto vector = typed("knn_vector");
    vector["dimension"] = options.dimension;
    vector["space_type"] = space_type(options.metric);
    vector["method"] = json::object{{"name", "hnsw"}, {"engine", "lucene"}};
    properties["vector"] = std::move(vector);
    return properties;
}

json::object settings_of(const OpenSearchOptions& options, const CollectionOptions& collection) {
    json::object settings{{"number_of_shards", options.shards},
                          {"auto_expand_replicas", "0-1"},
                          {"refresh_interval", "-1"},
                          {"max_result_window", 10'000}};
    if (collection.dimension > 0) settings["knn"] = true;
    return settings;
}

}  // namespace

std::unexpected<Error> failure_of(const RemoteClient& client, const RemoteAnswer& answer, std::string_view doing) {
    const auto error = error_in(answer);
    const auto type = text_or(error, "type");
    const auto reason = cut_utf8(text_or(error, "reason"), kReasonBytesMax);
    if (answer.status == 404 && type == "index_not_found_exception") return collection_is_gone();
    if (answer.status == 401)
        return fail(ErrorCode::upstream, "OpenSearch at {} does not accept the user name or the password of its URL.",
                    client.place());
    if (type == "index_create_block_exception")
        return fail(ErrorCode::unavailable,
                    "OpenSearch at {} takes no new index ({}). It does so when its disks are full: make room, and set "
                    "cluster.blocks.create_index to null when it does not let go by itself.",
                    client.place(), reason);
    if (answer.status == 403 && type != "cluster_block_exception")
        return fail(ErrorCode::upstream,
                    "OpenSearch at {} forbids {}: {}. Give its user the rights to read, write and "
                    "create indexes of this prefix.",
                    client.place(), doing, reason);
    const bool busy = answer.status == 429 || answer.status / 100 == 5 || type == "cluster_block_exception";
    return fail(busy ? ErrorCode::unavailable : ErrorCode::upstream, "OpenSearch at {} refused {} with {}: {}.",
                client.place(), doing, answer.status, reason.empty() ? "no reason given" : reason);
}

std::string Catalog::alias_of(std::string_view name) const {
    std::string encoded;
    for (const char c : name) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')
            encoded += c;
        else
            encoded += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
    if (encoded.size() > kNameBytesMax) encoded = "__" + sha256_hex(name);
    return fmt::format("{}-{}", options_.prefix, encoded);
}

Task<std::vector<RemoteCollection>> Catalog::targets(std::string name) {
    RemoteRequest request;
    request.path = fmt::format("/{}/_mapping?filter_path=*.mappings._meta", alias_of(name));
    request.time_max = options_.read_time_max;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    std::vector<RemoteCollection> found;
    if (answer.status == 404) co_return found;
    if (!answer.good()) co_return failure_of(client_, answer, "to describe a collection");
    for (const auto& [index, value] : answer.object()) {
        const auto* mappings = value.is_object() ? object_in(value.get_object(), "mappings") : nullptr;
        const auto* meta = mappings ? object_in(*mappings, "_meta") : nullptr;
        if (!meta || text_or(*meta, "collection") != name) continue;
        SLIPWAY_CO_TRY(auto options, read_collection_options(*meta));
        found.push_back({std::string(index), std::move(options)});
    }
    if (found.empty())
        co_return fail(ErrorCode::conflict, "OpenSearch has an index {} that is not ours; use another prefix.",
                       alias_of(name));
    // Two for a moment, while one takes the place of the other.
    std::ranges::sort(found, {}, &RemoteCollection::name);
    co_return found;
}

Task<std::optional<RemoteCollection>> Catalog::look_up(std::string name) {
    SLIPWAY_CO_TRY(auto found, co_await targets(std::move(name)));
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.back());
}

Task<bool> Catalog::create(std::string name, std::string index, CollectionOptions options, bool with_alias) {
    auto meta = write_collection_options(options);
    meta["collection"] = name;
    json::object mappings;
    mappings["_meta"] = std::move(meta);
    mappings["dynamic"] = "strict";
    mappings["properties"] = properties_of(options);
    json::object aliases;
    aliases[write_alias(index)] = json::object();
    if (with_alias) aliases[alias_of(name)] = json::object();
    json::object settings;
    settings["index"] = settings_of(options_, options);
    RemoteRequest request;
    request.method = net::Method::put;
    request.path = "/" + index;
    request.body = write_json(json::object{
        {"settings", std::move(settings)}, {"mappings", std::move(mappings)}, {"aliases", std::move(aliases)}});
    request.time_max = kChangeTimeMax;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (answer.good()) co_return true;
    if (text_or(error_in(answer), "type") == "resource_already_exists_exception") co_return false;
    co_return failure_of(client_, answer, "to make a collection");
}

Task<void> Catalog::ensure(std::string name, CollectionOptions options) {
    // The same options have the same name, so that of two who begin at once one makes it.
    const auto generation = sha256_hex(write_json(write_collection_options(options))).substr(0, 12);
    auto index = fmt::format("{}.{}", alias_of(name), generation);
    const auto made = co_await create(std::move(name), std::move(index), std::move(options), true);
    if (!made) co_return std::unexpected(made.error());
    co_return Result<void>();
}

Task<void> Catalog::remove(std::string index) {
    RemoteRequest request;
    request.method = net::Method::del;
    request.path = "/" + index;
    request.time_max = kChangeTimeMax;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (answer.good() || answer.status == 404) co_return Result<void>();
    co_return failure_of(client_, answer, "to drop a collection");
}

Task<void> Catalog::drop(std::string name) {
    SLIPWAY_CO_TRY(const auto found, co_await targets(name));
    for (const auto& collection : found) {
        SLIPWAY_CO_CHECK(co_await remove(collection.name));
    }
    co_return Result<void>();
}

Task<void> Catalog::move_alias(std::string alias, std::string index, std::vector<RemoteCollection> old) {
    const auto action = [](std::string_view kind, json::object what) {
        json::object object;
        object[kind] = std::move(what);
        return object;
    };
    json::array actions;
    for (const auto& collection : old) {
        json::object removed;
        removed["index"] = collection.name;
        actions.push_back(action("remove_index", std::move(removed)));
    }
    actions.push_back(action("add", json::object{{"index", index}, {"alias", alias}}));
    json::object body;
    body["actions"] = std::move(actions);
    RemoteRequest request;
    request.method = net::Method::post;
    request.path = "/_aliases";
    request.body = write_json(body);
    request.time_max = kChangeTimeMax;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (!answer.good()) co_return failure_of(client_, answer, "to renew a collection");
    co_return Result<void>();
}

Task<void> Catalog::renew(std::string name, CollectionOptions options) {
    SLIPWAY_CO_TRY(auto old, co_await targets(name));
    // Sorts behind those that it replaces.
    const auto index = fmt::format("{}.r{}", alias_of(name), to_hex(random_bytes(8)));
    SLIPWAY_CO_CHECK(co_await create(name, index, options, false));
    auto moved = co_await move_alias(alias_of(name), index, std::move(old));
    if (moved) co_return Result<void>();
    const auto removed = co_await remove(index);
    static_cast<void>(removed);  // the first failure is what to tell
    co_return pass(moved);
}

}  // namespace slipway::store::opensearch
