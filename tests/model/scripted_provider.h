// Runs tools/scripted-provider for a test, with a script, and reads what it recorded.
#pragma once

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/task.h"

namespace slipway::testing {

class ScriptedProvider {
 public:
    // `rules`: the list of tools/scripted-provider/script.h, as JSON; empty: echo.
    explicit ScriptedProvider(const std::string& rules = "[]", const std::vector<std::string>& more_arguments = {}) {
        folder_ = std::filesystem::temp_directory_path() / ("slipway-provider-" + random_token(8));
        std::filesystem::create_directories(folder_);
        std::ofstream(folder_ / "script.json") << "{\"rules\": " << rules << "}";
        std::vector<std::string> arguments{SLIPWAY_BINARY_DIR "/scripted-provider", "--script",
                                           (folder_ / "script.json").string(), "--record",
                                           (folder_ / "record.jsonl").string()};
        arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
        start(std::move(arguments));
    }
    ~ScriptedProvider() {
        ::kill(process_, SIGTERM);
        ::waitpid(process_, nullptr, 0);
        std::filesystem::remove_all(folder_);
    }
    ScriptedProvider(const ScriptedProvider&) = delete;
    ScriptedProvider& operator=(const ScriptedProvider&) = delete;

    std::string url() const { return url_; }  // http://127.0.0.1:PORT
    std::string base_url() const { return url_ + "/v1"; }

    // The first `count` records; waits for them, since a record is written when its request ends.
    std::vector<json::object> records(std::size_t count) const {
        while (true) {
            std::ifstream file(folder_ / "record.jsonl");
            std::vector<json::object> found;
            for (std::string line; found.size() < count && std::getline(file, line) && !file.eof();)
                found.push_back(json::parse(line).as_object());
            if (found.size() >= count) return found;
            std::this_thread::sleep_for(Milliseconds(5));
        }
    }
    // How many requests have ended by now.
    std::size_t requests() const {
        std::ifstream file(folder_ / "record.jsonl");
        std::size_t count = 0;
        for (std::string line; std::getline(file, line);) ++count;
        return count;
    }

 private:
    void start(std::vector<std::string> arguments) {
        std::array<int, 2> pipe{};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
        std::vector<char*> values;
        for (auto& argument : arguments) values.push_back(argument.data());
        values.push_back(nullptr);
        const int error = ::posix_spawn(&process_, values[0], &actions, nullptr, values.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        ::close(pipe[1]);
        if (error != 0)
            throw std::runtime_error("cannot start " + arguments[0] + "; build the target scripted-provider");
        std::string line;
        for (char c = 0; ::read(pipe[0], &c, 1) == 1 && c != '\n';) line += c;
        ::close(pipe[0]);
        const auto at = line.find("http://");
        if (at == std::string::npos) throw std::runtime_error("the scripted provider did not start: " + line);
        url_ = line.substr(at);
    }

    std::filesystem::path folder_;
    pid_t process_ = 0;
    std::string url_;
};

}  // namespace slipway::testing
