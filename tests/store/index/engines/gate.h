// A gate before an engine (gate.py): a password, TLS, and harm on demand.
#pragma once

#include <fstream>

#include "base/json.h"
#include "engines/process.h"
#include "store/temporary_folder.h"

namespace slipway::test {

struct GateOptions {
    std::uint16_t upstream = 0;
    std::string authorization = {};  // the value of the header that is let through; empty: all are
    bool tls = false;
};

class Gate {
 public:
    explicit Gate(const GateOptions& options) : port_(free_port()) {
        json::object told{{"port", port_},
                          {"upstream", fmt::format("127.0.0.1:{}", options.upstream)},
                          {"control", (folder_ / "control.json").string()}};
        if (!options.authorization.empty()) told["authorization"] = options.authorization;
        if (options.tls) {
            const auto command = fmt::format(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=gate "
                "-addext subjectAltName=IP:127.0.0.1 -keyout {} -out {} 2>/dev/null",
                (folder_ / "key.pem").string(), certificate().string());
            if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl made no certificate");
            told["certificate"] = certificate().string();
            told["key"] = (folder_ / "key.pem").string();
        }
        EngineOptions engine;
        engine.command = {"/usr/bin/python3", std::string(SLIPWAY_SOURCE_DIR) + "/tests/store/index/engines/gate.py",
                          write_json(told)};
        engine.folder = folder_.path();
        engine.port = port_;
        auto started = EngineProcess::start(engine);
        if (!started) throw std::runtime_error(started.error().message);
        process_ = *std::move(started);
    }

    std::uint16_t port() const { return port_; }
    std::filesystem::path certificate() const { return folder_ / "certificate.pem"; }
    // See gate.py.
    void next(const json::object& harm) const {
        std::ofstream(folder_ / "control.new") << write_json(harm);
        std::filesystem::rename(folder_ / "control.new", folder_ / "control.json");
    }
    bool done() const { return !std::filesystem::exists(folder_ / "control.json"); }

 private:
    TemporaryFolder folder_;
    std::uint16_t port_;
    std::unique_ptr<EngineProcess> process_;
};

}  // namespace slipway::test
