// What stands above the members of a workspace: lists of all, suspending, deleting.
#include "account/workspace_rows.h"

namespace slipway::account {
namespace {

// What leads into a workspace; without it nobody finds the rest.
constexpr std::array<std::string_view, 4> kWaysIn{"memberships", "invitations", "access_keys", "domains"};

Task<void> mark(store::Transaction& transaction, const std::string& workspace) {
    // The slug is free for others at once.
    store::Parameters marked{workspace, now(), "deleted:" + workspace};
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute("update workspaces set deleting_at = $2, name = $3 "
                                                                 "where id = $1 and deleting_at is null",
                                                                 std::move(marked)));
    if (rows.changed() == 0) co_return no_workspace();
    for (const auto table : kWaysIn) {
        store::Parameters in{workspace};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute(fmt::format("delete from {} where workspace = $1", table), std::move(in)));
    }
    store::Parameters defaults{workspace};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "update users set default_workspace = (select min(m.workspace) from memberships m where m.user_id = users.id) "
        "where default_workspace = $1",
        std::move(defaults)));
    co_return Result<void>();
}

}  // namespace

Task<std::vector<Workspace>> Workspaces::list_all() const {
    store::Parameters parameters{kWorkspacesListedMax};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           fmt::format("select {} from workspaces w where w.deleting_at is null order "
                                                       "by w.created_at, w.id limit $1",
                                                       workspace_columns("''")),
                                           std::move(parameters)));
    std::vector<Workspace> workspaces;
    for (const auto row : rows) workspaces.push_back(workspace_of(row));
    co_return workspaces;
}

Task<Workspace> Workspaces::find(std::string id_or_slug) const {
    store::Parameters parameters{std::move(id_or_slug)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           fmt::format("select {} from workspaces w where (w.id = $1 or w.name = $1) "
                                                       "and w.deleting_at is null",
                                                       workspace_columns("''")),
                                           std::move(parameters)));
    if (rows.empty()) co_return no_workspace();
    co_return workspace_of(rows.front());
}

Task<void> Workspaces::suspend(WorkspaceId workspace, std::string reason, std::string actor_id, Visit visit) {
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters row{workspace.value, now(), reason};
        SLIPWAY_CO_TRY(const auto rows,
                       co_await transaction.execute("update workspaces set suspended_at = coalesce(suspended_at, $2), "
                                                    "suspended_reason = $3 where id = $1 and deleting_at is null",
                                                    std::move(row)));
        if (rows.changed() == 0) co_return no_workspace();
        SecurityEvent told{.event = "workspace_suspended", .workspace = workspace.value};
        told.actor_id = actor_id;
        told.visit = visit;
        told.details = {{"reason", reason}};
        co_return co_await audit_.record(transaction, std::move(told));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<void> Workspaces::resume(WorkspaceId workspace, std::string actor_id, Visit visit) {
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters row{workspace.value};
        SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(
                                            "update workspaces set suspended_at = null, suspended_reason = null where "
                                            "id = $1 and deleting_at is null",
                                            std::move(row)));
        if (rows.changed() == 0) co_return no_workspace();
        SecurityEvent told{.event = "workspace_resumed", .workspace = workspace.value};
        told.actor_id = actor_id;
        told.visit = visit;
        co_return co_await audit_.record(transaction, std::move(told));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<void> Workspaces::mark_deleted(WorkspaceId workspace, SecurityEvent event) {
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await mark(transaction, workspace.value));
        auto told = event;
        told.event = "workspace_deleted";
        told.workspace = workspace.value;
        co_return co_await audit_.record(transaction, std::move(told));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    if (removed_) SLIPWAY_CO_CHECK(co_await removed_(workspace));
    co_return Result<void>();
}

Task<void> Workspaces::remove(Actor actor) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:delete"));
    SecurityEvent event{.event = {}, .actor_id = actor.principal.user.id, .visit = actor.visit};
    co_return co_await mark_deleted(actor.principal.workspace, std::move(event));
}

Task<void> Workspaces::remove_by_operator(WorkspaceId workspace, std::string actor_id, Visit visit) {
    SecurityEvent event{.event = {}, .actor_id = std::move(actor_id), .visit = std::move(visit)};
    co_return co_await mark_deleted(std::move(workspace), std::move(event));
}

Task<std::vector<WorkspaceId>> Workspaces::deleted() const {
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           "select id from workspaces where deleting_at is not null order by "
                                           "deleting_at limit 100"));
    std::vector<WorkspaceId> workspaces;
    for (const auto row : rows) workspaces.push_back({row.text("id")});
    co_return workspaces;
}

Task<void> Workspaces::forget(WorkspaceId workspace) {
    store::Parameters parameters{std::move(workspace.value)};
    SLIPWAY_CO_CHECK(co_await database_.write(store::Scope::system(),
                                              "delete from workspaces where id = $1 and deleting_at is not null",
                                              std::move(parameters)));
    co_return Result<void>();
}

}  // namespace slipway::account
