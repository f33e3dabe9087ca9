#include "app/manifest/workspaces.h"

// `describe` of the quotas is found through Keys, which lives in slipway::app.
namespace slipway::app {
namespace {

using account::Role;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<Choice<Role>, 5> kRoles{{{Role::viewer, "viewer"},
                                              {Role::member, "member"},
                                              {Role::member, "editor"},
                                              {Role::admin, "admin"},
                                              {Role::owner, "owner"}}};
constexpr std::array<Choice<WorkspaceMode>, 2> kModes{{{WorkspaceMode::shared, "shared"}, {WorkspaceMode::own, "own"}}};
constexpr std::array<Choice<account::WorkspaceCreation>, 3> kCreations{
    {{account::WorkspaceCreation::nobody, "nobody"},
     {account::WorkspaceCreation::system_admins, "system_admins"},
     {account::WorkspaceCreation::everyone, "everyone"}}};
constexpr std::array<Choice<UnknownHosts>, 2> kUnknownHosts{
    {{UnknownHosts::admit, "admit"}, {UnknownHosts::refuse, "refuse"}}};

}  // namespace

static void describe(Keys& keys, RoleSection& role) {
    keys.choice("like", role.like, kRoles, "The built-in role whose rank and rights it has.");
    keys.texts("scopes", role.scopes,
               "What it may beside that, as routes of scripts name it (scope = \"content:write\").",
               {Form::line, true});
}

void describe(Keys& keys, RolesSection& roles) {
    keys.choice("write_documents", roles.rights.write_documents, kRoles,
                "Least role that adds, edits and deletes single documents.");
    keys.choice("delete_all_documents", roles.rights.delete_all_documents, kRoles,
                "Least role that deletes all documents at once.");
    keys.later("manage_users", "Least role that manages users over the API; today `slipway users` does.");
    keys.named(
        "own", roles.own,
        "Roles of the application by name; viewer, member (or editor), admin and owner: what these may besides.");
}

static void describe(Keys& keys, account::Quotas& quotas) {
    keys.integer("members", quotas.members, 0, 1'000'000,
                 "Members of a workspace, with those who are invited; 0: any number.");
    keys.integer("workspaces_per_user", quotas.workspaces_per_user, 0, 1'000'000,
                 "Workspaces that one user owns; 0: any number.");
    keys.later("documents", "Documents of a workspace.");
    keys.later("bytes", "Documents and files of a workspace together.");
    keys.later("keys", "API keys of a workspace.");
}

void describe(Keys& keys, WorkspacesSection& workspaces) {
    keys.choice(
        "mode", workspaces.mode, kModes,
        "shared: everybody joins `accounts.workspace`; own: everybody gets a workspace of their own at sign-up.");
    keys.choice("create", workspaces.create, kCreations, "Who may make further workspaces.");
    keys.boolean("first_user_owns", workspaces.first_user_owns,
                 "The first user who signs up gets the system role owner. In development on loopback only; elsewhere "
                 "`slipway users create --owner` makes it.");
    keys.section("quotas", workspaces.quotas, "What a workspace may hold.");
}

void describe(Keys& keys, DomainsSection& domains) {
    keys.text("resolver", domains.resolver,
              "Address and port of the DNS resolver that is asked for TXT records; left out, those of this machine.");
    keys.text("prefix", domains.prefix, "Of the name that carries the record: _<prefix>.<domain>.");
    keys.text("token_prefix", domains.token_prefix, "What the text of the record begins with.");
    keys.text("cname", domains.cname, "Where a CNAME of the domain should lead; told to who adds one.");
    keys.choice("unknown", domains.unknown, kUnknownHosts,
                "Requests with a Host that is neither one of `hosts` nor a proven domain: refuse answers 404.");
    keys.texts("hosts", domains.hosts, "Hosts of the application itself; loopback always is one.");
    keys.duration("recheck", domains.recheck, minutes(1), hours(24 * 366),
                  "How often a proven domain is looked up again.");
}

}  // namespace slipway::app
