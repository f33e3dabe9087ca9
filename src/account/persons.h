// A person's own data: the profile, a copy of all that is kept of them, and its removal.
//
// Accounts knows its own tables; what other capabilities keep of somebody they tell and remove themselves (Belongings).
// What belongs to a workspace, as its documents do, stays. So do security events: they are the workspace's proof, and
// hold no more of a person than an id and where the request came from.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "account/service.h"

namespace slipway::account {

inline constexpr std::size_t kDisplayNameBytesMax = 255;
inline constexpr std::size_t kProfileBytesMax = 16 << 10;  // as JSON
inline constexpr std::size_t kWorkspacesExportedMax = 1000;
inline constexpr std::size_t kExportedEventsMax = 1000;

struct ProfileChange {
    std::optional<std::string> display_name, username;
    json::object profile;  // keys that are to be other, null: none
};
// From {display_name, username, profile}; `invalid` names what is wrong.
Result<ProfileChange> profile_change_from(const json::object& given);

// What a capability keeps of somebody in a workspace.
struct Belongings {
    std::string name;  // "chats"
    std::function<Task<json::value>(Principal owner)> tell;
    std::function<Task<void>(Principal owner)> remove;
};

// Thread safe once all belongings are added. What it is given outlives it.
class Persons {
 public:
    Persons(store::Database& database, Accounts& accounts, const Audit& audit)
        : database_(database), accounts_(accounts), audit_(audit) {}
    void add(Belongings belongings) { belongings_.push_back(std::move(belongings)); }

    // `conflict` with details.field when the username is taken.
    Task<User> change(User user, ProfileChange change, Visit visit);
    // {user, workspaces, sessions, devices, identities, keys, factors, events, and by workspace what belongs to them}.
    // No secrets and no hashes.
    Task<json::object> export_all(Principal principal, Visit visit);
    // For good. `conflict` with details.reason "last_owner" and details.workspaces while a workspace would be left
    // without an owner; a personal one goes along.
    Task<void> remove(User user, Visit visit);

 private:
    Task<json::array> workspaces_of(const User& user);
    Task<Principal> owner_in(const std::string& workspace, const User& user);

    store::Database& database_;
    Accounts& accounts_;
    const Audit& audit_;
    std::vector<Belongings> belongings_;
};

}  // namespace slipway::account
