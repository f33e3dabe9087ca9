#include "store/index/qdrant_catalog.h"

#include <algorithm>
#include <cstdio>

#include "base/crypto.h"
#include "base/text.h"
#include "store/index/collection_options.h"
#include "store/index/qdrant_point.h"

namespace slipway::store::qdrant {
namespace {

constexpr std::size_t kReasonBytesMax = 300, kNameBytesMax = 150;
constexpr std::size_t kNumbersIndexedMax = 64;
constexpr Milliseconds kChangeTimeMax{60'000};
constexpr int kTenantsSince = 11;
constexpr const char* kKeywords[] = {"passage", "namespace", "facts", "words", "bits"};

std::string_view distance_of(Metric metric) {
    return metric == Metric::cosine ? "Cosine" : metric == Metric::dot ? "Dot" : "Euclid";
}

json::object typed(std::string_view type) {
    json::object schema;
    schema["type"] = type;
    return schema;
}

std::string reason_in(const RemoteAnswer& answer) {
    const auto* status = object_in(answer.object(), "status");
    const auto reason = status ? text_or(*status, "error") : std::string_view();
    return std::string(cut_utf8(reason, kReasonBytesMax));
}

bool exists_already(const RemoteAnswer& answer) {
    return answer.status == 409 || (answer.status == 400 && reason_in(answer).contains("already exists"));
}

std::string create_body(const CollectionOptions& options) {
    json::object vectors, sparse;
    if (options.dimension > 0) {
        vectors["size"] = options.dimension;
        vectors["distance"] = distance_of(options.metric);
    }
    sparse[kSparse] = json::object();
    return write_json(json::object{{"vectors", std::move(vectors)}, {"sparse_vectors", std::move(sparse)}});
}

}  // namespace

std::unexpected<Error> failure_of(const RemoteClient& client, const RemoteAnswer& answer, std::string_view doing) {
    const auto reason = reason_in(answer);
    if (answer.status == 404) return collection_is_gone();
    if (answer.status == 401 || answer.status == 403)
        return fail(ErrorCode::upstream,
                    "Qdrant at {} does not accept the key of its URL for {}. Set api_key to one that may write.",
                    client.place(), doing);
    const bool busy = answer.status == 408 || answer.status == 429 || answer.status / 100 == 5;
    return fail(busy ? ErrorCode::unavailable : ErrorCode::upstream, "Qdrant at {} refused {} with {}: {}.",
                client.place(), doing, answer.status, reason.empty() ? "no reason given" : reason);
}

const json::object& result_of(const RemoteAnswer& answer) {
    static const json::object kEmpty;
    const auto* result = object_in(answer.object(), "result");
    return result ? *result : kEmpty;
}

Task<RemoteAnswer> ask(RemoteClient& client, const RemoteCollection& collection, std::string_view what,
                       net::Method method, std::string body, Milliseconds limit) {
    RemoteRequest request;
    request.method = method;
    request.path = fmt::format("/collections/{}{}", collection.name, what);
    request.body = std::move(body);
    request.time_max = limit;
    SLIPWAY_CO_TRY(auto answer, co_await client.call(std::move(request)));
    if (!answer.good()) co_return failure_of(client, answer, what);
    if (!find(answer.object(), "result"))
        co_return fail(ErrorCode::upstream, "What answers at {} is no Qdrant.", client.place());
    co_return answer;
}

Task<Version> Catalog::version() {
    {
        const std::lock_guard lock(mutex_);
        if (version_) co_return *version_;
    }
    RemoteRequest request;
    request.path = "/";
    request.time_max = options_.read_time_max;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (!answer.good()) co_return failure_of(client_, answer, "to tell its version");
    const std::string text(text_or(answer.object(), "version"));
    Version version;
    if (std::sscanf(text.c_str(), "%d.%d", &version.major, &version.minor) != 2)
        co_return fail(ErrorCode::upstream, "What answers at {} is no Qdrant.", client_.place());
    if (!version.has(7))
        co_return fail(ErrorCode::upstream, "Qdrant at {} is {}; 1.7 or newer is needed.", client_.place(), text);
    const std::lock_guard lock(mutex_);
    version_ = version;
    co_return version;
}

std::string Catalog::alias_of(std::string_view name) const {
    std::string encoded;
    for (const char c : name) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_')
            encoded += c;
        else
            encoded += fmt::format("~{:02x}", static_cast<unsigned char>(c));
    }
    if (encoded.size() > kNameBytesMax) encoded = "~~" + sha256_hex(name);
    return options_.prefix.empty() ? encoded : fmt::format("{}-{}", options_.prefix, encoded);
}

Task<std::optional<std::string>> Catalog::target(std::string name) {
    RemoteRequest request;
    request.path = "/aliases";
    request.time_max = options_.read_time_max;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (!answer.good()) co_return failure_of(client_, answer, "to list its collections");
    const auto* aliases = array_in(result_of(answer), "aliases");
    if (!aliases) co_return fail(ErrorCode::upstream, "What answers at {} is no Qdrant.", client_.place());
    const auto alias = alias_of(name);
    for (const auto& one : *aliases)
        if (one.is_object() && text_or(one.get_object(), "alias_name") == alias)
            co_return std::string(text_or(one.get_object(), "collection_name"));
    co_return std::nullopt;
}

Task<std::optional<RemoteCollection>> Catalog::look_up(std::string name) {
    SLIPWAY_CO_TRY(auto found, co_await target(name));
    if (!found) co_return std::nullopt;
    RemoteCollection collection{*found, {}};
    json::object body{{"with_payload", true}, {"with_vector", false}};
    body["ids"].emplace_array().emplace_back(kNoPoint);
    auto answer =
        co_await ask(client_, collection, "/points", net::Method::post, write_json(body), options_.read_time_max);
    if (!answer && answer.error().code == ErrorCode::not_found) co_return std::nullopt;  // dropped in between
    if (!answer) co_return pass(answer);
    const auto* points = array_in(answer->object(), "result");
    const auto* point = points && !points->empty() ? points->front().if_object() : nullptr;
    const auto* payload = point ? object_in(*point, "payload") : nullptr;
    const auto* information = payload ? object_in(*payload, "slipway") : nullptr;
    if (!information)
        co_return fail(ErrorCode::conflict, "Qdrant has a collection {} that is not ours; use a prefix.",
                       alias_of(name));
    SLIPWAY_CO_TRY(collection.options, read_collection_options(*information));
    co_return collection;
}

Task<void> Catalog::index_field(const RemoteCollection& collection, std::string field, json::object schema) {
    const json::object body{{"field_name", field}, {"field_schema", std::move(schema)}};
    const auto answer =
        co_await ask(client_, collection, "/index?wait=true", net::Method::put, write_json(body), kChangeTimeMax);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Result<void>();
}

Task<void> Catalog::index_numbers(const RemoteCollection& collection, const std::set<std::string>& fields) {
    for (const auto& field : fields) {
        {
            const std::lock_guard lock(mutex_);
            const auto& known = numbers_[collection.name];
            if (known.contains(field) || known.size() >= kNumbersIndexedMax) continue;
        }
        SLIPWAY_CO_CHECK(co_await index_field(collection, "numbers." + field, typed("float")));
        const std::lock_guard lock(mutex_);
        numbers_[collection.name].insert(field);
    }
    co_return Result<void>();
}

Task<void> Catalog::write_information(std::string name, const RemoteCollection& collection) {
    auto information = write_collection_options(collection.options);
    information["collection"] = name;
    json::object payload, body;
    payload["slipway"] = std::move(information);
    body["points"].emplace_array().push_back(
        json::object{{"id", kNoPoint}, {"vector", json::object()}, {"payload", std::move(payload)}});
    const auto answer =
        co_await ask(client_, collection, "/points?wait=true", net::Method::put, write_json(body), kChangeTimeMax);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Result<void>();
}

// Each step may have been done before, by another process or by one that ended in the middle.
Task<void> Catalog::create(std::string name, std::string collection, CollectionOptions options) {
    SLIPWAY_CO_TRY(const auto version, co_await this->version());
    RemoteRequest request;
    request.method = net::Method::put;
    request.path = "/collections/" + collection;
    request.body = create_body(options);
    request.time_max = kChangeTimeMax;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (!answer.good() && !exists_already(answer)) co_return failure_of(client_, answer, "to make a collection");
    const RemoteCollection made{std::move(collection), std::move(options)};
    auto tenant = typed("keyword");
    if (version.has(kTenantsSince)) tenant["is_tenant"] = true;
    SLIPWAY_CO_CHECK(co_await index_field(made, "workspace", std::move(tenant)));
    for (const auto* const field : kKeywords) {
        SLIPWAY_CO_CHECK(co_await index_field(made, field, typed("keyword")));
    }
    co_return co_await write_information(std::move(name), made);
}

Task<void> Catalog::move_alias(std::string alias, std::string to, bool replaces) {
    json::object body;
    auto& actions = body["actions"].emplace_array();
    json::object old, action;
    old["alias_name"] = alias;
    if (replaces) {
        json::object removal;
        removal["delete_alias"] = std::move(old);
        actions.push_back(std::move(removal));
    }
    if (!to.empty()) {
        action["create_alias"] = json::object{{"collection_name", to}, {"alias_name", alias}};
        actions.push_back(std::move(action));
    }
    RemoteRequest request;
    request.method = net::Method::post;
    request.path = "/collections/aliases";
    request.body = write_json(body);
    request.time_max = kChangeTimeMax;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (answer.good()) co_return Result<void>();
    if (exists_already(answer))
        co_return fail(ErrorCode::conflict, "Qdrant has a collection {} that is not ours; use a prefix.", alias);
    co_return failure_of(client_, answer, "to name a collection");
}

Task<void> Catalog::ensure(std::string name, CollectionOptions options) {
    // The same options have the same name, so that two who begin at once make the same.
    const auto generation = sha256_hex(write_json(write_collection_options(options))).substr(0, 12);
    const auto collection = fmt::format("{}.{}", alias_of(name), generation);
    SLIPWAY_CO_CHECK(co_await create(name, collection, std::move(options)));
    co_return co_await move_alias(alias_of(name), collection, false);
}

Task<void> Catalog::remove(std::string collection) {
    {
        const std::lock_guard lock(mutex_);
        numbers_.erase(collection);
    }
    RemoteRequest request;
    request.method = net::Method::del;
    request.path = "/collections/" + collection;
    request.time_max = kChangeTimeMax;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (answer.good() || answer.status == 404) co_return Result<void>();
    co_return failure_of(client_, answer, "to drop a collection");
}

Task<void> Catalog::drop(std::string name) {
    SLIPWAY_CO_TRY(const auto found, co_await target(name));
    if (!found) co_return Result<void>();
    SLIPWAY_CO_CHECK(co_await move_alias(alias_of(name), "", true));
    co_return co_await remove(*found);
}

Task<void> Catalog::renew(std::string name, CollectionOptions options) {
    SLIPWAY_CO_TRY(const auto old, co_await target(name));
    const auto collection = fmt::format("{}.r{}", alias_of(name), to_hex(random_bytes(8)));
    SLIPWAY_CO_CHECK(co_await create(name, collection, options));
    auto moved = co_await move_alias(alias_of(name), collection, old.has_value());
    if (moved) {
        if (old) {
            SLIPWAY_CO_CHECK(co_await remove(*old));
        }
        co_return Result<void>();
    }
    const auto removed = co_await remove(collection);
    static_cast<void>(removed);  // the first failure is what to tell
    co_return pass(moved);
}

}  // namespace slipway::store::qdrant
