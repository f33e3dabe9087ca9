#include "account/edge_identity.h"

#include "base/email.h"
#include "base/text.h"

namespace slipway::account {

EdgeIdentity::EdgeIdentity(net::Client& client, Accounts& accounts, EdgeOptions options)
    : accounts_(accounts), options_(std::move(options)), issuer_(client, options_.issuer) {}

Task<Principal> EdgeIdentity::principal(std::string assertion) {
    TokenDemands demands{.audience = options_.audience, .nonce = ""};
    SLIPWAY_CO_TRY(const auto claims, co_await issuer_.verify(std::move(assertion), std::move(demands)));
    const auto email = lower_ascii(text_or(claims, options_.email_claim));
    if (!is_email(email)) co_return token_refused();
    Principal principal;
    const auto known = co_await accounts_.find(email);
    if (!known && known.error().code != ErrorCode::not_found) co_return std::unexpected(known.error());
    if (known && known->email == email && known->email_verified_at) {
        if (!known->active) co_return token_refused();
        principal.user = *known;
    } else {
        principal.user.id = "edge:" + email;
        principal.user.email = principal.user.username = email;
    }
    principal.user.role = options_.role;
    principal.user.role_name = to_string(options_.role);
    principal.workspace = accounts_.workspace();
    principal.proof = Proof::edge;
    principal.proven_until = from_unix_ms(static_cast<std::int64_t>(number_or(claims, "exp", 0)) * 1000);
    principal.authenticated_at = from_unix_ms(static_cast<std::int64_t>(number_or(claims, "iat", 0)) * 1000);
    co_return principal;
}

}  // namespace slipway::account
