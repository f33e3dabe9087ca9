// moto, which plays AWS, on a free port of the loopback interface. It forgets all when it ends. All in the header, as
// few tests of engines need it.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engines/certificates.h"
#include "engines/process.h"
#include "must.h"
#include "store/temporary_folder.h"

namespace slipway::test {

class MotoServer {
 public:
    // With TLS where it has something to show.
    explicit MotoServer(const std::filesystem::path& engine, std::map<std::string, std::string> environment = {},
                        const std::optional<CertificateAuthority::Certified>& tls = {})
        : secure_(tls.has_value()) {
        environment["PYTHONPATH"] = engine.string();
        environment["PYTHONDONTWRITEBYTECODE"] = "1";
        std::vector<std::string> command{
            "/usr/bin/python3", (engine / "bin/moto_server").string(), "-H", "127.0.0.1", "-p", std::to_string(port_)};
        if (tls) command.insert(command.end(), {"-c", tls->certificate.string(), "-k", tls->key.string()});
        process_ = must(EngineProcess::start({.command = std::move(command),
                                              .folder = folder_.path(),
                                              .port = port_,
                                              .environment = std::move(environment)}));
        std::printf("engine: %s\n", std::filesystem::canonical(engine).filename().c_str());
    }
    // nullptr when moto was not fetched.
    static std::unique_ptr<MotoServer> start(std::map<std::string, std::string> environment = {}) {
        const auto engine = engine_folder("moto");
        return engine ? std::make_unique<MotoServer>(*engine, std::move(environment)) : nullptr;
    }
    // One for all tests of the program.
    static MotoServer* shared() {
        static const auto moto = start();
        return moto.get();
    }

    EngineProcess& process() { return *process_; }
    std::uint16_t port() const { return port_; }
    std::string url() const { return fmt::format("{}://127.0.0.1:{}", secure_ ? "https" : "http", port_); }

 private:
    bool secure_;
    TemporaryFolder folder_;
    std::uint16_t port_ = free_port();
    std::unique_ptr<EngineProcess> process_;
};

}  // namespace slipway::test
