#include "account/authentication.h"

#include <algorithm>

#include "account/jwt.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::string_view kServiceScheme = "password ";

std::unexpected<Error> nothing_shown() {
    return fail(ErrorCode::unauthorized, "Sign in first: this needs the header Authorization: Bearer <access token>.");
}

std::string_view service_token_of(std::string_view header) {
    const bool named = header.size() > kServiceScheme.size() &&
                       equal_ignoring_case(header.substr(0, kServiceScheme.size()), kServiceScheme);
    return trim(named ? header.substr(kServiceScheme.size()) : header);
}

}  // namespace

bool looks_like_access_token(std::string_view bearer) {
    return bearer.starts_with("eyJ") && std::ranges::count(bearer, '.') == 2;
}

Task<Principal> Authentication::admitted(const ConfiguredTokens::Entry& entry) {
    const auto& principal = entry.principal;
    SLIPWAY_CO_CHECK(co_await keys_.admit(principal.workspace, principal.key_id, entry.rate_per_minute, std::nullopt));
    co_return principal;
}

Task<Principal> Authentication::principal(Credential credential) {
    if (const auto service = service_token_of(credential.service); !service.empty()) {
        const auto* const entry = tokens_.find(service);
        if (entry == nullptr || entry->principal.proof != Proof::service_token)
            co_return fail(ErrorCode::unauthorized, "The password in {} is wrong.", options_.service_header);
        co_return co_await admitted(*entry);
    }
    if (options_.edge != nullptr && !credential.edge_assertion.empty())
        co_return co_await options_.edge->principal(std::move(credential.edge_assertion));
    if (credential.bearer.empty()) co_return nothing_shown();
    if (const auto* const entry = tokens_.find(credential.bearer)) co_return co_await admitted(*entry);
    if (looks_like_access_token(credential.bearer)) {
        SLIPWAY_CO_TRY(auto principal, co_await accounts_.authenticate(std::move(credential.bearer)));
        if (!credential.adding_factor) SLIPWAY_CO_CHECK(factors_.check_assurance(principal));
        co_return principal;
    }
    co_return co_await keys_.principal(std::move(credential.bearer), std::move(credential.visit));
}

Task<Principal> Authentication::renew(Principal principal) {
    if (principal.proof == Proof::edge) {
        if (principal.proven_until <= now()) co_return token_refused();
        co_return principal;
    }
    if (principal.key_id.empty()) co_return co_await accounts_.renew(std::move(principal));
    if (const auto* const entry = tokens_.by_id(principal.key_id)) co_return entry->principal;
    co_return co_await keys_.renew(std::move(principal));
}

Task<Principal> Authentication::member(WorkspaceId workspace, std::string user_id) {
    if (!user_id.starts_with(kKeyUserPrefix))
        co_return co_await accounts_.member(std::move(workspace), std::move(user_id));
    const auto* const entry = tokens_.by_id(user_id);
    if (entry != nullptr && entry->principal.workspace == workspace) co_return entry->principal;
    co_return co_await keys_.member(std::move(workspace), std::move(user_id));
}

}  // namespace slipway::account
