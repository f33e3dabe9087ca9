// Statements of one scope on a lent connection: a read, a single write, or a transaction.
#pragma once

#include <optional>

#include "store/database/kept_rows.h"
#include "store/database/postgres/pool.h"
#include "store/database/postgres/statement.h"
#include "store/database/table_order.h"

namespace slipway::store::postgres {

// What is set at the beginning of each transaction, and only for it.
struct Settings {
    Scope scope;
    Milliseconds statement_time_max;
    Milliseconds lock_time_max;
    bool read_only = false;
    bool long_silence = false;  // a migration or copy: the server is not to end it for being quiet
    // Each statement sees what others committed before it, as who waits for a lock first wants to: a serialisable
    // transaction would go on with what was there before it waited.
    bool read_committed = false;
};

class Session {
 public:
    Session(Connection& connection, Settings settings, std::size_t result_bytes_max)
        : connection_(connection), settings_(std::move(settings)), result_bytes_max_(result_bytes_max) {}

    // A reading statement by itself: one message there, one back.
    Task<Rows> read(const Statement& statement, const Parameters& parameters);
    // As part of a transaction, which begins with the first.
    Task<Rows> execute(const Statement& statement, const Parameters& parameters);
    // A statement of our own, without the rules for those of capabilities; as execute(). `sql` lives until it is done.
    Task<Rows> ask(std::string_view sql, Parameters parameters = {});
    // Which table refers to which, in the schema of the application.
    Task<std::vector<Reference>> references();
    // Begins, executes and commits in one message.
    Task<Rows> write(const Statement& statement, const Parameters& parameters);
    Task<void> run_script(std::string script);
    Task<void> commit();
    Task<void> roll_back();

    bool begun() const { return begun_; }
    // What the last failure says about trying again. After a commit that was not answered: `no`.
    Again again() const { return again_; }

 private:
    enum class Part : unsigned char { begin, settings, statement, commit };
    Task<Rows> run(std::vector<Part> parts, const Statement& statement, const Parameters& parameters);
    Result<Rows> rows_from(const std::vector<ResultPointer>& results, const std::vector<Part>& parts,
                           const std::string& sql);
    Result<WireParameters> wire_settings();
    Result<WireParameters> wire(const Statement& statement, const Parameters& parameters, Parameters& all) const;
    Milliseconds patience() const;

    Connection& connection_;
    Settings settings_;
    std::size_t result_bytes_max_;
    Parameters setting_values_;
    bool begun_ = false;
    Again again_ = Again::no;
};

}  // namespace slipway::store::postgres
