// First line: the query of a callback; second: a Cookie header; the rest: what a provider answered. Whatever stands
// there, no text of the provider's goes on to the application.
#include "account/oauth_wire.h"
#include "base/percent.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(oauth) {
    using namespace slipway;
    const auto [query, after_query] = fuzz::split_line(input);
    const auto [cookie, answer] = fuzz::split_line(after_query);
    if (const auto fields = net::parse_form(query)) {
        if (const auto read = account::read_provider_answer(*fields)) {
            fuzz::require(!read->state.empty() && read->code.empty() != read->error.empty(), "a code or an error");
            fuzz::require(read->error.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos,
                          "an error is one of those that are known");
        }
        const auto again = net::parse_form(account::form_body(*fields));
        fuzz::require(again && *again == *fields, "what is written is what is read");
    }
    net::Headers headers;
    headers.add("Cookie", std::string(cookie));
    if (const auto value = account::cookie_of(headers, "slipway_oauth"))
        fuzz::require(value->find(';') == std::string::npos, "a cookie ends where the next begins");
    for (const int status : {200, 400, 500})
        if (const auto tokens = account::read_token_answer(status, answer))
            fuzz::require(status == 200 && !tokens->access_token.empty(), "a token");
    if (const auto claims = parse_json(answer); claims && claims->is_object()) {
        if (const auto identity = account::identity_of_claims(claims->get_object()))
            fuzz::require(!identity->subject.empty() && (!identity->email_verified || !identity->email.empty()),
                          "a subject, and no verified address that is none");
    }
    const auto [user, emails] = fuzz::split_line(answer);
    if (const auto identity = account::identity_of_github(user, emails))
        fuzz::require(!identity->subject.empty(), "a subject");
    (void)account::is_pkce_challenge(account::pkce_challenge(answer));
    fuzz::require(account::is_pkce_challenge(account::pkce_challenge(answer)), "a challenge is one");
}
