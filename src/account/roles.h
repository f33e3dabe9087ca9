// What the roles of an application may do: each has a rank (Role) and scopes ("documents:read").
//
// Built in are viewer, member (also called editor), admin and owner, with the scopes of the default API below; a
// manifest gives them further scopes, and roles of its own that are like one of them. A key or token may hold fewer
// scopes than the role it acts as, never more.
//
//     account             one's own account, sessions and list of workspaces: everybody who is signed in
//     documents:read      documents, their originals, and searching them     viewer
//     documents:write     adding, changing and deleting single ones          Rights::write_documents
//     documents:delete    deleting all at once                               Rights::delete_all_documents
//     chats:read, chats:write, files:read, files:write, jobs:read, jobs:write, keys:read, keys:write, events:read,
//     workspace:read                                                         viewer
//     jobs:manage, workspace:users, audit:read                              admin
//     workspace:settings  name, description, domains                         admin
//     workspace:delete    deleting and handing over                          owner
//     system              above all workspaces: who has the system role admin or owner, whatever the role here
// An owner holds "*", which is all of them and all of the application's, but not "system".
//
// Immutable, so thread safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "account/types.h"

namespace slipway::account {

inline constexpr std::string_view kAllScopes = "*";
inline constexpr std::string_view kAccountScope = "account";
inline constexpr std::string_view kSystemScope = "system";
inline constexpr std::size_t kScopeBytesMax = 64;

// Whether they contain it, or all. "system" is in none: it comes from the system role.
bool holds(const Scopes& scopes, std::string_view scope);
// What both hold.
Scopes intersection(const Scopes& one, const Scopes& other);
bool is_system_admin(const User& user);

// A role that the manifest names; one that is built in is given `scopes` beside its own.
struct RoleDefinition {
    std::string name;
    Role like = Role::viewer;
    std::vector<std::string> scopes;
};

struct RoleInfo {
    std::string name;
    Role rank = Role::viewer;
    std::shared_ptr<const Scopes> scopes;
};

class Roles {
 public:
    explicit Roles(Rights rights = {}, const std::vector<RoleDefinition>& own = {});

    // In the order of their ranks.
    const std::vector<RoleInfo>& all() const { return roles_; }
    // Null when there is none of that name.
    const RoleInfo* find(std::string_view name) const;
    // `invalid` with the names that there are.
    Result<RoleInfo> require(std::string_view name) const;

    // The rank of the user's role by its name (a role that the manifest has no more: viewer without scopes), and the
    // scopes: those of the role, or what a key holds of them.
    void apply(Principal& principal) const;
    // `forbidden` (details.scope) unless the principal, on which apply() was called, may.
    static Result<void> check(const Principal& principal, std::string_view scope);

 private:
    std::vector<RoleInfo> roles_;
};

}  // namespace slipway::account
