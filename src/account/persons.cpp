#include "account/persons.h"

#include <array>

#include "account/registration.h"
#include "base/text.h"

namespace slipway::account {
namespace {

// What is exported of each table: a name, and a query by the user's id. Instants end with _at.
struct Part {
    std::string_view name, sql;
};
constexpr std::array<Part, 6> kParts{{
    {"sessions",
     "select id, device_id, address, user_agent, methods, created_at, last_used_at, expires_at, revoked_at, "
     "ended_reason "
     "from sessions where user_id = $1 order by id"},
    {"devices",
     "select id, fingerprint, name, facts, created_at, last_seen_at from devices where user_id = $1 order by id"},
    {"identities",
     "select provider, subject, email, created_at, last_used_at from identities where user_id = $1 order by provider"},
    {"factors",
     "select id, kind, name, created_at, confirmed_at, last_used_at from factors where user_id = $1 order by id"},
    {"keys",
     "select id, workspace, kind, name, description, prefix, role, scopes, created_at, expires_at, last_used_at, "
     "revoked_at from access_keys where user_id = $1 order by id"},
    {"invitations",
     "select i.id, i.workspace, i.role, i.created_at, i.accepted_at from invitations i join users u on u.email = "
     "i.email where u.id = $1 order by i.id"},
}};

json::value shown(const store::Row& row, std::string_view column) {
    const auto& value = row.value(column).variant();
    if (const auto* text = std::get_if<std::string>(&value)) return json::value(*text);
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return nullptr;
    if (column.ends_with("_at")) return json::value(to_iso8601(from_unix_ms(*number)));
    return *number;
}

// The columns that a query of kParts names.
std::vector<std::string> columns_of(std::string_view sql) {
    const auto begin = sql.find("select ") + 7;
    std::vector<std::string> columns;
    for (const auto part : split(sql.substr(begin, sql.find(" from ") - begin), ',')) {
        const auto name = trim(part);
        columns.emplace_back(name.substr(name.find('.') == std::string_view::npos ? 0 : name.find('.') + 1));
    }
    return columns;
}

json::array shown(const store::Rows& rows, std::string_view sql) {
    json::array items;
    const auto columns = columns_of(sql);
    for (const auto row : rows) {
        json::object item;
        for (const auto& column : columns) item[column] = shown(row, column);
        items.push_back(std::move(item));
    }
    return items;
}

json::object shown(const User& user) {
    json::object told{{"id", user.id},
                      {"number", user.number},
                      {"email", user.email},
                      {"username", user.username},
                      {"display_name", user.display_name},
                      {"profile", user.profile},
                      {"created_at", to_iso8601(user.created_at)}};
    if (user.email_verified_at) told["email_verified_at"] = to_iso8601(*user.email_verified_at);
    if (user.last_sign_in_at) told["last_sign_in_at"] = to_iso8601(*user.last_sign_in_at);
    return told;
}

}  // namespace

Result<ProfileChange> profile_change_from(const json::object& given) {
    ProfileChange change;
    const auto text = [&](std::string_view key, std::optional<std::string>& value) -> Result<void> {
        const auto* found = find(given, key);
        if (found == nullptr) return {};
        if (!found->is_string() || found->get_string().size() > kDisplayNameBytesMax)
            return fail(ErrorCode::invalid, "{} must be a text of at most {} bytes.", key, kDisplayNameBytesMax);
        value = std::string(trim(to_text(found->get_string())));
        return {};
    };
    SLIPWAY_CHECK(text("display_name", change.display_name));
    SLIPWAY_CHECK(text("username", change.username));
    if (change.username)
        if (const auto fault = username_fault(*change.username)) return fail(ErrorCode::invalid, "{}", *fault);
    if (const auto* profile = find(given, "profile")) {
        if (!profile->is_object()) return fail(ErrorCode::invalid, "profile must be an object.");
        change.profile = profile->get_object();
    }
    return change;
}

Task<User> Persons::change(User user, ProfileChange change, Visit visit) {
    json::array changed;
    if (change.display_name) user.display_name = *change.display_name;
    if (change.username) user.username = *change.username;
    for (const auto& entry : change.profile) {
        if (entry.value().is_null())
            user.profile.erase(entry.key());
        else
            user.profile[entry.key()] = entry.value();
        changed.emplace_back(entry.key());
    }
    const auto profile = write_json(user.profile);
    if (profile.size() > kProfileBytesMax)
        co_return fail(ErrorCode::invalid, "A profile may have at most {} bytes.", kProfileBytesMax);
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters row{user.id, user.display_name, user.username, lower_ascii(user.username), profile, now()};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("update users set display_name = $2, username = $3, "
                                         "username_folded = $4, profile = $5, updated_at = $6 where id = "
                                         "$1",
                                         std::move(row)));
        SecurityEvent event{.event = "profile_changed", .user_id = user.id, .visit = visit};
        event.details = {{"keys", changed}};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    auto done = co_await database_.transact(store::Scope::system(), named_body);
    if (!done && done.error().code == ErrorCode::conflict)
        co_return std::unexpected(
            Error{ErrorCode::conflict, "This username is already registered.", {{"field", "username"}}});
    if (!done) co_return pass(done);
    co_return user;
}

