// The PostgreSQL adapter on a database of its own, for the conformance suite.
#pragma once

#include "store/database/conformance.h"
#include "store/database/engines/postgres_server.h"
#include "store/database/postgres/postgres.h"
#include "store/database/sqlite.h"

namespace slipway::test {

class PostgresPlace : public DatabasePlace {
 public:
    explicit PostgresPlace(PostgresServer& server)
        : server_(server), database_(server.create_database()), role_(server.create_role()) {}

    Result<std::unique_ptr<store::Database>> open() override { return store::open_postgres(options()); }
    Result<std::unique_ptr<store::Database>> open_backup(const std::filesystem::path& file) override {
        return store::open_sqlite(file);
    }
    std::filesystem::path backup_file() const override { return folder_ / "backup.db"; }

    store::PostgresOptions options() const {
        store::PostgresOptions options;
        options.url = server_.url(role_, database_);
        options.owner_url = server_.owner_url(database_);
        return options;
    }
    const std::string& database() const { return database_; }
    const std::string& role() const { return role_; }
    PostgresServer& server() { return server_; }

 private:
    TemporaryFolder folder_;
    PostgresServer& server_;
    std::string database_, role_;
};

}  // namespace slipway::test
