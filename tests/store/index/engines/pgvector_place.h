// The pgvector adapter on a database of its own, as the restricted role; one database per version for all tests of this
// program.
#pragma once

#include "must.h"
#include "store/database/engines/postgres_server.h"
#include "store/database/postgres/postgres.h"
#include "store/index/pgvector.h"

namespace slipway::test {

class PgvectorPlace {
 public:
    // "16" or "18"; nullptr when it was not fetched.
    static PgvectorPlace* get(const std::string& version) {
        static std::map<std::string, std::unique_ptr<PgvectorPlace>> places;
        auto& place = places[version];
        if (place) return place.get();
        auto* const server = PostgresServer::of(version);
        if (server) place = std::make_unique<PgvectorPlace>(*server);
        return place.get();
    }

    explicit PgvectorPlace(PostgresServer& server)
        : server_(server), database_(server.create_database()), role_(server.create_role()) {
        const auto database = must(store::open_postgres(options(true)));
        must(store::migrate_pgvector(*database));
    }

    store::PostgresOptions options(bool as_owner = false) const {
        store::PostgresOptions options;
        options.url = server_.url(role_, database_);
        if (as_owner) options.owner_url = server_.owner_url(database_);
        const auto above = store::pgvector_tables_above_workspaces();
        options.above_workspaces.assign(above.begin(), above.end());
        return options;
    }
    // As the role of the application, which owns nothing.
    std::unique_ptr<store::Database> open_database() const { return open_database(options()); }
    static std::unique_ptr<store::Database> open_database(const store::PostgresOptions& options) {
        auto database = must(store::open_postgres(options));
        must(store::migrate_pgvector(*database));
        return database;
    }
    std::unique_ptr<store::Index> open(store::PgvectorOptions options = {}) const {
        return store::open_pgvector(open_database(), options);
    }

    PostgresServer& server() { return server_; }
    const std::string& database() const { return database_; }
    const std::string& role() const { return role_; }

 private:
    PostgresServer& server_;
    std::string database_, role_;
};

}  // namespace slipway::test
