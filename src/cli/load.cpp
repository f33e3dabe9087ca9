#include "cli/load.h"

#include <cstdio>

#include "serve/application.h"

namespace slipway::cli {

namespace fs = std::filesystem;

int report(const Error& error) {
    fmt::print(stderr, "error: {}\n", error.message);
    return kFailed;
}

fs::path data_folder_of(const Target& target, const Environment& environment) {
    if (!target.data.empty()) return target.data;
    if (const auto data = environment.get("DATA")) return *data;
    std::error_code error;
    auto folder = fs::weakly_canonical(target.application, error);
    if (folder.filename().empty()) folder = folder.parent_path();
    return fs::path("data") / folder.filename();
}

Result<Environment> environment_of(const std::string& application) {
    auto environment = Environment::of_process();
    SLIPWAY_CHECK(environment.add_file(fs::path(application) / ".env"));
    SLIPWAY_CHECK(environment.add_file(".env"));
    return environment;
}

app::ManifestOptions manifest_options(const Target& target, const Environment& environment) {
    app::ManifestOptions options;
    options.data = data_folder_of(target, environment);
    options.open_secrets = serve::open_secrets;
    return options;
}

Result<Loaded> load(const Target& target) {
    std::error_code error;
    if (!fs::exists(fs::path(target.application) / app::kManifestFile, error))
        return fail(ErrorCode::not_found,
                    "There is no application in '{}': it has no {}. `slipway new NAME` makes one.", target.application,
                    app::kManifestFile);
    SLIPWAY_TRY(auto environment, environment_of(target.application));
    auto options = manifest_options(target, environment);
    options.host = target.host;
    options.port = target.port;
    auto loaded = app::load_manifest(target.application, environment, options);
    const auto text = app::to_lines(loaded.problems);
    if (!loaded.ok()) return fail(ErrorCode::invalid, "the manifest is not right.\n{}", text);
    if (!text.empty()) fmt::print(stderr, "{}", text);
    return Loaded{std::move(loaded.manifest), std::move(environment)};
}

}  // namespace slipway::cli
