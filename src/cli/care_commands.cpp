// slipway status, backup, restore, users, version
#include <cstdio>
#include <iostream>

#include <termios.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/load.h"
#include "cli/terminal.h"
#include "net/client.h"
#include "serve/restore.h"
#include "serve/version.h"

namespace slipway::cli {
namespace {

Task<json::object> fetch_readiness(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    net::Client client;
    net::ClientRequest request;
    request.url = url + "/readiness";
    request.timeouts.total = request.timeouts.first_byte = Milliseconds(10'000);
    SLIPWAY_CO_TRY(auto response, co_await client.send(std::move(request)));
    SLIPWAY_CO_TRY(const auto body, co_await response->read_all());
    SLIPWAY_CO_TRY(auto value, parse_json(body));
    if (!value.is_object()) co_return fail(ErrorCode::upstream, "{} does not answer as Slipway does.", url);
    co_return std::move(value.get_object());
}

// "Qdrant 1.19.0 at qdrant+http://127.0.0.1:6333/app, 2 ms"
std::string store_text(const json::object& store) {
    const auto engine = text_or(store, "engine", "not answering"), url = text_or(store, "url");
    auto text = printable(engine.empty() ? "not answering" : engine);
    if (!url.empty()) text += " at " + printable(url);
    text += fmt::format(", {} ms", integer_or(store, "latency_ms", 0));
    if (const auto error = text_or(store, "error"); !error.empty()) text += ": " + printable(error);
    return text;
}

void print_status(const json::object& status) {
    std::vector<std::vector<std::string>> rows;
    for (const auto* name : {"application", "title", "version", "environment", "data", "chat_model", "embedding_model"})
        if (const auto value = text_or(status, name); !value.empty()) rows.push_back({name, printable(value)});
    if (const auto* documents = object_in(status, "documents"))
        rows.push_back(
            {"documents", fmt::format("{} indexed, {} pending, {} failed; {} passages",
                                      integer_or(*documents, "indexed", 0), integer_or(*documents, "pending", 0),
                                      integer_or(*documents, "failed", 0), integer_or(*documents, "passages", 0))});
    if (const auto* stores = array_in(status, "stores"))
        for (const auto& entry : *stores)
            if (const auto* store = entry.if_object())
                rows.push_back({std::string(text_or(*store, "name")), store_text(*store)});
    if (const auto note = text_or(status, "note"); !note.empty()) rows.push_back({"note", printable(note)});
    fmt::print("{}", table(rows));
}

// Without echo on a terminal; a line of standard input elsewhere.
std::string read_password() {
    std::string password;
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    termios before{};
    if (terminal) {
        fmt::print(stderr, "Password: ");
        ::tcgetattr(STDIN_FILENO, &before);
        auto silent = before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
    }
    std::getline(std::cin, password);
    if (terminal) {
        ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
        fmt::print(stderr, "\n");
    }
    return password;
}

int change_user(const Target& target, const std::string& command, json::object arguments) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto user = (*link)->run(command, std::move(arguments));
    if (!user) return report(user.error());
    fmt::print("{} <{}>, role {}{}\n", printable(text_or(*user, "username")), printable(text_or(*user, "email")),
               text_or(*user, "role"), bool_or(*user, "active", true) ? "" : ", blocked");
    return kDone;
}

}  // namespace

int status(const Target& given, const std::string& where, bool json_wanted) {
    Result<json::object> result;
    const bool remote = where.starts_with("http://") || where.starts_with("https://");
    if (remote) {
        result = run_to_end(fetch_readiness(where));
    } else {
        auto target = given;
        target.application = where;
        auto link = connect(target);
        if (!link) return report(link.error());
        result = (*link)->run("status", {});
        if (result) (*result)["running"] = (*link)->is_remote();
    }
    if (!result) return report(result.error());
    if (json_wanted) {
        fmt::print("{}\n", write_json(*result));
    } else if (remote) {
        fmt::print("{}\n", bool_or(*result, "ready", false) ? "ready" : "not ready");
    } else {
        fmt::print("{}\n", bool_or(*result, "running", false) ? "The server runs."
                                                              : "No server runs; the stores were opened here.");
        print_status(*result);
    }
    return remote && !bool_or(*result, "ready", false) ? kFailed : kDone;
}

int backup(const Target& target, const std::string& path) {
    auto link = connect(target);
    if (!link) return report(link.error());
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error).lexically_normal();
    const auto result = (*link)->run("backup", {{"path", absolute.string()}});
    if (!result) return report(result.error());
    fmt::print("{}: {} files, {}\n", path, integer_or(*result, "files", 0),
               size_text(static_cast<std::uint64_t>(integer_or(*result, "bytes", 0))));
    return kDone;
}

int check_stores(const Target& target) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto result = (*link)->run("check", {});
    if (!result) return report(result.error());
    const auto* findings = array_in(*result, "findings");
    if (findings == nullptr || findings->empty()) {
        const auto files =
            find(*result, "files") == nullptr ? "" : fmt::format(", {} files", integer_or(*result, "files", 0));
        fmt::print("{} documents, {} passages{}: database, index and originals are whole and agree.\n",
                   integer_or(*result, "documents", 0), integer_or(*result, "passages", 0), files);
        return kDone;
    }
    for (const auto& finding : *findings)
        if (finding.is_string()) fmt::print(stderr, "error: {}\n", printable(to_text(finding.get_string())));
    return kFailed;
}

int restore(const Target& target, const std::string& path, bool replace) {
    auto loaded = load(target);
    if (!loaded) return report(loaded.error());
    const auto restored = serve::restore(path, loaded->manifest, loaded->environment, replace);
    if (!restored) return report(restored.error());
    fmt::print("Restored the backup of {}; making the search index anew.\n", text_or(*restored, "created_at"));
    return reindex(target);
}

int users_list(const Target& target) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto result = (*link)->run("users.list", {});
    if (!result) return report(result.error());
    std::vector<std::vector<std::string>> rows{{"NUMBER", "USERNAME", "EMAIL", "ROLE", "SINCE", ""}};
    if (const auto* users = array_in(*result, "users"))
        for (const auto& entry : *users)
            if (const auto* user = entry.if_object())
                rows.push_back({std::to_string(integer_or(*user, "number", 0)), printable(text_or(*user, "username")),
                                printable(text_or(*user, "email")), std::string(text_or(*user, "role")),
                                std::string(text_or(*user, "created_at").substr(0, 10)),
                                bool_or(*user, "active", true) ? "" : "blocked"});
    fmt::print("{}", table(rows));
    return kDone;
}

int users_create(const Target& target, UserArguments arguments) {
    if (arguments.password.empty()) arguments.password = read_password();
    json::object wanted{{"username", arguments.name},
                        {"email", arguments.email},
                        {"password", arguments.password},
                        {"role", arguments.owner ? "owner" : arguments.role}};
    return change_user(target, "users.create", std::move(wanted));
}

int users_password(const Target& target, UserArguments arguments) {
    if (arguments.password.empty()) arguments.password = read_password();
    return change_user(target, "users.password", {{"name", arguments.name}, {"password", arguments.password}});
}

int users_role(const Target& target, const UserArguments& arguments) {
    return change_user(target, "users.role", {{"name", arguments.name}, {"role", arguments.role}});
}

int users_active(const Target& target, const UserArguments& arguments, bool active) {
    return change_user(target, "users.active", {{"name", arguments.name}, {"active", active}});
}

int version() {
    fmt::print("slipway {}\n", serve::kVersion);
    return kDone;
}

}  // namespace slipway::cli
