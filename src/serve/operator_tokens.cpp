// The operator's commands on keys, tokens and users of another system.
#include "account/user_import.h"
#include "app/capabilities/access_key_json.h"
#include "serve/operator.h"

namespace slipway::serve {

Task<json::object> Operator::import_users(json::object arguments) {
    std::vector<std::string> lines;
    if (const auto* const given = array_in(arguments, "lines"))
        for (const auto& line : *given)
            if (line.is_string()) lines.emplace_back(to_text(line.get_string()));
    const auto first = static_cast<std::size_t>(integer_or(arguments, "first_line", 1));
    SLIPWAY_CO_TRY(const auto outcome,
                   co_await account::import_users(application_.database(), application_.capabilities().audit,
                                                  application_.workspace(), std::move(lines), first));
    json::array faults;
    for (const auto& fault : outcome.faults)
        faults.push_back(json::object{{"line", fault.line}, {"message", fault.message}});
    co_return json::object{{"imported", outcome.imported}, {"present", outcome.present}, {"faults", std::move(faults)}};
}

Task<json::object> Operator::tokens(std::string command, json::object arguments) {
    auto& capabilities = application_.capabilities();
    const auto& workspace = application_.workspace();
    const account::Visit by_command;
    if (command == "tokens.list") {
        SLIPWAY_CO_TRY(const auto keys, co_await capabilities.keys.list(workspace, std::nullopt, ""));
        json::array items;
        for (const auto& key : keys) items.push_back(app::key_json(key));
        co_return json::object{{"keys", std::move(items)}};
    }
    if (command == "tokens.revoke") {
        std::string id(text_or(arguments, "id"));
        SLIPWAY_CO_CHECK(co_await capabilities.keys.revoke(workspace, std::move(id), nullptr, by_command));
        co_return json::object();
    }
    if (command != "tokens.create") co_return fail(ErrorCode::not_found, "There is no command '{}'.", command);
    // Asked for as an owner does, who may make all of them.
    account::Principal owner;
    owner.workspace = workspace;
    owner.user.role = account::Role::owner;
    const std::string user(text_or(arguments, "user"));
    if (!user.empty()) {
        SLIPWAY_CO_TRY(owner.user, co_await capabilities.accounts.find(user));
        arguments["acts_for"] = "me";
    } else {
        arguments["acts_for"] = "itself";
    }
    SLIPWAY_CO_TRY(auto wanted, app::wanted_key(arguments, owner));
    const auto kind = account::key_kind_from(text_or(arguments, "kind", "beta"));
    if (!kind) co_return fail(ErrorCode::invalid, "A token is one of api, beta, service.");
    wanted.kind = user.empty() ? *kind : account::KeyKind::api;
    SLIPWAY_CO_TRY(const auto issued, co_await capabilities.keys.create(std::move(wanted), nullptr, by_command));
    auto answer = app::key_json(issued.key);
    answer["key"] = issued.secret;
    co_return answer;
}

}  // namespace slipway::serve
