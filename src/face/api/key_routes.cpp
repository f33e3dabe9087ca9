// /api/keys: keys with which programs come in.
#include "app/capabilities/access_key_json.h"
#include "face/api/access.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

constexpr std::size_t kKeyBodyBytesMax = 16 << 10;

json::object described_rate(std::int64_t most) { return {{"type", "integer"}, {"minimum", 1}, {"maximum", most}}; }

json::object change_properties() {
    return schema({{"name", json::object{{"type", "string"}, {"minLength", 1}}},
                   {"description", text_schema()},
                   {"scopes", array_schema(text_schema())},
                   {"rate_per_minute", described_rate(account::kRatePerMinuteMax)},
                   {"rate_per_day", described_rate(account::kRatePerDayMax)},
                   {"expires_in_days", json::object{{"type", "integer"}, {"minimum", 1}, {"maximum", 3650}}}});
}

const json::value& change_schema() {
    static const json::value made = change_properties();
    return made;
}

const json::value& new_key_schema() {
    static const json::value made = [] {
        auto object = change_properties();
        auto& properties = object["properties"].as_object();
        properties["acts_for"] = text_schema("\"me\", or \"itself\" (admins)");
        properties["role"] = text_schema("of a key that acts for itself");
        object["required"] = json::array{"name"};
        return json::value(std::move(object));
    }();
    return made;
}

json::object key_schema() {
    return schema({{"id", text_schema()},
                   {"kind", text_schema("api, beta or service")},
                   {"name", text_schema()},
                   {"description", text_schema()},
                   {"prefix", text_schema("the characters it begins with")},
                   {"acts_for", text_schema("me or itself")},
                   {"user_id", text_schema()},
                   {"role", text_schema()},
                   {"scopes", array_schema(text_schema())},
                   {"rate_per_minute", type_schema("integer")},
                   {"rate_per_day", type_schema("integer")},
                   {"created_by", text_schema()},
                   {"created_at", text_schema()},
                   {"expires_at", json::object{{"type", json::array{"string", "null"}}}},
                   {"last_used_at", json::object{{"type", json::array{"string", "null"}}}}});
}

json::object issued_schema() {
    auto object = key_schema();
    object["properties"].as_object()["key"] = text_schema("the key, told this once");
    return object;
}

Task<net::Response> create_key(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto given, body_of(request, new_key_schema()));
    SLIPWAY_CO_TRY(auto wanted, app::wanted_key(given, principal));
    SLIPWAY_CO_TRY(const auto issued,
                   co_await capabilities.keys.create(std::move(wanted), &principal, visit_of(request)));
    auto answer = app::key_json(issued.key);
    answer["key"] = issued.secret;
    auto response = net::Response::of_json(201, std::move(answer));
    response.headers.set("Cache-Control", "no-store");
    co_return std::move(response);
}

Task<net::Response> list_keys(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto keys,
                   co_await capabilities.keys.list(principal.workspace, std::nullopt, app::keys_visible_to(principal)));
    json::array items;
    for (const auto& key : keys) items.push_back(app::key_json(key));
    co_return net::Response::of_json(200, json::object{{"keys", std::move(items)}});
}

Task<net::Response> get_key(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    std::string id(request.parameter("id"));
    SLIPWAY_CO_TRY(const auto key, co_await app::visible_key(capabilities.keys, principal, std::move(id)));
    co_return net::Response::of_json(200, app::key_json(key));
}

Task<net::Response> update_key(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto given, body_of(request, change_schema()));
    std::string id(request.parameter("id"));
    SLIPWAY_CO_TRY(const auto key, co_await app::visible_key(capabilities.keys, principal, std::move(id)));
    SLIPWAY_CO_TRY(auto change, app::wanted_change(given));
    SLIPWAY_CO_TRY(const auto changed, co_await capabilities.keys.change(principal.workspace, key.id, std::move(change),
                                                                         &principal, visit_of(request)));
    co_return net::Response::of_json(200, app::key_json(changed));
}

Task<net::Response> revoke_key(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    std::string id(request.parameter("id"));
    SLIPWAY_CO_TRY(const auto key, co_await app::visible_key(capabilities.keys, principal, std::move(id)));
    SLIPWAY_CO_CHECK(co_await capabilities.keys.revoke(principal.workspace, key.id, &principal, visit_of(request)));
    co_return net::Response::empty();
}

net::Operation operation(std::string summary, json::value request, json::value response, int status = 200) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "keys";
    described.request_schema = std::move(request);
    described.response_schema = std::move(response);
    described.success_status = status;
    described.authenticated = true;
    described.body_bytes_max = kKeyBodyBytesMax;
    return described;
}

}  // namespace

void add_key_routes(net::Router& router, const app::Capabilities& capabilities) {
    using net::Method;
    router.add(Method::post, "/api/keys",
               operation("Make a key that acts for you, or (admins) for itself; it is told once", new_key_schema(),
                         issued_schema(), 201),
               handler(capabilities, create_key));
    router.add(
        Method::get, "/api/keys",
        operation("Your keys; of admins all of the workspace", nullptr, schema({{"keys", array_schema(key_schema())}})),
        handler(capabilities, list_keys));
    router.add(Method::get, "/api/keys/{id}", operation("One key", nullptr, key_schema()),
               handler(capabilities, get_key));
    router.add(Method::patch, "/api/keys/{id}", operation("Change what a key may", change_schema(), key_schema()),
               handler(capabilities, update_key));
    router.add(Method::del, "/api/keys/{id}", operation("Revoke a key; it stops at once", nullptr, nullptr, 204),
               handler(capabilities, revoke_key));
}

}  // namespace slipway::face
