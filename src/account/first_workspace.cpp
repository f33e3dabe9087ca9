// The workspace that somebody is in from sign-up on.
#include "account/service.h"
#include "account/workspaces.h"

namespace slipway::account {

Task<void> Accounts::join_first_workspace(store::Transaction& transaction, User& user) const {
    if (options_.first_user_owns && user.number == 1) {
        user.system_role = "owner";
        store::Parameters owner{user.id, user.system_role};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("update users set system_role = $2 where id = $1", std::move(owner)));
    }
    if (options_.personal_workspaces != nullptr) {
        SLIPWAY_CO_TRY(const auto made, co_await options_.personal_workspaces->create_personal(transaction, user));
        user.workspace = user.default_workspace = made.value;
        user.role = Role::owner;
        user.role_name = to_string(Role::owner);
        co_return Result<void>();
    }
    user.workspace = workspace_.value;
    store::Parameters membership{workspace_.value, user.id, to_string(user.role), user.created_at};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "insert into memberships(workspace, user_id, role, created_at) values ($1, $2, $3, $4)",
        std::move(membership)));
    co_return Result<void>();
}

}  // namespace slipway::account
