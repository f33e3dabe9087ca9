#include "store/sqlite/readers.h"

namespace slipway::store::sqlite {

Result<Connection> Readers::take() {
    {
        const std::scoped_lock lock(mutex_);
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    return Connection::open(file_, options_);
}

void Readers::give_back(Connection connection) {
    if (connection.in_transaction()) return;  // a snapshot that could not be ended would never see anything new
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(connection));
}

}  // namespace slipway::store::sqlite
