// What every adapter of the database port has to do, as named checks that report failures as values: a good adapter
// passes all, and broken ones can be shown to fail.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/check.h"
#include "store/database/database.h"

namespace slipway::test {

// A new and empty place for data. It may be opened again and again; the data stays.
class DatabasePlace {
 public:
    virtual ~DatabasePlace() = default;
    virtual Result<std::unique_ptr<store::Database>> open() = 0;
    // Opens what Database::backup wrote.
    virtual Result<std::unique_ptr<store::Database>> open_backup(const std::filesystem::path& file) = 0;
    virtual std::filesystem::path backup_file() const = 0;
};
using DatabasePlaces = std::function<std::unique_ptr<DatabasePlace>()>;

struct DatabaseCheck {
    std::string_view name;
    Task<void> (*run)(DatabasePlace&);
};

std::span<const DatabaseCheck> database_checks();          // rows, transactions, concurrency
std::span<const DatabaseCheck> database_promise_checks();  // workspaces, migrations, backup, series

// nullopt when the adapter passes; otherwise what went wrong.
std::optional<std::string> failure_of(const DatabaseCheck& check, const DatabasePlaces& places);

inline const WorkspaceId kHere{"here"};
inline const WorkspaceId kThere{"there"};

// Opens the place and makes the tables `item(workspace, name, size)` with unique (workspace, name), and `world(name,
// value)`.
Task<std::unique_ptr<store::Database>> open_with_tables(DatabasePlace& place);
Task<void> insert_item(store::Database& database, WorkspaceId workspace, std::string name, std::int64_t size);
Task<std::int64_t> count_items(store::Database& database, WorkspaceId workspace);

}  // namespace slipway::test
