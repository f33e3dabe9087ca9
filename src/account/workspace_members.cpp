// Members of a workspace and their roles.
#include "account/tables.h"
#include "account/workspace_rows.h"

namespace slipway::account {
namespace {

Task<void> store_role(store::Transaction& transaction, const std::string& workspace, const std::string& user_id,
                      const std::string& role) {
    store::Parameters row{workspace, user_id, role, now()};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "update memberships set role = $3, updated_at = $4 where workspace = $1 and user_id = $2", std::move(row)));
    co_return Result<void>();
}

Task<void> take_away(store::Transaction& transaction, const std::string& workspace, const std::string& user_id) {
    store::Parameters membership{workspace, user_id}, keys{workspace, user_id};
    SLIPWAY_CO_CHECK(co_await transaction.execute("delete from memberships where workspace = $1 and user_id = $2",
                                                  std::move(membership)));
    // What acts for somebody ends with what they may.
    SLIPWAY_CO_CHECK(
        co_await transaction.execute("delete from access_keys where workspace = $1 and user_id = $2", std::move(keys)));
    co_return co_await renew_default(transaction, workspace, user_id);
}

Result<void> may_change(const Principal& by, Role rank_before, Role rank_after) {
    if (by.user.role == Role::owner || (rank_before < Role::owner && rank_after < Role::owner)) return {};
    return fail(ErrorCode::forbidden, "Only an owner changes who is an owner.");
}

}  // namespace

Task<std::vector<Member>> Workspaces::members_of(WorkspaceId workspace) const {
    store::Parameters parameters{workspace.value, kMembersListedMax};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           fmt::format("select {}, m.created_at as since from memberships m join users "
                                                       "u on u.id = m.user_id where m.workspace = $1 order by "
                                                       "m.created_at, u.number limit $2",
                                                       kUserColumns),
                                           std::move(parameters)));
    std::vector<Member> members;
    for (const auto row : rows) {
        Member member{user_of(row), row.instant("since")};
        if (const auto* role = roles_.find(member.user.role_name)) member.user.role = role->rank;
        members.push_back(std::move(member));
    }
    co_return members;
}

Task<std::vector<Member>> Workspaces::members(Actor actor) const {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:read"));
    co_return co_await members_of(actor.principal.workspace);
}

Task<Member> Workspaces::set_role(Actor actor, std::string user_id, std::string role) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:users"));
    SLIPWAY_CO_TRY(const auto wanted, roles_.require(role));
    std::optional<Member> changed;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        const auto workspace = actor.principal.workspace;
        SLIPWAY_CO_CHECK(co_await held_workspace(transaction, workspace));
        SLIPWAY_CO_TRY(auto member, co_await member_in(transaction, workspace.value, user_id));
        const auto* known = roles_.find(member.user.role_name);
        const auto before = known == nullptr ? Role::viewer : known->rank;
        SLIPWAY_CO_CHECK(may_change(actor.principal, before, wanted.rank));
        if (before == Role::owner && wanted.rank < Role::owner)
            SLIPWAY_CO_CHECK(co_await require_other_owner(transaction, roles_, workspace.value, user_id));
        SLIPWAY_CO_CHECK(co_await store_role(transaction, workspace.value, user_id, wanted.name));
        json::object details{{"from", member.user.role_name}, {"to", wanted.name}};
        SLIPWAY_CO_CHECK(co_await record(transaction, actor, "role_changed", user_id, std::move(details)));
        member.user.role_name = wanted.name;
        member.user.role = wanted.rank;
        changed = std::move(member);
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return *std::move(changed);
}

Task<void> Workspaces::remove_member(Actor actor, std::string user_id) {
    if (user_id == actor.principal.user.id) co_return co_await leave(actor);
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:users"));
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        const auto workspace = actor.principal.workspace;
        SLIPWAY_CO_CHECK(co_await held_workspace(transaction, workspace));
        SLIPWAY_CO_TRY(const auto member, co_await member_in(transaction, workspace.value, user_id));
        const auto* known = roles_.find(member.user.role_name);
        const auto rank = known == nullptr ? Role::viewer : known->rank;
        SLIPWAY_CO_CHECK(may_change(actor.principal, rank, Role::viewer));
        if (rank == Role::owner)
            SLIPWAY_CO_CHECK(co_await require_other_owner(transaction, roles_, workspace.value, user_id));
        SLIPWAY_CO_CHECK(co_await take_away(transaction, workspace.value, user_id));
        json::object details{{"role", member.user.role_name}};
        co_return co_await record(transaction, actor, "member_removed", user_id, std::move(details));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<void> Workspaces::leave(Actor actor) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, kAccountScope));
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        const auto workspace = actor.principal.workspace;
        const auto& user_id = actor.principal.user.id;
        SLIPWAY_CO_CHECK(co_await held_workspace(transaction, workspace));
        SLIPWAY_CO_TRY(const auto member, co_await member_in(transaction, workspace.value, user_id));
        SLIPWAY_CO_CHECK(co_await require_other_owner(transaction, roles_, workspace.value, user_id));
        SLIPWAY_CO_CHECK(co_await take_away(transaction, workspace.value, user_id));
        json::object details{{"role", member.user.role_name}, {"left", true}};
        co_return co_await record(transaction, actor, "member_removed", user_id, std::move(details));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<void> Workspaces::transfer(Actor actor, std::string user_id) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:delete"));
    if (user_id == actor.principal.user.id) co_return fail(ErrorCode::invalid, "You own this workspace already.");
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        const auto workspace = actor.principal.workspace;
        SLIPWAY_CO_CHECK(co_await held_workspace(transaction, workspace));
        SLIPWAY_CO_CHECK(co_await member_in(transaction, workspace.value, user_id));
        const std::string owner(to_string(Role::owner)), admin(to_string(Role::admin));
        SLIPWAY_CO_CHECK(co_await store_role(transaction, workspace.value, user_id, owner));
        SLIPWAY_CO_CHECK(co_await store_role(transaction, workspace.value, actor.principal.user.id, admin));
        json::object details{{"from", actor.principal.user.id}};
        co_return co_await record(transaction, actor, "ownership_transferred", user_id, std::move(details));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<Usage> Workspaces::usage(Actor actor) const {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:read"));
    const store::Scope scope(actor.principal.workspace);
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(
                       scope,
                       "select (select count(*) from memberships where workspace = $workspace) as members, "
                       "(select count(*) from documents where workspace = $workspace) as documents, "
                       "(select coalesce(sum(size), 0) from documents where workspace = $workspace) as document_bytes, "
                       "(select coalesce(sum(size), 0) from files where workspace = $workspace) as file_bytes, "
                       "(select count(*) from access_keys where workspace = $workspace and revoked_at is null) as "
                       "keys"));
    const auto row = rows.front();
    Usage usage;
    usage.members = row.integer("members");
    usage.documents = row.integer("documents");
    usage.bytes = static_cast<std::uint64_t>(row.number("document_bytes") + row.number("file_bytes"));
    usage.keys = row.integer("keys");
    usage.quotas = options_.quotas;
    co_return usage;
}

}  // namespace slipway::account
