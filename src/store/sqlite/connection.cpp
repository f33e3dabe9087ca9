#include "store/sqlite/connection.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/connection_state.h"

namespace slipway::store::sqlite {
namespace {

constexpr int kProgressSteps = 2000;  // of SQLite's machine between two looks at the limit: tens of microseconds
constexpr int kWalPagesMax = 4000;    // a commit that finds more copies them into the file, and flushes twice
constexpr std::int64_t kWalBytesKept = 16 << 20;

// SQLite would create the file readable for others; its -wal and -shm files take over the mode of the file.
Result<void> create_private(const std::filesystem::path& file) {
    std::error_code error;
    const auto folder = file.parent_path();
    if (!folder.empty() && !std::filesystem::exists(folder, error)) {
        std::filesystem::create_directories(folder, error);
        if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
        if (error)
            return fail(ErrorCode::unavailable, "The folder {} cannot be created: {}.", folder.string(),
                        error.message());
    }
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0)
        return fail(ErrorCode::unavailable, "{} cannot be opened for writing: {}.", file.string(),
                    std::strerror(errno));
    ::close(descriptor);
    return {};
}

int on_progress(void* context) { return static_cast<const ConnectionState*>(context)->over_limit() ? 1 : 0; }

std::string pragmas(const ConnectionOptions& options) {
    std::string script =
        fmt::format("PRAGMA busy_timeout={};PRAGMA foreign_keys=ON;PRAGMA cache_size=-{};PRAGMA trusted_schema=OFF;",
                    options.busy_time_max.count(), std::max<std::size_t>(options.cache_bytes >> 10, 64));
    if (options.read_only) return script + "PRAGMA query_only=ON;";
    script += fmt::format(
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA wal_autocheckpoint={};PRAGMA journal_size_limit={};"
        "PRAGMA temp_store=MEMORY;",  // savepoints keep the pages they change here, else in a file
        kWalPagesMax, kWalBytesKept);
    return script;
}

Result<void> limit_file(ConnectionState& state) {
    if (state.options.file_bytes_max == 0 || state.options.read_only) return {};
    SLIPWAY_TRY(sqlite3_stmt* const statement, state.compile("PRAGMA page_size"));
    const int code = sqlite3_step(statement);
    const auto page = static_cast<std::uint64_t>(sqlite3_column_int(statement, 0));
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW) return state.failure(code);
    const auto sql =
        fmt::format("PRAGMA max_page_count={}", std::max<std::uint64_t>(state.options.file_bytes_max / page, 1));
    return state.check(sqlite3_exec(state.handle, sql.c_str(), nullptr, nullptr, nullptr));
}

void add_once(std::vector<std::string>& names, const char* name) {
    if (name && std::ranges::find(names, std::string_view(name)) == names.end()) names.emplace_back(name);
}

int on_authorize(void* context, int action, const char* first, const char*, const char*, const char*) {
    auto& shape = *static_cast<StatementShape*>(context);
    switch (action) {
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT:
        case SQLITE_PRAGMA:
        case SQLITE_ATTACH:
        case SQLITE_DETACH:
            shape.controls = true;
            break;
        case SQLITE_INSERT:
        case SQLITE_UPDATE:
        case SQLITE_DELETE:
            add_once(shape.written, first);
            [[fallthrough]];
        case SQLITE_READ:
            add_once(shape.tables, first);
            break;
        default:
            break;
    }
    return SQLITE_OK;
}

}  // namespace

ConnectionState::~ConnectionState() {
    cache.clear();
    sqlite3_close_v2(handle);
}

Result<sqlite3_stmt*> ConnectionState::compile(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, &rest);
    if (code != SQLITE_OK) return failure(code, sql);
    const std::string_view left(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest));
    if (statement && left.find_first_not_of(" \t\r\n;") == std::string_view::npos) return statement;
    sqlite3_finalize(statement);
    return fail(ErrorCode::internal, "Exactly one statement is expected in: {}", sql);
}

Result<Connection> Connection::open(std::filesystem::path file, ConnectionOptions options) {
    if (!options.read_only) {
        SLIPWAY_CHECK(create_private(file));
    }
    auto state = std::make_unique<ConnectionState>(std::move(file), std::move(options));
    const int access = state->options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    const char* const system = state->options.exclusive ? "unix-excl" : nullptr;
    const int opened = sqlite3_open_v2(state->file.c_str(), &state->handle,
                                       access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, system);
    if (opened != SQLITE_OK) return state->failure(opened);
    sqlite3_db_config(state->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    const auto script = pragmas(state->options);
    SLIPWAY_CHECK(state->check(sqlite3_exec(state->handle, script.c_str(), nullptr, nullptr, nullptr)));
    SLIPWAY_CHECK(limit_file(*state));
    return Connection(std::move(state));
}

Connection::Connection(std::unique_ptr<ConnectionState> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Statement> Connection::prepare(std::string_view sql) {
    sqlite3_stmt* statement = state_->cache.take(sql);
    if (!statement) {
        SLIPWAY_TRY(statement, state_->compile(sql));
    }
    return Statement(*state_, std::string(sql), statement);
}

Result<void> Connection::execute(std::string_view script) {
    SLIPWAY_CHECK(state_->check_limit());
    return state_->check(sqlite3_exec(state_->handle, std::string(script).c_str(), nullptr, nullptr, nullptr), script);
}

Result<StatementShape> Connection::inspect(std::string_view sql) {
    StatementShape shape;
    sqlite3_set_authorizer(state_->handle, on_authorize, &shape);
    auto statement = state_->compile(sql);
    sqlite3_set_authorizer(state_->handle, nullptr, nullptr);
    if (!statement) return pass(statement);
    for (int index = 1; index <= sqlite3_bind_parameter_count(*statement); ++index) {
        const char* const name = sqlite3_bind_parameter_name(*statement, index);
        shape.parameters.emplace_back(name ? name : "");
    }
    shape.reads_only = sqlite3_stmt_readonly(*statement) != 0;
    sqlite3_finalize(*statement);
    return shape;
}

Result<void> Connection::check_in_place() {
    int moved = 0;
    sqlite3_file_control(state_->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (moved == 0) return {};
    return no_longer_in_place(state_->file);
}

std::unexpected<Error> no_longer_in_place(const std::filesystem::path& file) {
    return fail(
        ErrorCode::unavailable,
        "{} was removed or replaced while it was in use, so nothing is written any more. Stop the server, put the "
        "file back or run `slipway restore`, and start again.",
        file.string());
}

std::int64_t Connection::changes() const { return sqlite3_changes64(state_->handle); }
std::int64_t Connection::last_insert_id() const { return sqlite3_last_insert_rowid(state_->handle); }
bool Connection::in_transaction() const { return sqlite3_get_autocommit(state_->handle) == 0; }

bool Connection::has_open_references() const {
    int open = 0;
    int highest = 0;
    sqlite3_db_status(state_->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &open, &highest, 0);
    return open != 0;
}

void Connection::set_limit(std::chrono::steady_clock::time_point until, const std::atomic<bool>* stop) {
    state_->until = until;
    state_->stop = stop;
    sqlite3_progress_handler(state_->handle, kProgressSteps, on_progress, state_.get());
}

void Connection::clear_limit() {
    state_->until.reset();
    state_->stop = nullptr;
    sqlite3_progress_handler(state_->handle, 0, nullptr, nullptr);
}

const std::filesystem::path& Connection::file() const { return state_->file; }
sqlite3* Connection::handle() const { return state_->handle; }

std::string_view library_version() { return sqlite3_libversion(); }

}  // namespace slipway::store::sqlite
