#include "account/workspaces.h"

#include <algorithm>

#include "account/tables.h"
#include "account/workspace_rows.h"
#include "base/crypto.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr int kSlugAttempts = 5;  // for a slug that nobody chose

bool is_slug(std::string_view text) { return !text.empty() && slug_of(text) == text; }

Result<void> check_texts(const std::optional<std::string>& title, const std::optional<std::string>& slug,
                         const std::optional<std::string>& description) {
    if (title && (trim(*title).empty() || title->size() > kTitleBytesMax))
        return fail(ErrorCode::invalid, "The name of a workspace has 1 to {} bytes.", kTitleBytesMax);
    if (slug && !is_slug(*slug))
        return fail(ErrorCode::invalid,
                    "A slug has 1 to {} of the characters a-z, 0-9 and '-', which neither begins nor ends it.",
                    kSlugBytesMax);
    if (description && description->size() > kDescriptionBytesMax)
        return fail(ErrorCode::invalid, "The description has at most {} bytes.", kDescriptionBytesMax);
    return {};
}

Error slug_taken(std::string_view slug) {
    return Error{ErrorCode::conflict, fmt::format("The slug '{}' is taken; choose another.", slug), {}}.with("field",
                                                                                                             "slug");
}

Task<bool> is_taken(store::Transaction& transaction, std::string slug, std::string except) {
    store::Parameters parameters{std::move(slug), std::move(except)};
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute("select id from workspaces where name = $1 and id <> "
                                                                 "$2",
                                                                 std::move(parameters)));
    co_return !rows.empty();
}

// The one that was chosen, or one made of the title that is free.
Task<std::string> free_slug(store::Transaction& transaction, const NewWorkspace& wanted) {
    if (!wanted.slug.empty()) {
        SLIPWAY_CO_TRY(const bool taken, co_await is_taken(transaction, wanted.slug, ""));
        if (taken) co_return std::unexpected(slug_taken(wanted.slug));
        co_return wanted.slug;
    }
    auto base = slug_of(wanted.title);
    if (base.empty()) base = "workspace";
    auto slug = base;
    for (int attempt = 0; attempt < kSlugAttempts; ++attempt) {
        SLIPWAY_CO_TRY(const bool taken, co_await is_taken(transaction, slug, ""));
        if (!taken) co_return slug;
        slug = slug_of(base.substr(0, kSlugBytesMax - 9) + "-" + to_hex(random_bytes(4)));
    }
    co_return std::unexpected(slug_taken(base));
}

}  // namespace

std::string slug_of(std::string_view text) {
    std::string slug;
    for (const char c : lower_ascii(text)) {
        if (slug.size() == kSlugBytesMax) break;
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain)
            slug += c;
        else if (!slug.empty() && slug.back() != '-')
            slug += '-';
    }
    while (slug.ends_with('-')) slug.pop_back();
    return slug;
}

Task<void> Workspaces::record(store::Transaction& transaction, const Actor& actor, std::string event,
                              std::string user_id, json::object details) const {
    SecurityEvent told{.event = std::move(event), .workspace = actor.principal.workspace.value};
    told.user_id = std::move(user_id);
    told.actor_id = actor.principal.key_id.empty() ? actor.principal.user.id : actor.principal.key_id;
    told.visit = actor.visit;
    told.details = std::move(details);
    co_return co_await audit_.record(transaction, std::move(told));
}

Task<Principal> Workspaces::enter(Principal principal, std::string id_or_slug) const {
    static const auto sql = fmt::format(
        "select {} from workspaces w join memberships m on m.workspace = w.id join users u on u.id = m.user_id where "
        "(w.id = $1 or w.name = $1) and m.user_id = $2 and w.deleting_at is null",
        kUserColumns);
    const bool is_key = !principal.key_id.empty();
    if (is_key && principal.workspace.value == id_or_slug) co_return principal;
    store::Parameters parameters{std::move(id_or_slug), principal.user.id};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read_often(store::Scope::system(), sql, std::move(parameters)));
    if (rows.empty() || (is_key && rows.front().text("workspace") != principal.workspace.value))
        co_return no_workspace();
    if (is_key) co_return principal;
    principal.user = user_of(rows.front());
    principal.workspace.value = principal.user.workspace;
    co_return principal;
}

