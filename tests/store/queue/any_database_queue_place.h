// A queue in the database that the tests run on (any_database.h).
#pragma once

#include "store/database/engines/any_database.h"
#include "store/queue/database_queue_place.h"

namespace slipway::test {

class AnyDatabaseQueuePlace final : public DatabaseQueuePlace {
    Result<std::unique_ptr<store::Database>> open_database(const std::filesystem::path& place) override {
        return open_any_database(place);
    }
};

}  // namespace slipway::test
