// The operator's commands on the keys that sign access tokens.
#include "base/crypto.h"
#include "serve/operator.h"

namespace slipway::serve {
namespace {

json::object to_json(const account::SigningKey& key) {
    json::object told{{"id", key.id}, {"algorithm", account::to_string(key.algorithm)}, {"signs", key.signs}};
    if (key.algorithm != account::SigningAlgorithm::hs256) told["created_at"] = to_iso8601(key.created_at);
    if (key.retired_at) told["replaced_at"] = to_iso8601(*key.retired_at);
    return told;
}

}  // namespace

Task<json::object> Operator::keys(std::string command, json::object arguments) {
    auto& keys = application_.signing_keys();
    if (command == "keys.list") {
        json::array items;
        for (const auto& key : keys.list()) items.push_back(to_json(key));
        co_return json::object{{"keys", std::move(items)}};
    }
    if (command == "keys.rotate") {
        SLIPWAY_CO_TRY(const auto made, co_await keys.rotate());
        co_return to_json(made);
    }
    if (command == "keys.retire") {
        const std::string id(text_or(arguments, "id"));
        SLIPWAY_CO_CHECK(co_await keys.retire(id));
        co_return json::object{{"retired", id}};
    }
    co_return fail(ErrorCode::not_found, "There is no command '{}'.", command);
}

}  // namespace slipway::serve
