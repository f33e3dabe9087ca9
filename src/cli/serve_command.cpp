// slipway serve, slipway check
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "cli/terminal.h"
#include "serve/rehearse.h"
#include "serve/run.h"
#include "serve/settings.h"
#include "serve/store_probe.h"
#include "serve/version.h"
#include "serve/wait_for_stores.h"

namespace slipway::cli {
namespace {

constexpr int kSignalled = 128;  // as a shell tells the end by a signal

// Both halves in one line, so that whoever reads a log of an earlier start sees what that one had.
void tell(const std::vector<serve::Setting>& settings) {
    json::object configured, missing;
    for (const auto& setting : settings) {
        if (setting.configured)
            configured[setting.name] = setting.value;
        else
            missing[setting.name] = fmt::format("{}; set by {}", setting.value, setting.set_by);
    }
    log::info("settings", {{"configured", std::move(configured)}, {"not_configured", std::move(missing)}});
}

void print(const std::vector<serve::Setting>& settings) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& setting : settings)
        rows.push_back({setting.configured ? "  +" : "  -", setting.name, printable(setting.value),
                        setting.configured ? "" : "set by " + setting.set_by});
    fmt::print("{}\n", table(rows));
}

void greet(const app::Manifest& manifest, const serve::Application& application, std::uint16_t port) {
    const auto& server = manifest.server;
    const auto host = server.host == "0.0.0.0" || server.host == "::" ? std::string("localhost") : server.host;
    const auto url = fmt::format("{}://{}:{}", server.tls.configured() ? "https" : "http", host, port);
    const auto embedding = application.embedding_model();
    log::info("serving", {{"application", manifest.name},
                          {"url", url},
                          {"version", serve::kVersion},
                          {"environment", app::to_string(manifest.environment)},
                          {"data", application.folder().path().string()},
                          {"chat_model", application.capabilities().chat_model},
                          {"embedding_model", embedding}});
    const auto settings = serve::settings_of(manifest, application.capabilities().chat_model, embedding);
    tell(settings);
    if (::isatty(STDOUT_FILENO) != 1) return;
    fmt::print("\n  {} is served on {}\n\n", manifest.title, url);
    if (manifest.site.enabled) fmt::print("  Open the page       {}/\n", url);
    fmt::print("  Ask from here       slipway ask {} \"…\"\n", manifest.folder.string());
    if (server.openapi) fmt::print("  The API             {}/openapi.json\n", url);
    fmt::print("  Add documents       slipway ingest {} PATH…\n", manifest.folder.string());
    fmt::print("  Data lies in        {}\n\n", application.folder().path().string());
    fmt::print("  What it was given (+), and does without (-):\n");
    print(settings);
    fmt::print("  Stop with Ctrl-C.\n\n");
    std::fflush(stdout);
}

// Until the server listens there is nothing to drain. The system's own way of ending is not there for the first process
// of a container, so a signal while stores are waited for would be lost.
void end_at_once_when_told() {
    constexpr auto end = [](int signal) { std::_Exit(kSignalled + signal); };
    std::signal(SIGTERM, end);
    std::signal(SIGINT, end);
}

// For people: where files of a purpose lie.
std::string place_of(const app::FilesSection& files) {
    if (!files.has_own_store()) return "stores.objects";
    return files.store.path.empty() ? serve::shown_url(files.store.url.reveal()) : files.store.path.string();
}

}  // namespace

int serve(const Target& target, bool watch, const std::string& role) {
    auto loaded = load(target);
    if (!loaded) return report(loaded.error());
    log::set_level(loaded->manifest.server.log_level);
    // A peer that is gone is an error of the write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    end_at_once_when_told();
    auto application = serve::Application::open(std::move(loaded->manifest), std::move(loaded->environment),
                                                serve::IndexUse::open, serve::kStartWaitMax);
    if (!application) return report(application.error());
    const auto& manifest = (*application)->manifest();
    serve::RunOptions options;
    if (role == "api") options.role = serve::ServeRole::api;
    if (role == "worker") options.role = serve::ServeRole::worker;
    options.watch = watch && manifest.knowledge.watch && manifest.environment == app::Mode::development;
    options.ready = [&](std::uint16_t port) { greet(manifest, **application, port); };
    const auto done = serve::run(**application, options);
    if (!done) return report(done.error());
    log::info("stopped");
    return kDone;
}

int check(const Target& target, bool schema, bool reference) {
    if (schema) {
        fmt::print("{}\n", write_json(app::manifest_schema()));
        return kDone;
    }
    if (reference) {
        fmt::print("{}", app::manifest_reference());
        return kDone;
    }
    if (target.application.empty()) {
        fmt::print(stderr, "error: name the folder of an application: slipway check APP\n");
        return kWrongUse;
    }
    log::set_level(log::Level::warning);  // what is told of the rehearsal's stores is of no use here
    const auto environment = environment_of(target.application);
    if (!environment) return report(environment.error());
    auto options = manifest_options(target, *environment);
    options.purpose = app::Purpose::check;
    options.open_secrets = nullptr;  // a look at a file goes nowhere; --stores does
    const auto loaded = app::load_manifest(target.application, *environment, options);
    fmt::print("{}", app::to_lines(loaded.problems));
    if (!loaded.ok()) {
        fmt::print("{} {} in {}.\n", loaded.errors(), loaded.errors() == 1 ? "error" : "errors", target.application);
        return kFailed;
    }
    if (const auto rehearsed = serve::rehearse(loaded.manifest, *environment); !rehearsed)
        return report(rehearsed.error());
    for (const auto& files : loaded.manifest.files) fmt::print("files.{}: {}\n", files.name, place_of(files));
    fmt::print("{} is right.\n", target.application);
    return kDone;
}

}  // namespace slipway::cli
