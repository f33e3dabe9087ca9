#include "store/database/postgres/adapter.h"

#include "base/crypto.h"
#include "base/log.h"

namespace slipway::store::postgres {
namespace {

constexpr Milliseconds kPauseLeast{2}, kPauseMost{200};

// Who lost against another tries again a little later, each at another moment.
Milliseconds pause_after(std::size_t attempts) {
    const auto most = std::min(kPauseMost, kPauseLeast * (1 << std::min<std::size_t>(attempts, 7)));
    const auto chance = static_cast<unsigned char>(random_bytes(1)[0]);
    return most * chance / 255;
}

// Statements of one body. Begins with its first, so a body that asks for nothing costs nothing.
class PostgresTransaction final : public Transaction {
 public:
    PostgresTransaction(Session& session, Statements& statements, const Scope& scope, KeptRows::Change& change)
        : session_(session), statements_(statements), scope_(scope), change_(change) {}

    Task<Rows> execute(std::string sql, Parameters parameters) override {
        if (failure_) co_return std::unexpected(*failure_);
        auto allowed = statements_.allow(scope_, sql, parameters.size());
        if (!allowed) {
            failure_ = allowed.error();
            co_return pass(allowed);
        }
        change_.add((*allowed)->written);
        auto rows = co_await session_.execute((*allowed)->statement, parameters);
        if (!rows) failure_ = rows.error();
        co_return rows;
    }

    const std::optional<Error>& failure() const { return failure_; }

