#include "store/database/sqlite_readers.h"

namespace slipway::store {

Result<sqlite::Connection> SqliteReaders::take() {
    {
        const std::scoped_lock lock(mutex_);
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    return sqlite::Connection::open(file_, options_);
}

void SqliteReaders::give_back(sqlite::Connection connection) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(connection));
}

}  // namespace slipway::store
