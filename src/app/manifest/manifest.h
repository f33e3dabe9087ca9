// The manifest: app.yaml in the folder of an application says what the application consists of.
//
// Every key is described once, beside the struct that holds its value (server.h and its neighbours,
// keys.h says how); validation, defaults, the JSON Schema for editors and docs/manifest.md all come from
// there.
//
// Values. `${NAME}`, `${NAME:-default}` and `${NAME:+text}` stand for the secret NAME of the store that
// `stores.secrets` names, else for the variable NAME of the environment, anywhere a value may stand. So does
//     switch: { on: NAME, cases: { one: …, two: … }, default: … }
// `on` is the name of a variable, or an expression such as "${APP_ENV:-development}"; only the chosen case is looked
// at, and where none fits and there is no `default` the key counts as left out if the variable is not set, else it is
// an error. A value that is empty after that counts as left out. A list may be one text: parts with commas between
// them, or a JSON array.
//
// Errors. Each names file, line and column, what is wrong, and what to do. All are collected before anybody is told. An
// error in a value that comes from a variable shows the expression, and the value only where it cannot be a secret.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/manifest/accounts.h"
#include "app/manifest/chat.h"
#include "app/manifest/deploy.h"
#include "app/manifest/files.h"
#include "app/manifest/functions.h"
#include "app/manifest/jobs.h"
#include "app/manifest/knowledge.h"
#include "app/manifest/models.h"
#include "app/manifest/problem.h"
#include "app/manifest/server.h"
#include "app/manifest/site.h"
#include "app/manifest/variables.h"
#include "base/environment.h"
#include "base/json.h"
#include "store/secrets/secrets.h"

namespace slipway::app {

inline constexpr std::string_view kManifestFile = "app.yaml";

// Everything but development and test is treated as production.
enum class Mode : unsigned char { development, test, staging, production };
std::string_view to_string(Mode mode);

struct Manifest {
    std::string name;
    std::string title;  // after loading: the name when left out
    std::string description;
    Mode environment = Mode::development;
    ServerSection server;
    StoresSection stores;
    AccountsSection accounts;
    KnowledgeSection knowledge;
    ModelsSection models;
    ChatSection chat;
    ScriptSection script;
    JobsSection jobs;
    std::vector<FilesSection> files;
    std::vector<FunctionSection> functions;
    SiteSection site;
    DeploySection deploy;
    KeyVariables variables;  // of app.yaml, by key

    std::filesystem::path folder;  // of the application
    std::filesystem::path data;    // relative paths of stores lie here

    bool production() const { return environment == Mode::production || environment == Mode::staging; }
};

void describe(Keys& keys, Manifest& manifest);

enum class Purpose : unsigned char {
    serve,  // what comes with a later release is an error: an application must not run with half of what it asks for
    check,  // … is a warning
};

struct ManifestOptions {
    Purpose purpose = Purpose::serve;
    std::filesystem::path data = "data";
    // What the command line says wins over the manifest, before the checks.
    std::optional<std::string> host;
    std::optional<std::uint16_t> port;
    // Opens the store that `stores.secrets` names, whose own URL is read from the environment alone. Called only for a
    // scheme of this release; left out, the environment has all there is, and for Purpose::check a secret that may be
    // in the store is no fault.
    std::function<Result<std::unique_ptr<store::Secrets>>(const StoreUrl& url, const Environment& environment)>
        open_secrets;
};

struct LoadedManifest {
    Manifest manifest;                      // complete only when ok()
    std::vector<ManifestProblem> problems;  // in the order of the files

    bool ok() const;
    std::size_t errors() const;
};

// Reads folder/app.yaml and the files that it names. `environment` holds the variables, those of the application's .env
// included. Blocks while it asks for secrets: at start only, never on an event loop. A store of secrets that cannot be
// asked is an error of `stores.secrets`.
LoadedManifest load_manifest(const std::filesystem::path& folder, const Environment& environment,
                             const ManifestOptions& options = {});

// For editors: JSON Schema (draft 7, which the YAML language servers understand).
json::object manifest_schema();
// For people: the table of all keys, in Markdown; docs/manifest.md.
std::string manifest_reference();

}  // namespace slipway::app
