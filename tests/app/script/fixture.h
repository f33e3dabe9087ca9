// A folder of Lua files for one test, and ways to run what is in it.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "app/script/host.h"

namespace slipway::app {

class ScriptFolder {
 public:
    ScriptFolder() {
        static std::atomic<int> number{0};
        path_ = std::filesystem::temp_directory_path() / fmt::format("slipway-script-{}-{}", getpid(), ++number);
        std::filesystem::create_directories(path_);
        options.folder = path_;
        options.development = true;
    }
    ~ScriptFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScriptFolder(const ScriptFolder&) = delete;
    ScriptFolder& operator=(const ScriptFolder&) = delete;

    void write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << text;
    }
    const std::filesystem::path& path() const { return path_; }

    ScriptOptions options;

 private:
    std::filesystem::path path_;
};

inline Result<json::value> call_main(ScriptHost& host, json::value argument = nullptr) {
    return run_to_end(host.call("main", std::make_shared<CallContext>(), std::move(argument)));
}

// Runs `body` as a handler function(argument) in a fresh host.
inline Result<json::value> run_script(std::string_view body, ScriptLimits limits = {}, json::value argument = nullptr) {
    ScriptFolder folder;
    folder.options.limits = limits;
    folder.write("routes.lua", fmt::format("handler('main', function(argument) {}\nend)", body));
    ScriptHost host(folder.options);
    if (auto loaded = host.load(); !loaded) return pass(loaded);
    return call_main(host, std::move(argument));
}

// The result as JSON text, or "code: message" (of the script itself, where there is one).
inline std::string outcome(const Result<json::value>& result) {
    if (result) return json::serialize(*result);
    const auto& error = result.error();
    const auto script = text_or(error.details, "script");
    return fmt::format("{}: {}", to_string(error.code), script.empty() ? std::string_view(error.message) : script);
}

inline std::string limit_of(const Result<json::value>& result) {
    return result ? "none, but " + json::serialize(*result)
                  : std::string(text_or(result.error().details, "limit", result.error().message));
}

}  // namespace slipway::app
