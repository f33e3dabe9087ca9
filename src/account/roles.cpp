#include "account/roles.h"

#include <algorithm>
#include <iterator>

#include <fmt/ranges.h>

namespace slipway::account {
namespace {

// What each role of the default API may, beside what those before it may.
Scopes built_in(Role role, const Rights& rights) {
    Scopes scopes{std::string(kAccountScope),
                  "chats:read",
                  "chats:write",
                  "documents:read",
                  "events:read",
                  "files:read",
                  "files:write",
                  "jobs:read",
                  "jobs:write",
                  "keys:read",
                  "keys:write",
                  "workspace:read"};
    if (role >= rights.write_documents) scopes.emplace_back("documents:write");
    if (role >= rights.delete_all_documents) scopes.emplace_back("documents:delete");
    if (role >= Role::admin)
        for (const auto* scope : {"audit:read", "jobs:manage", "workspace:settings", "workspace:users"})
            scopes.emplace_back(scope);
    if (role >= Role::owner) scopes.emplace_back(kAllScopes);
    return scopes;
}

std::shared_ptr<const Scopes> sorted(Scopes scopes) {
    std::ranges::sort(scopes);
    const auto twice = std::ranges::unique(scopes);
    scopes.erase(twice.begin(), twice.end());
    return std::make_shared<const Scopes>(std::move(scopes));
}

std::string_view canonical(std::string_view name) { return name == "editor" ? to_string(Role::member) : name; }

}  // namespace

bool holds(const Scopes& scopes, std::string_view scope) {
    if (scope == kSystemScope) return false;
    return std::ranges::binary_search(scopes, scope) || std::ranges::binary_search(scopes, kAllScopes);
}

Scopes intersection(const Scopes& one, const Scopes& other) {
    if (holds(one, kAllScopes)) return other;
    if (holds(other, kAllScopes)) return one;
    Scopes both;
    std::ranges::set_intersection(one, other, std::back_inserter(both));
    return both;
}

bool is_system_admin(const User& user) { return user.system_role == "admin" || user.system_role == "owner"; }

Roles::Roles(Rights rights, const std::vector<RoleDefinition>& own) {
    for (const auto role : {Role::viewer, Role::member, Role::admin, Role::owner}) {
        auto scopes = built_in(role, rights);
        for (const auto& definition : own)
            if (role_from(definition.name) == role)
                scopes.insert(scopes.end(), definition.scopes.begin(), definition.scopes.end());
        const auto like = scopes;
        roles_.push_back({std::string(to_string(role)), role, sorted(std::move(scopes))});
        for (const auto& definition : own) {
            if (role_from(definition.name) || definition.like != role) continue;
            auto further = like;
            further.insert(further.end(), definition.scopes.begin(), definition.scopes.end());
            roles_.push_back({definition.name, role, sorted(std::move(further))});
        }
    }
}

const RoleInfo* Roles::find(std::string_view name) const {
    const auto found = std::ranges::find(roles_, canonical(name), &RoleInfo::name);
    return found == roles_.end() ? nullptr : &*found;
}

Result<RoleInfo> Roles::require(std::string_view name) const {
    if (const auto* role = find(name)) {
        auto named = *role;
        named.name = name;
        return named;
    }
    std::vector<std::string_view> names;
    for (const auto& role : roles_) names.emplace_back(role.name);
    return fail(ErrorCode::invalid, "There is no role '{}'; there are {}.", name.substr(0, kScopeBytesMax),
                fmt::join(names, ", "));
}

void Roles::apply(Principal& principal) const {
    static const auto none = std::make_shared<const Scopes>(Scopes{std::string(kAccountScope)});
    const auto* role = principal.workspace.value.empty() ? nullptr : find(principal.user.role_name);
    principal.user.role = role == nullptr ? Role::viewer : role->rank;
    const auto& scopes = role == nullptr ? none : role->scopes;
    if (principal.scopes == nullptr)
        principal.scopes = scopes;
    else
        principal.scopes = std::make_shared<const Scopes>(intersection(*scopes, *sorted(*principal.scopes)));
}

Result<void> Roles::check(const Principal& principal, std::string_view scope) {
    // No key acts above workspaces.
    const bool may = scope == kSystemScope ? is_system_admin(principal.user) && principal.key_id.empty()
                                           : principal.scopes != nullptr && holds(*principal.scopes, scope);
    if (may) return {};
    auto message = principal.workspace.value.empty()
                       ? fmt::format("You are a member of no workspace, and this needs the right {} in one.", scope)
                       : fmt::format("This needs the right {}, which your role or key does not have.", scope);
    return std::unexpected(Error{ErrorCode::forbidden, std::move(message), {}}.with("scope", json::string(scope)));
}

}  // namespace slipway::account