Task<void> Workspaces::check_open(const Principal& principal) const {
    if (principal.workspace.value.empty()) co_return Result<void>();
    bool suspended = principal.user.suspended;
    if (!principal.key_id.empty()) {
        store::Parameters by_id{principal.workspace.value};
        SLIPWAY_CO_TRY(const auto rows, co_await database_.read_often(
                                            store::Scope::system(),
                                            "select suspended_at from workspaces where id = $1 and deleting_at is null",
                                            std::move(by_id)));
        if (rows.empty()) co_return no_workspace();
        suspended = rows.front().optional_integer("suspended_at").has_value();
    }
    if (!suspended || is_system_admin(principal.user)) co_return Result<void>();
    co_return std::unexpected(
        Error{ErrorCode::forbidden, "This workspace is suspended. Ask those who run the application.", {}}.with(
            "reason", "suspended"));
}

Task<std::vector<Workspace>> Workspaces::list(std::string user_id) const {
    store::Parameters parameters{std::move(user_id), kWorkspacesListedMax};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(
                       store::Scope::system(),
                       fmt::format("select {} from workspaces w join memberships m on m.workspace = w.id where "
                                   "m.user_id = $1 and w.deleting_at is null order by w.created_at, w.id limit $2",
                                   workspace_columns("m.role")),
                       std::move(parameters)));
    std::vector<Workspace> workspaces;
    for (const auto row : rows) workspaces.push_back(workspace_of(row));
    co_return workspaces;
}

Task<Workspace> Workspaces::insert(store::Transaction& transaction, const User& owner, NewWorkspace wanted,
                                   bool personal, const SecurityEvent& event) const {
    SLIPWAY_CO_TRY(const auto slug, co_await free_slug(transaction, wanted));
    Workspace made;
    made.id.value = new_id();
    made.slug = slug;
    made.title = wanted.title;
    made.description = wanted.description;
    if (personal) made.personal_of = owner.id;
    made.role = to_string(Role::owner);
    made.members = 1;
    made.created_at = made.updated_at = from_unix_ms(to_unix_ms(now()));
    std::optional<std::string> personal_of;
    if (personal) personal_of = owner.id;
    store::Parameters row{made.id.value, made.slug, made.title, made.description, personal_of, made.created_at};
    SLIPWAY_CO_CHECK(
        co_await transaction.execute("insert into workspaces(id, name, title, description, personal_of, "
                                     "created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)",
                                     std::move(row)));
    store::Parameters membership{made.id.value, owner.id, made.role, made.created_at};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "insert into memberships(workspace, user_id, role, created_at) values ($1, $2, $3, $4)",
        std::move(membership)));
    store::Parameters first{owner.id, made.id.value};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "update users set default_workspace = $2 where id = $1 and default_workspace is null", std::move(first)));
    auto told = event;
    told.event = "workspace_created";
    told.workspace = made.id.value;
    told.user_id = owner.id;
    told.details = {{"slug", made.slug}};
    SLIPWAY_CO_CHECK(co_await audit_.record(transaction, std::move(told)));
    co_return made;
}

Task<Workspace> Workspaces::create(Actor actor, NewWorkspace wanted) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, kAccountScope));
    const auto& user = actor.principal.user;
    const bool may = options_.create == WorkspaceCreation::everyone ||
                     (options_.create == WorkspaceCreation::system_admins && is_system_admin(user));
    if (!may)
        co_return fail(ErrorCode::forbidden, "You may not make workspaces here; ask those who run the application.");
    if (!actor.principal.key_id.empty() || user.anonymous)
        co_return fail(ErrorCode::forbidden, "A workspace is made by who is signed in, not by a key.");
    const auto slug = wanted.slug.empty() ? std::nullopt : std::optional(wanted.slug);
    SLIPWAY_CO_CHECK(check_texts(wanted.title, slug, wanted.description));
    std::optional<Workspace> made;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        if (const auto most = options_.quotas.workspaces_per_user; most > 0) {
            // Of two at once one waits.
            store::Parameters held{user.id}, owned{user.id, to_string(Role::owner)};
            SLIPWAY_CO_CHECK(
                co_await transaction.execute("update users set email = email where id = $1", std::move(held)));
            SLIPWAY_CO_TRY(
                const auto rows,
                co_await transaction.execute("select count(*) as n from memberships where user_id = $1 and role = $2",
                                             std::move(owned)));
            if (rows.front().integer("n") >= most) co_return over_quota("workspaces of one owner", most);
        }
        SecurityEvent event{.event = {}, .actor_id = user.id, .visit = actor.visit};
        auto copy = wanted;
        SLIPWAY_CO_TRY(made, co_await insert(transaction, user, std::move(copy), false, event));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    auto done = co_await database_.transact(store::Scope::system(), named_body);
    if (!done && done.error().code == ErrorCode::conflict && done.error().details.contains("constraint"))
        co_return std::unexpected(slug_taken(wanted.slug));
    if (!done) co_return pass(done);
    co_return *std::move(made);
}

