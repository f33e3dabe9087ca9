// Who is what above all workspaces.
#include "account/service.h"
#include "account/tables.h"

namespace slipway::account {
namespace {

bool is_system_role(std::string_view role) { return role == "user" || role == "admin" || role == "owner"; }

}  // namespace

Task<User> Accounts::set_system_role(Principal by, std::string user_id, std::string role, Visit visit) {
    if (by.user.system_role != "owner") co_return fail(ErrorCode::forbidden, "Only owners of the system do this.");
    if (!is_system_role(role)) co_return fail(ErrorCode::invalid, "A role of the system is one of user, admin, owner.");
    auto body = [this, &by, &user_id, &role, &visit](store::Transaction& transaction) -> Task<void> {
        store::Parameters changed{user_id, role};
        SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute("update users set system_role = $2 where id = $1",
                                                                     std::move(changed)));
        if (rows.changed() == 0) co_return fail(ErrorCode::not_found, "There is no such user.");
        SLIPWAY_CO_TRY(const auto left,
                       co_await transaction.execute("select id from users where system_role = 'owner' limit 1"));
        if (left.empty()) {
            Error last{ErrorCode::conflict, "This is the last owner of the system; make another one first.", {}};
            co_return std::unexpected(std::move(last).with("reason", "last_owner"));
        }
        SecurityEvent told{.event = "system_role_changed", .user_id = user_id, .actor_id = by.user.id, .visit = visit};
        told.details = {{"after", role}};
        co_return co_await audit_.record(transaction, std::move(told));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await user_at_home(std::move(user_id));
}

}  // namespace slipway::account
