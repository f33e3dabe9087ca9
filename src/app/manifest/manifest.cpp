#include "app/manifest/manifest.h"

#include <algorithm>

#include "app/manifest/checks.h"
#include "app/manifest/yaml.h"

namespace slipway::app {
namespace {

constexpr std::array<Choice<Mode>, 6> kModes{{{Mode::development, "development"},
                                              {Mode::development, "dev"},
                                              {Mode::test, "test"},
                                              {Mode::staging, "staging"},
                                              {Mode::production, "production"},
                                              {Mode::production, "prod"}}};

// The store of secrets comes first: the rest may be in it.
StoreUrl secrets_of(const YamlValue& root, const Environment& environment, const std::filesystem::path& folder) {
    Problems told_later(folder / kManifestFile);
    Manifest manifest;
    Reader reader(root, environment, folder, told_later, false);
    describe(reader, manifest);
    return manifest.stores.secrets;
}

// A store of secrets as Environment asks it: by waiting. After the first failure it is not asked again, as each try may
// take long.
class AskedSecrets {
 public:
    explicit AskedSecrets(Result<std::unique_ptr<store::Secrets>> opened) {
        if (opened)
            secrets_ = *std::move(opened);
        else
            failure_ = std::move(opened).error();
    }

    std::optional<std::string> get(std::string_view name) {
        if (failure_) return std::nullopt;
        auto value = run_to_end(secrets_->get(std::string(name)));
        if (value) return *std::move(value);
        // A name that no secret can have is a variable's.
        if (value.error().code != ErrorCode::invalid) failure_ = std::move(value).error();
        return std::nullopt;
    }
    const std::optional<Error>& failure() const { return failure_; }

 private:
    std::unique_ptr<store::Secrets> secrets_;
    std::optional<Error> failure_;
};

}  // namespace

std::string_view to_string(Mode mode) {
    for (const auto& choice : kModes)
        if (choice.value == mode) return choice.name;
    return "";
}

void describe(Keys& keys, Manifest& manifest) {
    keys.text("name", manifest.name, "Name of the application.", {Form::identifier, true});
    keys.text("title", manifest.title, "Its name for people; left out: the name.");
    keys.text("description", manifest.description, "What it is for.", {Form::prose});
    keys.choice("environment", manifest.environment, kModes,
                "Where it runs; usually ${APP_ENV:-development}. Staging is held to the rules of production, test to "
                "those of development.");
    keys.section("server", manifest.server, "How it listens.");
    keys.section("stores", manifest.stores,
                 "Where it keeps what it keeps; each store is chosen by the scheme of a URL.");
    keys.section("accounts", manifest.accounts, "Who may sign in.");
    keys.section("knowledge", manifest.knowledge, "The documents that answers come from.");
    keys.section("models", manifest.models, "Which model answers.");
    keys.section("chat", manifest.chat, "How a message is answered.");
    keys.section("script", manifest.script, "The application's own routes, in Lua.");
    keys.named("files", manifest.files,
               "Files that users and scripts store, by what they are for; documents are kept by `knowledge`.");
    keys.section("jobs", manifest.jobs, "Work in the background and by the clock.");
    keys.named(
        "functions", manifest.functions,
        "Parts of the API that `slipway lambda` serves as functions of AWS Lambda, beside servers on the same data.");
    keys.section("site", manifest.site, "The page at /.");
    keys.section("deploy", manifest.deploy, "The way to the cloud: `slipway plan`.");
    keys.later("records", "Tables of the application's own.");
    keys.later("agents", "Agents with memory and tools.");
    keys.later("workflows", "Steps that run one after another.");
    keys.later("voice", "Speech in and out.");
}

bool LoadedManifest::ok() const { return errors() == 0; }

std::size_t LoadedManifest::errors() const {
    return static_cast<std::size_t>(
        std::ranges::count(problems, ManifestProblem::Severity::error, &ManifestProblem::severity));
}

static void read_manifest(const YamlValue& root, Environment environment, const ManifestOptions& options,
                          Manifest& manifest, Problems& problems, std::vector<ManifestProblem>& other_files) {
    const auto url = secrets_of(root, environment, manifest.folder);
    std::optional<AskedSecrets> secrets;
    if (options.open_secrets && is_store_of_secrets(url)) {
        secrets.emplace(options.open_secrets(url, environment));
        environment.ask_first([&secrets](std::string_view name) { return secrets->get(name); });
    }
    Reader reader(root, environment, manifest.folder, problems, options.purpose == Purpose::serve);
    describe(reader, manifest);
    reader.finish();
    manifest.variables = variables_in(root);
    manifest.stores.secrets = url;  // a store does not say where it is
    if (manifest.title.empty()) manifest.title = manifest.name;
    if (options.host) manifest.server.host = *options.host;
    if (options.port) manifest.server.port = *options.port;
    const bool asked = secrets || options.purpose == Purpose::serve || !is_store_of_secrets(url) || url.scheme == "env";
    Checks checks{manifest, reader, environment, options.purpose, asked, problems, other_files};
    check_server(checks);
    check_stores(checks);
    check_accounts(checks);
    check_knowledge(checks);
    check_models(checks);
    check_chat(checks);
    check_content(checks);
    check_jobs(checks);
    check_verify(checks);
    check_files(checks);
    check_functions(checks);
    if (!asked)
        checks.warning("stores.secrets",
                       fmt::format("stores.secrets: {}: was not asked, so what it holds is not checked.", url.scheme),
                       "`slipway check --stores` asks it.");
    if (secrets && secrets->failure())
        checks.error("stores.secrets", fmt::format("stores.secrets: {}", secrets->failure()->message));
}

LoadedManifest load_manifest(const std::filesystem::path& folder, const Environment& environment,
                             const ManifestOptions& options) {
    LoadedManifest loaded;
    loaded.manifest.folder = folder;
    loaded.manifest.data = options.data;
    Problems problems(folder / kManifestFile);
    std::vector<ManifestProblem> other_files;
    const auto text = read_text_file(problems.file());
    if (!text)
        problems.error({}, text.error().message,
                       text.error().code == ErrorCode::not_found
                           ? "An application is a folder with that file; `slipway new NAME` makes one."
                           : "");
    const auto root = text ? parse_yaml(*text, problems) : std::nullopt;
    if (root) read_manifest(*root, environment, options, loaded.manifest, problems, other_files);
    loaded.problems = std::move(problems).take();
    std::ranges::move(other_files, std::back_inserter(loaded.problems));
    return loaded;
}

}  // namespace slipway::app
