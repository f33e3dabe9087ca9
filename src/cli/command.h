// What the commands share: where an application is, and how to reach its operator.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/environment.h"
#include "base/json.h"
#include "base/task.h"

namespace slipway::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUse = 2;
// `migrate --plan`: steps wait that would break servers of the release before; and nothing can be applied without them.
inline constexpr int kContracts = 3, kBlocked = 4;

// Options that every command on an application takes.
struct Target {
    std::string application;  // folder
    std::string data;         // empty: DATA, else ./data/NAME
    std::optional<std::string> host;
    std::optional<std::uint16_t> port;
};

// Prints "error: …" to standard error; returns kFailed.
int report(const Error& error);

// The folder of data: --data, the variable DATA, or data/<name of the application's folder>.
std::filesystem::path data_folder_of(const Target& target, const Environment& environment);
// The process environment and the .env of the application and of the working folder.
Result<Environment> environment_of(const std::string& application);

using Events = std::function<void(const json::object& event)>;

// The operator's commands (serve/operator.h): of the server that runs on the data folder, or of the stores opened here
// when none does.
class Link {
 public:
    virtual ~Link() = default;
    virtual Result<json::object> run(std::string command, json::object arguments, Events events = {}) = 0;
    virtual bool is_remote() const = 0;
};
Result<std::unique_ptr<Link>> connect(const Target& target);

}  // namespace slipway::cli
