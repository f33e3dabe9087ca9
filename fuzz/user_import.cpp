// A line of an import: what is accepted is a user that could have registered.
#include "account/user_import.h"

#include "base/email.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(user_import) {
    using namespace slipway;
    const auto user = account::imported_user_of(input);
    if (!user) return;
    fuzz::require(is_email(user->email), "no address");
    fuzz::require(!user->username.empty(), "no name");
}
