#include "face/api/account_answers.h"

#include "app/capabilities/factor_json.h"
#include "face/api/access.h"

namespace slipway::face {

static constexpr std::size_t kAccountBodyBytesMax = 16 << 10;

net::Operation account_operation(std::string summary, json::value request, json::value response, int status,
                                 bool authenticated) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "accounts";
    described.request_schema = std::move(request);
    described.response_schema = std::move(response);
    described.success_status = status;
    described.authenticated = authenticated;
    if (authenticated) described.scope = "account";
    described.body_bytes_max = kAccountBodyBytesMax;
    return described;
}

json::object account_json(const account::User& user) {
    return {{"id", user.id},
            {"number", user.number},
            {"email", user.email},
            {"username", user.username},
            {"role", account::to_string(user.role)},
            {"active", user.active},
            {"created_at", to_iso8601(user.created_at)}};
}

net::Response tokens_response(int status, const account::Tokens& tokens) {
    if (tokens.challenge) {
        auto due = net::Response::of_json(200, app::challenge_json(*tokens.challenge));
        due.headers.set("Cache-Control", "no-store");
        return due;
    }
    auto response = net::Response::of_json(status, json::object{{"access_token", tokens.access_token},
                                                                {"refresh_token", tokens.refresh_token},
                                                                {"token_type", "bearer"},
                                                                {"expires_in", tokens.expires_in.count()},
                                                                {"session_id", tokens.session_id},
                                                                {"user", account_json(tokens.user)}});
    response.headers.set("Cache-Control", "no-store");
    return response;
}

json::object account_schema() {
    return schema({{"id", text_schema()},
                   {"number", type_schema("integer")},
                   {"email", text_schema()},
                   {"username", text_schema()},
                   {"role", text_schema("viewer, member, admin or owner")},
                   {"active", type_schema("boolean")},
                   {"created_at", text_schema()}});
}

json::object tokens_schema() {
    return schema({{"access_token", text_schema()},
                   {"refresh_token", text_schema()},
                   {"token_type", text_schema()},
                   {"expires_in", type_schema("integer")},
                   {"session_id", text_schema()},
                   {"user", account_schema()},
                   {"factor_token", text_schema("instead of tokens, where a second factor is due")},
                   {"factors", array_schema(type_schema("object"))}});
}

}  // namespace slipway::face
