// The embedded database: one SQLite file in WAL mode. One writer puts concurrent transactions into one commit; readers
// run beside it.
#pragma once

#include <filesystem>
#include <memory>

#include "store/database/database.h"

namespace slipway::store {

struct SqliteOptions {
    bool exclusive = false;                  // no other process may open the file; works on network file systems
    std::size_t readers = 0;                 // threads with a connection each; 0: cores + 2, at most 16
    std::size_t readers_waiting_max = 4096;  // reads in the queue; more are answered `unavailable`
    std::size_t writers_waiting_max = 4096;  // transactions in the queue; more are answered `unavailable`
    Milliseconds waiting_time_max{30'000};   // of a transaction for its turn
    Milliseconds transaction_time_max{
        10'000};  // of a body, from its start; then it is rolled back and answered `unavailable`
    Milliseconds read_time_max{30'000};
    Milliseconds migration_time_max{600'000};  // of one step
    Milliseconds backup_time_max{1'800'000};
    Milliseconds busy_time_max{5'000};        // for another process (a command of the CLI) that writes
    std::size_t result_bytes_max = 64 << 20;  // of the rows of one statement; more is `internal`: read in pages
    std::uint64_t file_bytes_max = 0;         // 0: no limit but the disk's
};

// Opens or creates the file (0600; its folder 0700). Blocks; call it at start. `unavailable` names the file and says
// what to do.
//
// As in PostgreSQL, a transaction in which a statement failed is rolled back even when its body goes on; use ON
// CONFLICT where a conflict is expected. Text must not hold NUL characters (`invalid`); use Bytes. Cancelling a
// coroutine that awaits a transaction rolls it back; cancelling a read interrupts it. Destroy the database before the
// event loops of its callers.
Result<std::unique_ptr<Database>> open_sqlite(std::filesystem::path file, SqliteOptions options = {});

}  // namespace slipway::store
