// An application in a temporary folder, for tests of its manifest.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "app/manifest/manifest.h"
#include "base/crypto.h"

namespace slipway::app {

using Variables = std::map<std::string, std::string, std::less<>>;

class TemporaryApplication {
 public:
    explicit TemporaryApplication(std::string_view manifest = "") { write("app.yaml", manifest); }
    ~TemporaryApplication() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    TemporaryApplication(const TemporaryApplication&) = delete;
    TemporaryApplication& operator=(const TemporaryApplication&) = delete;

    void write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }
    const std::filesystem::path& folder() const { return folder_; }
    LoadedManifest load(Variables variables = {}, const ManifestOptions& options = {}) const {
        return load_manifest(folder_, Environment(std::move(variables)), options);
    }

 private:
    std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("slipway-manifest-" + new_id());
};

// All problems as text, without the temporary folder in front: "app.yaml:3:5: error: …\n".
inline std::string problems_of(const TemporaryApplication& application, const LoadedManifest& loaded) {
    auto text = to_lines(loaded.problems);
    const auto prefix = application.folder().string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
}

inline std::string problems_in(std::string_view manifest, Variables variables = {},
                               const ManifestOptions& options = {}) {
    const TemporaryApplication application(manifest);
    return problems_of(application, application.load(std::move(variables), options));
}

}  // namespace slipway::app
