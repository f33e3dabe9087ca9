#include "store/index/embedded_readers.h"

namespace slipway::store::embedded {

Result<sqlite::Connection> Readers::take() {
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

void Readers::give_back(sqlite::Connection connection) {
    if (connection.in_transaction()) return;  // a snapshot that could not be ended would never see anything new
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(connection));
}

}  // namespace slipway::store::embedded
