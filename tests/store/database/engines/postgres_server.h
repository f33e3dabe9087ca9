// PostgreSQL of the versions that scripts/engines.sh fetched, one server per version for all tests of a program. 16 and
// 18 have pgvector and no TLS, 15 has TLS and no pgvector.
#pragma once

#include "engines/process.h"
#include "store/temporary_folder.h"

namespace slipway::test {

class PostgresServer {
 public:
    // "15", "16" or "18"; nullptr when it was not fetched. Started when first asked for.
    static PostgresServer* of(const std::string& version);
    // Where the programs of a version lie; nullopt when it was not fetched.
    static std::optional<std::filesystem::path> programs_of(const std::string& version);

    // `small_disk`: the size of a disk that is mounted at folder()/small, for a tablespace; empty: none.
    PostgresServer(std::filesystem::path programs, std::vector<std::string> settings = {}, std::string small_disk = {});

    // A new database that `owner` owns; its name.
    std::string create_database();
    // A new role that may sign in, made by `owner`; its name. The password is the name with "-secret".
    std::string create_role();
    void run(const std::string& database, const std::string& sql);  // as the superuser
    std::string url(const std::string& user, const std::string& database) const;
    std::string owner_url(const std::string& database) const { return url("owner", database); }
    std::uint16_t port() const { return process_->port(); }
    void run_on_children(int signal);  // the server's own processes, one for each connection
    EngineProcess& process() { return *process_; }
    const std::filesystem::path& programs() const { return programs_; }
    std::filesystem::path folder() const { return folder_.path(); }

 private:
    std::filesystem::path programs_;
    TemporaryFolder folder_;
    std::unique_ptr<EngineProcess> process_;
    int made_ = 0;
};

}  // namespace slipway::test
