// SQL as if a capability had been written by an enemy, in the scope of one workspace. A statement that does not name
// $workspace never sees or changes a row of another one, whatever else it does; tables stay what they are.
#include <sqlite3.h>
#include <unistd.h>

#include "store/database/sqlite.h"
#include "target.h"

namespace {

using namespace slipway;
using namespace slipway::store;

constexpr std::string_view kSecret = "the secret of theirs";
constexpr std::string_view kTables =
    "CREATE TABLE notes (workspace TEXT NOT NULL, id TEXT PRIMARY KEY, body TEXT);"
    "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT);"
    "CREATE VIEW bodies AS SELECT body FROM notes";

struct Place {
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("slipway-fuzz-sql-" + std::to_string(::getpid()));
    std::unique_ptr<Database> database;
    sqlite3* plain = nullptr;  // the same tables, to ask what a statement's parameters are
    Place() {
        std::filesystem::create_directories(folder);
        database = open_sqlite(folder / "data.db").value();
        const Migration tables[] = {{"fuzz", 1, kTables}};
        bool made = run_to_end(database->migrate(tables)).has_value();
        made = made && sqlite3_open(":memory:", &plain) == SQLITE_OK &&
               sqlite3_exec(plain, std::string(kTables).c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
        fuzz::require(made, "the tables can be made");
    }
    ~Place() {
        database.reset();
        sqlite3_close(plain);
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    void write(std::string sql, Parameters parameters = {}) const {
        fuzz::require(run_to_end(database->write(Scope::system(), std::move(sql), std::move(parameters))).has_value(),
                      "the system may");
    }
    void fill() const {
        write("DELETE FROM notes");
        write("INSERT INTO notes VALUES ('ours', '1', 'ours'), ('theirs', '2', $1)", {Value(kSecret)});
    }
    bool is_untouched() const {
        const auto rows = run_to_end(
            database->read(Scope::system(), "SELECT workspace, id, body FROM notes WHERE workspace = 'theirs'"));
        return rows && rows->size() == 1 && rows->front().text("body") == kSecret && rows->front().text("id") == "2";
    }
    bool names_workspace(std::string_view sql) const {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(plain, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
        bool names = false;
        for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
            const char* name = sqlite3_bind_parameter_name(statement, i);
            names = names || (name != nullptr && std::string_view(name) == "$workspace");
        }
        sqlite3_finalize(statement);
        return names;
    }
};

bool has_secret(const Rows& rows, std::string_view sql) {
    if (sql.contains("secret")) return false;  // it says so itself
    for (const auto row : rows)
        for (const auto* column : {"body", "value", "x"}) {
            try {
                if (row.text(column).contains(kSecret)) return true;
            } catch (const std::logic_error&) {  // there is no such column, or it is a number
            }
        }
    return false;
}

}  // namespace

SLIPWAY_FUZZ_TARGET(statement) {
    static Place place;
    static bool filled = false;
    if (input.size() > 2000) return;
    if (!filled) place.fill();
    filled = true;
    const std::string sql(input);
    const bool names = place.names_workspace(sql);
    const Scope ours = WorkspaceId{"ours"};
    const auto rows = run_to_end(place.database->read(ours, sql));
    if (rows && !names) fuzz::require(!has_secret(*rows, sql), "a row of another workspace was read");
    if (!rows) fuzz::require(!rows.error().message.empty(), "errors are for people");
    const auto written = run_to_end(place.database->write(ours, sql));
    if (!written) return;
    const auto tables = run_to_end(place.database->read(Scope::system(), "SELECT count(*) AS n FROM sqlite_master"));
    static const auto tables_at_first = tables ? tables->front().integer("n") : 0;
    fuzz::require(tables && tables->front().integer("n") == tables_at_first, "no table is made or dropped");
    const bool untouched = place.is_untouched();
    if (!names) {
        if (!written->empty()) fuzz::require(!has_secret(*written, sql), "a row of another workspace was returned");
        fuzz::require(untouched, "a row of another workspace was changed");
    }
    filled = untouched;
}
