// The wire of OAuth 2 sign-in: what is sent and read, without sending anything (RFC 6749, RFC 7636, RFC 9207; GitHub's
// own answers).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/http.h"

namespace slipway::account {

// PKCE, S256: the challenge of a verifier.
std::string pkce_challenge(std::string_view verifier);
// 43 to 128 unreserved characters.
bool is_pkce_verifier(std::string_view verifier);
// What a challenge of S256 looks like.
bool is_pkce_challenge(std::string_view challenge);

// The URL with these fields added to its query.
std::string with_query(std::string_view url, const net::Fields& fields);
// A form body.
std::string form_body(const net::Fields& fields);
// "Basic …" with both parts encoded as RFC 6749, 2.3.1 wants them.
std::string client_authorization(std::string_view id, std::string_view secret);

// What a provider sent a browser back with.
struct ProviderAnswer {
    std::string state, code;
    std::string error;   // one of the codes that RFC 6749 and OpenID Connect know; "other"
    std::string issuer;  // of RFC 9207; "" when it was not sent
    bool has_issuer = false;
};
// `invalid` without a state, with neither code nor error, or with a name that stands twice.
Result<ProviderAnswer> read_provider_answer(const net::Fields& query);

struct TokenAnswer {
    std::string access_token, id_token;
};
// `upstream` for what is no answer of a token endpoint, `unauthorized` for an error (the code is used up or wrong).
Result<TokenAnswer> read_token_answer(int status, std::string_view body);

// Who a provider says that somebody is.
struct ProvidedIdentity {
    std::string subject;
    std::string email;  // "" when none is told
    bool email_verified = false;
    std::string display_name;
};
// Of an ID token's claims. `upstream` without a subject.
Result<ProvidedIdentity> identity_of_claims(const json::object& claims);
// Of GitHub's GET /user and GET /user/emails: the number is the subject, as names change hands.
Result<ProvidedIdentity> identity_of_github(std::string_view user, std::string_view emails);

// The value of a cookie in a Cookie header; nullopt when it is not there, or there twice.
std::optional<std::string> cookie_of(const net::Headers& headers, std::string_view name);

}  // namespace slipway::account
