// app.yaml: any bytes. All that is wrong is told, with places inside the file; nothing is loaded from elsewhere.
#include "app/manifest/manifest.h"

#include <fstream>

#include <unistd.h>

#include "base/text.h"
#include "target.h"

namespace {

struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("slipway-fuzz-" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

}  // namespace

SLIPWAY_FUZZ_TARGET(manifest) {
    using namespace slipway;
    static const Folder folder;
    static const Environment environment({{"PORT", "1234"}, {"NAME", "garden"}});
    std::ofstream(folder.path / app::kManifestFile, std::ios::binary) << input;
    app::ManifestOptions options;
    options.purpose = app::Purpose::check;
    const auto loaded = app::load_manifest(folder.path, environment, options);
    fuzz::require(loaded.ok() == (loaded.errors() == 0), "right means no errors");
    fuzz::require(loaded.problems.size() <= 2 * app::kProblemsMax, "problems are limited");
    for (const auto& problem : loaded.problems) fuzz::require(!app::to_line(problem).empty(), "problems can be told");
    if (loaded.ok()) fuzz::require(!loaded.manifest.name.empty(), "what is right has a name");
}