Task<WorkspaceId> Workspaces::create_personal(store::Transaction& transaction, const User& user) const {
    NewWorkspace wanted;
    wanted.title = cut_utf8(user.display_name.empty() ? user.username : user.display_name, kTitleBytesMax);
    const SecurityEvent event;
    SLIPWAY_CO_TRY(const auto made, co_await insert(transaction, user, std::move(wanted), true, event));
    co_return made.id;
}

Task<Workspace> Workspaces::create_for(std::string user_id, NewWorkspace wanted) {
    const auto slug = wanted.slug.empty() ? std::nullopt : std::optional(wanted.slug);
    SLIPWAY_CO_CHECK(check_texts(wanted.title, slug, wanted.description));
    std::optional<Workspace> made;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        User owner;
        owner.id = user_id;
        const SecurityEvent event;
        auto copy = wanted;
        SLIPWAY_CO_TRY(made, co_await insert(transaction, owner, std::move(copy), false, event));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return *std::move(made);
}

Task<Workspace> Workspaces::get(Actor actor) const {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:read"));
    store::Parameters parameters{actor.principal.workspace.value, actor.principal.user.id};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(
                       store::Scope::system(),
                       fmt::format("select {} from workspaces w left join memberships m on m.workspace = w.id and "
                                   "m.user_id = $2 where w.id = $1 and w.deleting_at is null",
                                   workspace_columns("m.role")),
                       std::move(parameters)));
    if (rows.empty()) co_return no_workspace();
    co_return workspace_of(rows.front());
}

Task<Workspace> Workspaces::update(Actor actor, WorkspaceChange change) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:settings"));
    SLIPWAY_CO_CHECK(check_texts(change.title, change.slug, change.description));
    std::optional<std::string> settings;
    if (change.settings) settings = write_json(*change.settings);
    if (settings && settings->size() > kSettingsBytesMax)
        co_return fail(ErrorCode::invalid, "The settings have at most {} bytes.", kSettingsBytesMax);
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        const auto id = actor.principal.workspace;
        SLIPWAY_CO_CHECK(co_await held_workspace(transaction, id));
        if (change.slug) {
            SLIPWAY_CO_TRY(const bool taken, co_await is_taken(transaction, *change.slug, id.value));
            if (taken) co_return std::unexpected(slug_taken(*change.slug));
        }
        store::Parameters row{id.value, change.title, change.slug, change.description, settings, now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update workspaces set title = coalesce($2, title), name = coalesce($3, name), description = coalesce($4, "
            "description), settings = coalesce($5, settings), updated_at = $6 where id = $1",
            std::move(row)));
        json::object details;
        if (change.title) details["title"] = *change.title;
        if (change.slug) details["slug"] = *change.slug;
        if (change.settings) details["settings"] = true;
        co_return co_await record(transaction, actor, "workspace_changed", "", std::move(details));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    store::Parameters parameters{actor.principal.workspace.value, actor.principal.user.id};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(
                       store::Scope::system(),
                       fmt::format("select {} from workspaces w left join memberships m on m.workspace = w.id and "
                                   "m.user_id = $2 where w.id = $1",
                                   workspace_columns("m.role")),
                       std::move(parameters)));
    if (rows.empty()) co_return no_workspace();
    co_return workspace_of(rows.front());
}

}  // namespace slipway::account
