#include "cli/plan_application.h"

#include <regex>

#include "app/manifest/yaml.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

std::set<std::string> names_in(const std::string& text, const std::regex& pattern) {
    std::set<std::string> names;
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
        names.insert((*match)[1]);
    return names;
}

// `${NAME…`, and what a switch looks at.
std::set<std::string> variables_in(const std::string& manifest) {
    static const std::regex kExpression(R"re(\$\{([A-Z][A-Z0-9_]*))re");
    static const std::regex kSwitch(R"re(on:\s*"?([A-Z][A-Z0-9_]*))re");
    auto names = names_in(manifest, kExpression);
    names.merge(names_in(manifest, kSwitch));
    return names;
}

// Paths that its scripts answer, as far as their text shows them.
std::set<std::string> scripted_paths(const app::Manifest& manifest) {
    static const std::regex kRoute(R"re(route\.get\(\s*"([^"{}]+)")re");
    std::set<std::string> paths;
    for (const auto& file : manifest.script.files)
        if (const auto text = app::read_text_file(manifest.folder / file)) paths.merge(names_in(*text, kRoute));
    return paths;
}

void add_services(const app::Manifest& manifest, std::set<std::string>& services) {
    bool bucket = manifest.stores.objects.scheme == "s3";
    for (const auto& purpose : manifest.files) bucket = bucket || purpose.store.scheme == "s3";
    if (bucket) services.insert("s3");
    if (manifest.stores.queue.scheme == "sqs") services.insert("sqs");
    for (const std::string_view store : {"secretsmanager", "ssm"})
        if (manifest.stores.secrets.scheme == store) services.emplace(store);
}

deploy::Served serve_with(const fs::path& folder, const std::map<std::string, std::string>& variables) {
    deploy::Served served;
    Environment environment(std::map<std::string, std::string, std::less<>>(variables.begin(), variables.end()));
    environment.ask_first([&served](std::string_view name) {
        served.read.emplace(name);
        return std::nullopt;
    });
    const auto loaded = app::load_manifest(folder, environment, {.purpose = app::Purpose::check});
    for (const auto& problem : loaded.problems)
        if (problem.severity == app::ManifestProblem::Severity::error) served.faults.push_back(problem.message);
    const auto& manifest = loaded.manifest;
    served.port = manifest.server.port;
    served.paths = scripted_paths(manifest);
    for (const auto& path : {manifest.server.health, manifest.server.liveness, manifest.server.readiness})
        if (!path.empty()) served.paths.insert(path);
    served.files = manifest.stores.database.scheme == "sqlite";
    add_services(manifest, served.services);
    return served;
}

}  // namespace

Result<PlannedApplication> plan_application(const fs::path& folder) {
    SLIPWAY_TRY(const auto text, app::read_text_file(folder / app::kManifestFile));
    auto loaded = app::load_manifest(folder, Environment(), {.purpose = app::Purpose::check});
    if (!loaded.ok()) return fail(ErrorCode::invalid, "the manifest is not right.\n{}", app::to_lines(loaded.problems));
    return PlannedApplication{std::move(loaded.manifest),
                              {.variables = variables_in(text),
                               .serve = [folder](const auto& variables) { return serve_with(folder, variables); }}};
}

}  // namespace slipway::cli
