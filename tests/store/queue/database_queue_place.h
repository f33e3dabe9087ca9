// The database adapter of the queue port, over SQLite in a folder of its own where nothing else is said. Opened again
// it is another connection to the same file, as another process has.
#pragma once

#include "must.h"
#include "store/database/sqlite.h"
#include "store/queue/conformance.h"
#include "store/queue/database.h"
#include "store/queue/effect.h"
#include "store/temporary_folder.h"

namespace slipway::test {

class DatabaseQueuePlace : public QueuePlace {
 public:
    Result<std::unique_ptr<store::Queue>> open() override {
        SLIPWAY_TRY(auto database, open_database(folder_ / "data.db"));
        SLIPWAY_CHECK(run_to_end(database->migrate(store::queue_migrations())));
        SLIPWAY_CHECK(run_to_end(database->migrate(store::effect_migrations())));
        databases_.push_back(std::move(database));
        return store::make_database_queue(*databases_.back());
    }
    store::Database& database() { return *databases_.back(); }

 protected:
    virtual Result<std::unique_ptr<store::Database>> open_database(const std::filesystem::path& place) {
        return store::open_sqlite(place);
    }

 private:
    TemporaryFolder folder_;
    std::vector<std::unique_ptr<store::Database>> databases_;
};

}  // namespace slipway::test
