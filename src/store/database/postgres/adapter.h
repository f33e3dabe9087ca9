// The database port on a pool of PostgreSQL connections. Only for the sources of this room; open_postgres() is the way
// in.
#pragma once

#include "store/database/kept_rows.h"
#include "store/database/postgres/postgres.h"
#include "store/database/postgres/session.h"

namespace slipway::store::postgres {

class PostgresDatabase final : public Database {
 public:
    PostgresDatabase(std::shared_ptr<Pool> pool, PostgresOptions options)
        : options_(std::move(options)), pool_(std::move(pool)) {}
    ~PostgresDatabase() override { pool_->close(); }

    Task<Rows> read(Scope scope, std::string sql, Parameters parameters) override;
    Task<Rows> read_often(Scope scope, std::string sql, Parameters parameters) override;
    Task<void> transact(Scope scope, Body body) override;
    Task<Rows> write(Scope scope, std::string sql, Parameters parameters) override;
    Task<void> migrate(std::span<const Migration> migrations) override;
    Task<void> dump(Page page) override;
    Task<void> backup(std::filesystem::path destination) override;
    Task<DatabaseStatus> status() override;
    Task<void> check_integrity() override;

 private:
    struct Attempt {
        Result<void> result;
        Again again = Again::no;
    };
    Task<void> check_tables(std::span<const Migration> migrations);
    Task<void> check_with(Session& session, std::span<const Migration> migrations);
    Settings settings(Scope scope, Milliseconds time_max, bool read_only) const;
    Task<Rows> read_once(const Settings& settings, const Statement& statement, const Parameters& parameters, bool fresh,
                         Again& again);
    Task<Rows> write_once(const Settings& settings, const AllowedStatement& allowed, const Parameters& parameters,
                          bool fresh, Again& again);
    asio::awaitable<Attempt> attempt(const Settings& settings, const Body& body, bool fresh);

    PostgresOptions options_;
    std::shared_ptr<Pool> pool_;
    Statements statements_;
    std::shared_ptr<KeptRows> kept_rows_ = std::make_shared<KeptRows>();
    std::vector<Migration> migrations_;  // as last applied; a backup makes its tables by them
};

}  // namespace slipway::store::postgres
