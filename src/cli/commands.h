// The commands of `slipway`, each returning its exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace CLI {
class App;
}

namespace slipway::cli {

// `role`: all, api or worker.
int serve(const Target& target, bool watch, const std::string& role);
int check(const Target& target, bool schema, bool reference);

struct IngestArguments {
    std::vector<std::string> paths;
    std::string name_space;
};
int ingest(const Target& target, const IngestArguments& arguments);

struct SearchArguments {
    std::string question;
    std::vector<std::string> namespaces;
    int limit = 5;
    bool json = false;
    bool explain = false;
};
int search(const Target& target, const SearchArguments& arguments);

int ask(const Target& target, const std::string& question, bool json);
int chat(const Target& target);
// `where` is an http(s) URL or an application.
int status(const Target& target, const std::string& where, bool json);
// Whether a server answers its health path, without a store being touched. `where` is a URL or an application.
int health(const Target& target, const std::string& where);
int reindex(const Target& target);
int backup(const Target& target, const std::string& path);
int check_stores(const Target& target);
int restore(const Target& target, const std::string& path, bool replace);

struct CopyArguments {
    std::string from, to;    // sqlite:PATH, postgresql://…, or env:NAME for a variable that holds one
    std::string owner_from;  // name of the variable with the owner's URL
};
// Steps that would break servers of the release before are applied with `contract` alone.
// `move_agents`: chats from before stores.agents was set, too.
int migrate(const Target& target, const std::string& owner_from, bool contract, bool move_agents);
// What waits to be applied: kDone, kContracts or kBlocked.
int migration_plan(const Target& target, const std::string& owner_from);
// The SQL that makes an empty PostgreSQL ready for `role`, to standard output.
int print_schema(const Target& target, const std::string& role);
int copy(const Target& target, const CopyArguments& arguments);

struct JobArguments {
    std::string id, name, arguments, key, state, cursor;
    std::int64_t delay_seconds = 0;
    int limit = 20;
    bool all = false;
};
int jobs_list(const Target& target, const JobArguments& arguments, bool json);
int jobs_show(const Target& target, const JobArguments& arguments);
int jobs_start(const Target& target, const JobArguments& arguments);
int jobs_retry(const Target& target, const JobArguments& arguments);

struct UserArguments {
    std::string name;  // username or email
    std::string email;
    std::string password;  // empty: asked for, or read from standard input
    std::string role = "member";
    bool owner = false;
};
int users_list(const Target& target);
int users_create(const Target& target, UserArguments arguments);
int users_password(const Target& target, UserArguments arguments);
int users_role(const Target& target, const UserArguments& arguments);
int users_active(const Target& target, const UserArguments& arguments, bool active);
// kFailed when a line was refused; the others are imported all the same.
int users_import(const Target& target, const std::string& path);

struct TokenArguments {
    std::string name, kind = "beta", role = "member", user;
    std::vector<std::string> scopes;
    std::int64_t per_minute = 0, per_day = 0, days = 0;  // 0: as the manifest says; for ever
};
int tokens_list(const Target& target);
int tokens_create(const Target& target, const TokenArguments& arguments);
int tokens_revoke(const Target& target, const std::string& which);

// The keys that sign access tokens.
int keys_list(const Target& target, bool json);
int keys_rotate(const Target& target);
int keys_retire(const Target& target, const std::string& id);

// Adds the commands `lambda` and `lambda invoke`, which set `code`.
void add_lambda(CLI::App& app, int& code);

int new_application(const std::string& name);
int completion(const std::string& shell);
int version();

}  // namespace slipway::cli
