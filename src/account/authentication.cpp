#include "account/authentication.h"

namespace slipway::account {

Task<Principal> Authentication::principal(Credential credential) {
    if (credential.bearer.empty())
        co_return fail(ErrorCode::unauthorized,
                       "Sign in first: this needs the header Authorization: Bearer <access token>.");
    co_return co_await accounts_.authenticate(std::move(credential.bearer));
}

Task<Principal> Authentication::renew(Principal principal) { return accounts_.renew(std::move(principal)); }

}  // namespace slipway::account
