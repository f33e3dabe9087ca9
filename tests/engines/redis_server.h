// A Redis or a Valkey of the tests, on a free port of the loopback interface.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/process.h"
#include "store/temporary_folder.h"

namespace slipway::test {

// "redis" or "valkey", where they were fetched.
std::vector<std::string> redis_engines();

struct RedisServerOptions {
    std::string engine = "redis";
    std::string password = "a word that nobody says";  // empty: none
    std::vector<std::string> arguments = {};           // "--maxmemory", "8mb"
    bool tls = false;                                  // nothing else; its certificate is for localhost
    std::string small_disk = {};                       // its size, for the data; empty: a common disk
};

// Throws when it cannot be started.
class RedisServer {
 public:
    explicit RedisServer(RedisServerOptions options = {});

    // With user default and the password; `query` begins with '?'.
    std::string url(std::string_view query = "", int database = 0) const;
    std::filesystem::path authority() const { return folder_ / "certificate.pem"; }
    // The small disk, to be filled from outside (small_disk.h).
    std::filesystem::path disk() const;
    const std::filesystem::path& folder() const { return folder_.path(); }
    EngineProcess& process() { return *process_; }
    std::uint16_t port() const { return process_->port(); }
    const RedisServerOptions& options() const { return options_; }

 private:
    void make_certificate() const;

    RedisServerOptions options_;
    TemporaryFolder folder_;
    std::unique_ptr<EngineProcess> process_;
};

}  // namespace slipway::test
