#include "app/capabilities/access_key_json.h"
#include "app/operations/operations.h"

namespace slipway::app {
namespace {

std::string id_of(const json::object& arguments) { return std::string(text_or(arguments, "id")); }

Task<json::value> create_key(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(auto wanted, wanted_key(given, principal));
    SLIPWAY_CO_TRY(const auto issued,
                   co_await capabilities.keys.create(std::move(wanted), &principal, visit_of(context)));
    auto answer = key_json(issued.key);
    answer["key"] = issued.secret;
    co_return json::value(std::move(answer));
}

Task<json::value> list_keys(const Capabilities& capabilities, CallContext& context, json::object) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(const auto keys,
                   co_await capabilities.keys.list(principal.workspace, std::nullopt, keys_visible_to(principal)));
    json::array items;
    for (const auto& key : keys) items.push_back(key_json(key));
    co_return json::value(json::object{{"keys", std::move(items)}});
}

Task<json::value> get_key(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(const auto key, co_await visible_key(capabilities.keys, principal, id_of(given)));
    co_return json::value(key_json(key));
}

Task<json::value> update_key(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(const auto key, co_await visible_key(capabilities.keys, principal, id_of(given)));
    SLIPWAY_CO_TRY(auto change, wanted_change(given));
    SLIPWAY_CO_TRY(const auto changed, co_await capabilities.keys.change(principal.workspace, key.id, std::move(change),
                                                                         &principal, visit_of(context)));
    co_return json::value(key_json(changed));
}

Task<json::value> revoke_key(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(const auto key, co_await visible_key(capabilities.keys, principal, id_of(given)));
    SLIPWAY_CO_CHECK(co_await capabilities.keys.revoke(principal.workspace, key.id, &principal, visit_of(context)));
    co_return json::value(json::object());
}

}  // namespace

void bind_key_operations(ScriptHost& host, const Capabilities& capabilities) {
    bind_object(host, capabilities, "keys.create", create_key);
    bind_object(host, capabilities, "keys.list", list_keys);
    bind_object(host, capabilities, "keys.get", get_key);
    bind_object(host, capabilities, "keys.update", update_key);
    bind_object(host, capabilities, "keys.revoke", revoke_key);
}

}  // namespace slipway::app
