#include "store/database/postgres/session.h"

namespace slipway::store::postgres {
namespace {

// The server ends a statement by itself at its limit; when not even that is heard of, the connection is given up.
constexpr Milliseconds kGrace{2'000};

// Prepared as other statements are: parsing them was about a tenth of an insert.
constexpr std::string_view kBegin = "BEGIN ISOLATION LEVEL SERIALIZABLE";
constexpr std::string_view kBeginReadCommitted = "BEGIN ISOLATION LEVEL READ COMMITTED", kCommit = "COMMIT";
#define SLIPWAY_SETTINGS                                                                        \
    "SELECT set_config('slipway.workspace', $1, true), set_config('slipway.scope', $2, true), " \
    "set_config('statement_timeout', $3, true), set_config('lock_timeout', $4, true), "         \
    "set_config('idle_in_transaction_session_timeout', $5, true)"
constexpr std::string_view kSettings = SLIPWAY_SETTINGS;
// Only where it is wanted: on a replica not even "off" may be set.
constexpr std::string_view kReadSettings = SLIPWAY_SETTINGS ", set_config('transaction_read_only', 'on', true)";
#undef SLIPWAY_SETTINGS

constexpr std::string_view kReferences =
    "select distinct r.relname::text as name, c.relname::text as of from pg_constraint k join pg_class r on r.oid = "
    "k.conrelid join pg_class c on c.oid = k.confrelid where k.contype = 'f' and c.relnamespace = "
    "current_schema()::regnamespace";

// Others (FETCH, above all) answer another shape each time.
bool may_be_prepared(const Statement& statement) {
    const auto& verb = statement.verb;
    return verb == "select" || verb == "insert" || verb == "update" || verb == "delete" || verb == "with";
}

}  // namespace

Milliseconds Session::patience() const { return settings_.statement_time_max + kGrace; }

Result<WireParameters> Session::wire_settings() {
    const auto& workspace = settings_.scope.workspace();
    const auto silence =
        settings_.long_silence ? Milliseconds(0) : settings_.statement_time_max + settings_.lock_time_max;
    setting_values_ = {Value(workspace ? workspace->value : std::string()), Value(workspace ? "workspace" : "system"),
                       Value(fmt::format("{}", settings_.statement_time_max.count())),
                       Value(fmt::format("{}", settings_.lock_time_max.count())),
                       Value(fmt::format("{}", silence.count()))};
    return WireParameters::of(setting_values_);
}

Result<WireParameters> Session::wire(const Statement& statement, const Parameters& parameters, Parameters& all) const {
    const auto& workspace = settings_.scope.workspace();
    if (!statement.names_workspace || !workspace) return WireParameters::of(parameters);
    all = parameters;
    all.emplace_back(workspace->value);
    return WireParameters::of(all);
}

Result<Rows> Session::rows_from(const std::vector<ResultPointer>& results, const std::vector<Part>& parts,
                                const std::string& sql) {
    const auto& pq = connection_.pq();
    Result<Rows> rows;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto* const result = results[i].get();
        const auto status = pq.PQresultStatus(result);
        if (status == PGRES_PIPELINE_ABORTED) continue;  // one before it failed
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            auto failure = failure_of(pq, result, sql, connection_.target().shown());
            const bool wrote = settings_.read_only && failure.read_only;
            if (wrote) return fail(ErrorCode::internal, "A read got a statement that writes: {}", sql);
            again_ = failure.again;
            if (again_ == Again::connection) connection_.retire();
            return std::unexpected(std::move(failure.error));
        }
        if (parts[i] == Part::statement) rows = rows_of(pq, result, result_bytes_max_);
    }
    return rows;
}

Task<Rows> Session::run(std::vector<Part> parts, const Statement& statement, const Parameters& parameters) {
    again_ = Again::no;
    Parameters all;
    SLIPWAY_CO_TRY(const auto given, wire(statement, parameters, all));
    SLIPWAY_CO_TRY(const auto settings, wire_settings());
    std::vector<Command> commands;
    bool commits = false;
    for (const auto part : parts) {
        if (part == Part::begin) commands.push_back({.sql = settings_.read_committed ? kBeginReadCommitted : kBegin});
        if (part == Part::settings)
            commands.push_back({.sql = settings_.read_only ? kReadSettings : kSettings, .parameters = &settings});
        if (part == Part::statement)
            commands.push_back(
                {.sql = statement.sql, .parameters = &given, .may_be_prepared = may_be_prepared(statement)});
        if (part == Part::commit) commands.push_back({.sql = kCommit});
        begun_ = begun_ || part == Part::begin;
        commits = commits || part == Part::commit;
    }
    const auto results = co_await connection_.run(commands, patience());
    if (!results) {
        // Whether a commit that was sent has happened is not known.
        if (!commits) again_ = Again::connection;
        co_return std::unexpected(results.error());
    }
    auto rows = rows_from(*results, parts, statement.sql);
    if (rows && commits) begun_ = false;
    co_return rows;
}

Task<Rows> Session::read(const Statement& statement, const Parameters& parameters) {
    std::vector<Part> parts = {Part::settings, Part::statement};
    return run(std::move(parts), statement, parameters);
}

Task<Rows> Session::execute(const Statement& statement, const Parameters& parameters) {
    std::vector<Part> parts = {Part::begin, Part::settings, Part::statement};
    if (begun_) parts = {Part::statement};
    return run(std::move(parts), statement, parameters);
}

Task<Rows> Session::ask(std::string_view sql, Parameters parameters) {
    SLIPWAY_CO_TRY(const auto statement, read_statement(sql));
    co_return co_await execute(statement, parameters);
}

Task<std::vector<Reference>> Session::references() {
    SLIPWAY_CO_TRY(const auto rows, co_await ask(kReferences));
    std::vector<Reference> references;
    for (const auto row : rows) references.emplace_back(row.text("name"), row.text("of"));
    co_return references;
}

Task<Rows> Session::write(const Statement& statement, const Parameters& parameters) {
    std::vector<Part> parts = {Part::begin, Part::settings, Part::statement, Part::commit};
    return run(std::move(parts), statement, parameters);
}

Task<void> Session::run_script(std::string script) {
    SLIPWAY_CO_TRY(const auto result, co_await connection_.run_script(script, patience()));
    const auto& pq = connection_.pq();
    const auto status = pq.PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
        co_return Result<void>();
    auto failure = failure_of(pq, result.get(), script, connection_.target().shown());
    again_ = failure.again;
    co_return std::unexpected(std::move(failure.error));
}

Task<void> Session::commit() {
    const std::vector<Command> commands = {{.sql = kCommit}};
    again_ = Again::no;
    SLIPWAY_CO_TRY(const auto results, co_await connection_.run(commands, patience()));
    begun_ = false;
    const std::vector<Part> parts = {Part::commit};
    SLIPWAY_CO_TRY(const auto rows, rows_from(results, parts, std::string(kCommit)));
    const std::string_view did = connection_.pq().PQcmdStatus(results.front().get());
    if (did != "COMMIT") co_return fail(ErrorCode::internal, "The transaction was rolled back where it was committed.");
    co_return Result<void>();
}

Task<void> Session::roll_back() {
    const std::vector<Command> commands = {{.sql = "ROLLBACK", .may_be_prepared = false}};
    begun_ = false;
    if (connection_.broken()) co_return Result<void>();
    SLIPWAY_CO_CHECK(co_await connection_.run(commands, patience()));
    co_return Result<void>();
}

}  // namespace slipway::store::postgres
