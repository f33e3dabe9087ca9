// Engines that tests start themselves: real servers on a free port of the loopback interface, in a folder of their own,
// ended with the test. scripts/engines.sh fetches them; where one is missing its tests are left out, and with
// SLIPWAY_ENGINES=required (CI) they fail.
//
//     const auto redis = engine_folder("redis");            // nullopt: left out
//     auto server = must(EngineProcess::start({.command = {…}, .folder = place.path(), .port = free_port()}));
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace slipway::test {

// build/engines/NAME; nullopt when it was not fetched. Throws then when engines are required.
std::optional<std::filesystem::path> engine_folder(const std::string& name);

// A port of 127.0.0.1 that nobody listens on.
std::uint16_t free_port();

struct EngineOptions {
    std::vector<std::string> command;                     // a path, and its arguments
    std::filesystem::path folder;                         // working directory; the log is written there
    std::uint16_t port = 0;                               // ready once it accepts connections; 0: ready at once
    std::map<std::string, std::string> environment = {};  // beside PATH, HOME, LC_ALL=C
    bool refuses_root = false;                            // run with another user id when this process is root's
    std::chrono::seconds patience{60};
};

class EngineProcess {
 public:
    // Blocks until the engine is ready. `unavailable` with the end of its log when it ends or is not ready in time.
    static Result<std::unique_ptr<EngineProcess>> start(EngineOptions options);
    ~EngineProcess();  // stop()
    EngineProcess(const EngineProcess&) = delete;
    EngineProcess& operator=(const EngineProcess&) = delete;

    int id() const { return id_; }
    std::uint16_t port() const { return options_.port; }
    bool running();
    void signal(int number) const;  // SIGSTOP makes it slow beyond measure, SIGCONT ends that
    // Sends the signal and waits; after the patience SIGKILL.
    void stop(int number = 15);
    // With the same options, after stop().
    Result<void> start_again();
    std::string log() const;

 private:
    explicit EngineProcess(EngineOptions options) : options_(std::move(options)) {}
    Result<void> launch();
    Result<void> wait_until_ready();
    std::filesystem::path log_file() const { return options_.folder / "engine.log"; }

    EngineOptions options_;
    int id_ = -1;
};

}  // namespace slipway::test
