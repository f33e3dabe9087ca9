// users.sessions, users.end_sessions, users.reset
#include "app/capabilities/accounts.h"
#include "serve/operator.h"

namespace slipway::serve {

Task<json::object> Operator::sessions_of_user(std::string command, std::string name) {
    const auto& capabilities = application_.capabilities();
    const account::Visit nowhere;  // the command line is no client
    SLIPWAY_CO_TRY(const auto user, co_await capabilities.accounts.find(std::move(name)));
    if (command == "users.reset") {
        // The password is the user's to choose, not the operator's.
        SLIPWAY_CO_CHECK(co_await capabilities.credentials.ask_reset(user.email, nowhere));
        co_return json::object{{"email", user.email}};
    }
    if (command == "users.end_sessions") {
        account::Ending all{.user_id = user.id, .reason = "operator"};
        SLIPWAY_CO_TRY(const auto ended,
                       co_await capabilities.accounts.sessions().end(std::move(all), nowhere, "operator"));
        co_return json::object{{"ended", ended}};
    }
    SLIPWAY_CO_TRY(const auto sessions, co_await capabilities.accounts.sessions().list(user.id));
    json::array items;
    for (const auto& session : sessions) items.push_back(app::to_json(session, ""));
    co_return json::object{{"sessions", std::move(items)}};
}

}  // namespace slipway::serve