Task<json::array> Persons::workspaces_of(const User& user) {
    store::Parameters parameters{user.id, kWorkspacesExportedMax};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(
                                        store::Scope::system(),
                                        "select w.id, w.name, w.title, m.role, m.created_at from memberships m join "
                                        "workspaces w on w.id = m.workspace where m.user_id = $1 order by w.id limit "
                                        "$2",
                                        std::move(parameters)));
    co_return shown(rows, "select id, name, title, role, created_at from ");
}

Task<Principal> Persons::owner_in(const std::string& workspace, const User& user) {
    WorkspaceId place{workspace};
    co_return co_await accounts_.member(std::move(place), user.id);
}

Task<json::object> Persons::export_all(Principal principal, Visit visit) {
    const auto& user = principal.user;
    json::object all{{"user", shown(user)}};
    for (const auto& [name, sql] : kParts) {
        store::Parameters parameters{user.id};
        SLIPWAY_CO_TRY(const auto rows,
                       co_await database_.read(store::Scope::system(), std::string(sql), std::move(parameters)));
        all[name] = shown(rows, sql);
    }
    SLIPWAY_CO_TRY(auto workspaces, co_await workspaces_of(user));
    for (auto& workspace : workspaces) {
        auto& told = workspace.as_object();
        SLIPWAY_CO_TRY(const auto owner, co_await owner_in(std::string(text_or(told, "id")), user));
        for (const auto& kept : belongings_) {
            SLIPWAY_CO_TRY(told[kept.name], co_await kept.tell(owner));
        }
    }
    all["workspaces"] = std::move(workspaces);
    EventFilter filter{.user_id = user.id, .limit = kExportedEventsMax};
    SLIPWAY_CO_TRY(const auto events, co_await audit_.list(std::move(filter)));
    json::array told;
    for (const auto& event : events)
        told.push_back(json::object{{"event", event.event.event},
                                    {"at", to_iso8601(event.at)},
                                    {"address", event.event.visit.address},
                                    {"success", event.event.success}});
    all["events"] = std::move(told);
    SecurityEvent exported{.event = "user_exported", .user_id = user.id, .visit = std::move(visit)};
    SLIPWAY_CO_CHECK(co_await audit_.record(std::move(exported)));
    co_return all;
}

Task<void> Persons::remove(User user, Visit visit) {
    SLIPWAY_CO_TRY(const auto workspaces, co_await workspaces_of(user));
    // Whom only that one owns. Asked again below, where nobody can come between.
    static const std::string left =
        "select w.id from memberships m join workspaces w on w.id = m.workspace where m.user_id = $1 and m.role = "
        "'owner' and w.deleting_at is null and (w.personal_of is null or w.personal_of <> $1) and not exists (select 1 "
        "from memberships o join users u on u.id = o.user_id where o.workspace = m.workspace and o.role = 'owner' and "
        "o.user_id <> $1 and u.active = 1) order by w.id";
    const auto refuse_left = [](const store::Rows& rows) -> Result<void> {
        if (rows.empty()) return {};
        json::array ids;
        for (const auto row : rows) ids.emplace_back(row.text("id"));
        return std::unexpected(Error{ErrorCode::conflict,
                                     "You are the last owner of a workspace; transfer it, or delete it first.",
                                     {{"reason", "last_owner"}, {"workspaces", std::move(ids)}}});
    };
    store::Parameters asked{user.id};
    SLIPWAY_CO_TRY(const auto owned, co_await database_.read(store::Scope::system(), left, std::move(asked)));
    SLIPWAY_CO_CHECK(refuse_left(owned));
    Ending all{.user_id = user.id, .reason = "deleted"};
    SLIPWAY_CO_CHECK(co_await accounts_.sessions().end(std::move(all), visit));
    for (const auto& workspace : workspaces) {
        SLIPWAY_CO_TRY(const auto owner, co_await owner_in(std::string(text_or(workspace.as_object(), "id")), user));
        for (const auto& kept : belongings_) SLIPWAY_CO_CHECK(co_await kept.remove(owner));
    }
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters again{user.id}, personal{user.id, now()}, row{user.id};
        SLIPWAY_CO_TRY(const auto still, co_await transaction.execute(left, std::move(again)));
        SLIPWAY_CO_CHECK(refuse_left(still));
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update workspaces set deleting_at = $2 where personal_of = $1 and deleting_at is null",
            std::move(personal)));
        SLIPWAY_CO_CHECK(co_await transaction.execute("delete from users where id = $1", std::move(row)));
        SecurityEvent event{.event = "user_deleted", .user_id = user.id, .visit = visit};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

}  // namespace slipway::account