 private:
    Session& session_;
    Statements& statements_;
    const Scope& scope_;
    KeptRows::Change& change_;
    std::optional<Error> failure_;
};

// What the body throws is a bug, unless it was cancelled.
Task<void> run_body(const Database::Body& body, Transaction& transaction) {
    try {
        co_return co_await body(transaction);
    } catch (const boost::system::system_error&) {
        throw;
    } catch (const std::exception& error) {
        co_return fail(ErrorCode::internal, "A transaction failed unexpectedly: {}.", error.what());
    }
}

}  // namespace

Settings PostgresDatabase::settings(Scope scope, Milliseconds time_max, bool read_only) const {
    return {.scope = std::move(scope),
            .statement_time_max = time_max,
            .lock_time_max = std::min(time_max, pool_->target().lock_time_max),
            .read_only = read_only};
}

Task<Rows> PostgresDatabase::read_once(const Settings& settings, const Statement& statement,
                                       const Parameters& parameters, bool fresh, Again& again) {
    again = Again::no;
    SLIPWAY_CO_TRY(const auto lease, co_await pool_->take(fresh));
    Session session(*lease, settings, options_.result_bytes_max);
    auto rows = co_await session.read(statement, parameters);
    again = session.again();
    co_return rows;
}

// A connection that turns out to be dead, or a server that ends, is not the caller's failure: a read asks once more.
Task<Rows> PostgresDatabase::read(Scope scope, std::string sql, Parameters parameters) {
    SLIPWAY_CO_TRY(const auto allowed, statements_.allow(scope, sql, parameters.size()));
    if (!allowed->reads) co_return fail(ErrorCode::internal, "A read got a statement that writes: {}", sql);
    const auto how = settings(std::move(scope), pool_->target().statement_time_max, true);
    auto again = Again::no;
    auto rows = co_await read_once(how, allowed->statement, parameters, false, again);
    if (!rows && again != Again::no)
        rows = co_await read_once(how, allowed->statement, parameters, again == Again::connection, again);
    co_return rows;
}

Task<Rows> PostgresDatabase::read_often(Scope scope, std::string sql, Parameters parameters) {
    SLIPWAY_CO_TRY(const auto allowed, statements_.allow(scope, sql, parameters.size()));
    auto key = KeptRows::key_of(scope, sql, parameters);
    if (auto known = kept_rows_->find(key)) co_return *std::move(known);
    const auto before = kept_rows_->version_of(allowed->tables);
    auto rows = co_await read(std::move(scope), std::move(sql), std::move(parameters));
    if (rows && before) kept_rows_->keep(std::move(key), allowed->tables, *before, *rows);
    co_return rows;
}

Task<Rows> PostgresDatabase::write_once(const Settings& settings, const AllowedStatement& allowed,
                                        const Parameters& parameters, bool fresh, Again& again) {
    again = Again::no;
    KeptRows::Change change(kept_rows_);
    change.add(allowed.written);
    SLIPWAY_CO_TRY(const auto lease, co_await pool_->take(fresh));
    Session session(*lease, settings, options_.result_bytes_max);
    auto rows = co_await session.write(allowed.statement, parameters);
    again = session.again();
    if (session.begun()) static_cast<void>(co_await session.roll_back());
    co_return rows;
}

Task<Rows> PostgresDatabase::write(Scope scope, std::string sql, Parameters parameters) {
    auto how = settings(std::move(scope), options_.transaction_time_max, false);
    return repeat_write(std::move(how), std::move(sql), std::move(parameters));
}

Task<Rows> PostgresDatabase::write_guarded(Scope scope, std::string sql, Parameters parameters) {
    auto how = settings(std::move(scope), options_.transaction_time_max, false);
    how.read_committed = true;
    return repeat_write(std::move(how), std::move(sql), std::move(parameters));
}

Task<Rows> PostgresDatabase::repeat_write(Settings how, std::string sql, Parameters parameters) {
    SLIPWAY_CO_TRY(const auto allowed, statements_.allow(how.scope, sql, parameters.size()));
    const auto end = Clock::now() + options_.transaction_time_max;
    auto again = Again::no;
    for (std::size_t attempts = 0;; ++attempts) {
        auto rows = co_await write_once(how, *allowed, parameters, again == Again::connection, again);
        if (rows || again == Again::no || Clock::now() >= end) co_return rows;
        co_await sleep_for(pause_after(attempts));
    }
}

asio::awaitable<PostgresDatabase::Attempt> PostgresDatabase::attempt(const Settings& settings, const Body& body,
                                                                     bool fresh) {
    Attempt outcome;
    KeptRows::Change change(kept_rows_);
    auto lease = co_await pool_->take(fresh);
    if (!lease) {
        outcome.result = pass(lease);
        co_return outcome;
    }
    Session session(**lease, settings, options_.result_bytes_max);
    PostgresTransaction transaction(session, statements_, settings.scope, change);
    outcome.result = co_await run_body(body, transaction);
    if (transaction.failure()) outcome.result = std::unexpected(*transaction.failure());
    outcome.again = session.again();
    if (!session.begun()) co_return outcome;
    if (outcome.result) {
        outcome.result = co_await session.commit();
        outcome.again = session.again();
        if (!session.begun()) co_return outcome;
    }
    static_cast<void>(co_await session.roll_back());
    co_return outcome;
}

Task<void> PostgresDatabase::transact(Scope scope, Body body) {
    auto how = settings(std::move(scope), options_.transaction_time_max, false);
    return repeat(std::move(how), std::move(body));
}

Task<void> PostgresDatabase::transact_guarded(Scope scope, Body body) {
    auto how = settings(std::move(scope), options_.transaction_time_max, false);
    how.read_committed = true;
    return repeat(std::move(how), std::move(body));
}

Task<void> PostgresDatabase::repeat(Settings how, Body body) {
    const auto end = Clock::now() + options_.transaction_time_max;
    bool fresh = false;
    for (std::size_t attempts = 0;; ++attempts) {
        auto outcome = co_await attempt(how, body, fresh);
        if (outcome.result || outcome.again == Again::no || Clock::now() >= end) co_return std::move(outcome.result);
        fresh = outcome.again == Again::connection;
        co_await sleep_for(pause_after(attempts));
    }
}

Task<DatabaseStatus> PostgresDatabase::status() {
    const auto began = Clock::now();
    SLIPWAY_CO_TRY(const auto lease, co_await pool_->take());
    DatabaseStatus status;
    status.engine = fmt::format("PostgreSQL {}", lease->parameter("server_version"));
    const std::vector<Command> ask = {{.sql = "select 1"}};
    SLIPWAY_CO_CHECK(co_await lease->run(ask, pool_->target().statement_time_max));
    status.latency = std::chrono::duration_cast<Milliseconds>(Clock::now() - began);
    co_return status;
}

}  // namespace slipway::store::postgres
