#include "cli/account_options.h"

namespace slipway::cli {

static void add_import(CLI::App& users, Parsed& parsed) {
    auto* importing =
        command(users, parsed, "import",
                "Take users over from another system, with the hashes of their passwords (bcrypt, scrypt, "
                "argon2id). Can be repeated: who is there already is passed over");
    importing->add_option("FILE", parsed.path, "One JSON object a line: {\"email\": …, \"password_hash\": …}")
        ->required();
    importing->callback([&parsed] { parsed.code = users_import(parsed.target, parsed.path); });
}

void add_users(CLI::App& app, Parsed& parsed) {
    auto* users = app.add_subcommand("users", "List, create and change users");
    users->require_subcommand(1);
    auto* listing = command(*users, parsed, "list", "All users");
    listing->callback([&parsed] { parsed.code = users_list(parsed.target); });

    const auto named = [&parsed](CLI::App* added) {
        added->add_option("NAME", parsed.user.name, "Username or email")->required();
    };
    const std::string password = "The password; asked for, or read from standard input, when it is left out";
    auto* creating = command(*users, parsed, "create", "Create a user");
    named(creating);
    creating->add_option("--email", parsed.user.email, "Email address")->required();
    creating->add_option("--password", parsed.user.password, password);
    creating->add_option("--role", parsed.user.role, "viewer, member, admin or owner")
        ->check(CLI::IsMember({"viewer", "member", "admin", "owner"}));
    creating->add_flag("--owner", parsed.user.owner, "The same as --role owner");
    creating->callback([&parsed] { parsed.code = users_create(parsed.target, parsed.user); });

    auto* changing = command(*users, parsed, "password", "Set a user's password; ends the user's sessions");
    named(changing);
    changing->add_option("--password", parsed.user.password, password);
    changing->callback([&parsed] { parsed.code = users_password(parsed.target, parsed.user); });

    auto* promoting = command(*users, parsed, "role", "Set a user's role");
    named(promoting);
    promoting->add_option("ROLE", parsed.user.role, "viewer, member, admin or owner")
        ->required()
        ->check(CLI::IsMember({"viewer", "member", "admin", "owner"}));
    promoting->callback([&parsed] { parsed.code = users_role(parsed.target, parsed.user); });

    auto* blocking = command(*users, parsed, "block", "Keep a user out");
    named(blocking);
    blocking->callback([&parsed] { parsed.code = users_active(parsed.target, parsed.user, false); });
    auto* admitting = command(*users, parsed, "unblock", "Let a blocked user in again");
    named(admitting);
    admitting->callback([&parsed] { parsed.code = users_active(parsed.target, parsed.user, true); });

    auto* sessions = command(*users, parsed, "sessions", "Where a user is signed in");
    named(sessions);
    sessions->callback([&parsed] { parsed.code = users_sessions(parsed.target, parsed.user); });
    auto* ending = command(*users, parsed, "end-sessions", "Sign a user out everywhere");
    named(ending);
    ending->callback([&parsed] { parsed.code = users_end_sessions(parsed.target, parsed.user); });
    auto* resetting = command(*users, parsed, "reset", "Mail a user a link to choose a new password");
    named(resetting);
    resetting->callback([&parsed] { parsed.code = users_reset(parsed.target, parsed.user); });
    add_import(*users, parsed);
}

void add_tokens(CLI::App& app, Parsed& parsed) {
    auto* tokens = app.add_subcommand("tokens", "Keys and tokens with which testers, services and programs come in");
    tokens->require_subcommand(1);
    auto* listing = command(*tokens, parsed, "list", "All that are not revoked");
    listing->callback([&parsed] { parsed.code = tokens_list(parsed.target); });

    auto* creating = command(*tokens, parsed, "create", "Make one; it is printed once");
    creating->add_option("NAME", parsed.token.name, "Whose it is, or what it is for")->required();
    creating->add_option("--kind", parsed.token.kind, "beta (a tester's), service or api")
        ->check(CLI::IsMember({"beta", "service", "api"}));
    creating->add_option("--role", parsed.token.role, "Its role: viewer, member, admin or owner")
        ->check(CLI::IsMember({"viewer", "member", "admin", "owner"}));
    creating->add_option("--user", parsed.token.user, "Instead of a role: the user for whom an API key acts");
    creating->add_option("--scope", parsed.token.scopes, "What it may; all that the role may when left out");
    creating->add_option("--per-minute", parsed.token.per_minute, "Requests each minute");
    creating->add_option("--per-day", parsed.token.per_day, "Requests each day");
    creating->add_option("--days", parsed.token.days, "How long it is valid; for ever when left out");
    creating->callback([&parsed] { parsed.code = tokens_create(parsed.target, parsed.token); });

    auto* revoking = command(*tokens, parsed, "revoke", "End one; it is refused from the next request on");
    revoking->add_option("ID", parsed.token.name, "As `list` shows it, or what it begins with")->required();
    revoking->callback([&parsed] { parsed.code = tokens_revoke(parsed.target, parsed.token.name); });
}

void add_keys(CLI::App& app, Parsed& parsed) {
    auto* keys = app.add_subcommand("keys", "The keys that sign access tokens: list, rotate, retire");
    keys->require_subcommand(1);
    auto* listing = command(*keys, parsed, "list", "Those that verify; the one that signs is the first");
    listing->add_flag("--json", parsed.json, "Print JSON");
    listing->callback([&parsed] { parsed.code = keys_list(parsed.target, parsed.json); });
    auto* rotating = command(*keys, parsed, "rotate", "Sign with a new key from now on; nobody is signed out");
    rotating->callback([&parsed] { parsed.code = keys_rotate(parsed.target); });
    auto* retiring =
        command(*keys, parsed, "retire", "Refuse at once what a key has signed, as somebody may have copied it");
    retiring->add_option("ID", parsed.text, "The key")->required();
    retiring->callback([&parsed] { parsed.code = keys_retire(parsed.target, parsed.text); });
}

void add_workspaces(CLI::App& app, Parsed& parsed) {
    auto* workspaces = app.add_subcommand("workspaces", "List, make, suspend and delete workspaces");
    workspaces->require_subcommand(1);
    auto* listing = command(*workspaces, parsed, "list", "All workspaces");
    listing->add_flag("--json", parsed.json, "As JSON");
    listing->callback([&parsed] { parsed.code = workspaces_list(parsed.target, parsed.json); });
    auto* creating = command(*workspaces, parsed, "create", "Make a workspace for a user");
    creating->add_option("NAME", parsed.workspace.name, "What people read")->required();
    creating->add_option("--owner", parsed.workspace.owner, "Username or email of its owner")->required();
    creating->add_option("--slug", parsed.workspace.slug, "Left out, made of the name");
    creating->callback([&parsed] { parsed.code = workspaces_change(parsed.target, "create", parsed.workspace); });
    const auto named = [&](const std::string& name, const std::string& what) {
        auto* added = command(*workspaces, parsed, name, what);
        added->add_option("WORKSPACE", parsed.workspace.workspace, "Its id or slug")->required();
        return added;
    };
    auto* members = named("members", "Who is a member, and as what");
    members->callback([&parsed] { parsed.code = workspaces_members(parsed.target, parsed.workspace); });
    auto* suspending = named("suspend", "Shut a workspace for all but the system's admins");
    suspending->add_option("--reason", parsed.workspace.reason, "Kept with it");
    suspending->callback([&parsed] { parsed.code = workspaces_change(parsed.target, "suspend", parsed.workspace); });
    auto* resuming = named("resume", "Open it again");
    resuming->callback([&parsed] { parsed.code = workspaces_change(parsed.target, "resume", parsed.workspace); });
    auto* deleting = named("delete", "Delete a workspace with everything in it; the server does the rest");
    deleting->callback([&parsed] { parsed.code = workspaces_change(parsed.target, "delete", parsed.workspace); });
}

void add_audit(CLI::App& app, Parsed& parsed) {
    auto& given = parsed.audit;
    auto* listing = command(app, parsed, "audit", "Security events: who signed in, what was changed; the newest first");
    listing->add_option("--user", given.user, "Id of whom they are about");
    listing->add_option("--event", given.event, "sign_in, sign_in_failed, password_changed, role_changed …");
    listing->add_option("--outcome", given.outcome, "Only these")->check(CLI::IsMember({"success", "failure"}));
    listing->add_option("--from", given.from, "A time or a day, such as 2026-12-01")->type_name("TIME");
    listing->add_option("--until", given.until, "Up to this time or day, without it")->type_name("TIME");
    listing->add_option("--workspace", given.workspace, "Id of the workspace (default: all)");
    listing->add_option("--before", given.before, "Where the page before ended");
    listing->add_option("--limit", given.limit, "How many")->check(CLI::Range(1, 1000));
    listing->add_flag("--export", given.export_all, "All of them, a JSON object in each line");
    listing->callback([&parsed] { parsed.code = audit(parsed.target, parsed.audit); });
}

}  // namespace slipway::cli
