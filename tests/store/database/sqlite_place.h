// The SQLite adapter in a folder of its own, for the conformance suite.
#pragma once

#include "store/database/conformance.h"
#include "store/database/sqlite.h"
#include "store/temporary_folder.h"

namespace slipway::test {

class SqlitePlace : public DatabasePlace {
 public:
    Result<std::unique_ptr<store::Database>> open() override {
        return store::open_sqlite(folder_ / "data.db", options_);
    }
    Result<std::unique_ptr<store::Database>> open_backup(const std::filesystem::path& file) override {
        return store::open_sqlite(file);
    }
    std::filesystem::path backup_file() const override { return folder_ / "backup.db"; }

    explicit SqlitePlace(store::SqliteOptions options = {}) : options_(options) {}
    const TemporaryFolder& folder() const { return folder_; }

 private:
    TemporaryFolder folder_;
    store::SqliteOptions options_;
};

}  // namespace slipway::test
