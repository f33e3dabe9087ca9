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
    // It was there when the writer opened it; another one must not be made in its place.
    std::error_code error;
    if (!std::filesystem::exists(file_, error)) return no_longer_in_place(file_);
    return Connection::open(file_, options_);
}

void Readers::give_back(Connection connection) {
    if (connection.in_transaction()) return;  // a snapshot that could not be ended would never see anything new
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(connection));
}

}  // namespace slipway::store::sqlite
