#include "account/user_rows.h"

#include "account/tables.h"
#include "base/text.h"

namespace slipway::account {
namespace {

// As kUserColumns, where no membership is asked for.
const std::string& user_sql() {
    static const auto sql = fmt::format(
        "select {} from users u left join memberships m on m.user_id = u.id and m.workspace = ''", kUserColumns);
    return sql;
}

std::optional<User> first_of(const store::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return user_of(rows.front());
}

}  // namespace

Task<std::optional<User>> user_by_email(store::Database& database, std::string email) {
    store::Parameters parameters{std::move(email)};
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(store::Scope::system(), user_sql() + " where u.email = $1",
                                                           std::move(parameters)));
    co_return first_of(rows);
}

Task<std::optional<User>> user_within(store::Transaction& transaction, std::string id) {
    store::Parameters parameters{std::move(id)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute(user_sql() + " where u.id = $1", std::move(parameters)));
    co_return first_of(rows);
}

Task<bool> username_is_taken(store::Database& database, std::string username) {
    store::Parameters parameters{lower_ascii(username)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.read(store::Scope::system(), "select id from users where username_folded = $1",
                                          std::move(parameters)));
    co_return !rows.empty();
}

std::string name_of(const User& user) { return user.display_name.empty() ? user.username : user.display_name; }

Visit visit_of(const json::object& values) {
    const auto* visit = object_in(values, "visit");
    if (visit == nullptr) return {};
    return {std::string(text_or(*visit, "address")), std::string(text_or(*visit, "user_agent")),
            std::string(text_or(*visit, "request_id"))};
}

json::object noted(const Visit& visit) {
    return {{"address", visit.address}, {"user_agent", visit.user_agent}, {"request_id", visit.request_id}};
}

}  // namespace slipway::account
