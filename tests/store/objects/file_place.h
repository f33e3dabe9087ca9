// The file adapter in a folder of its own, for the conformance suite.
#pragma once

#include "store/objects/conformance.h"
#include "store/objects/file.h"
#include "store/temporary_folder.h"

namespace slipway::test {

inline const std::string kSigningKey(32, 'k');

class FilePlace : public ObjectsPlace {
 public:
    Result<std::unique_ptr<store::Objects>> open() override {
        return store::open_file_objects(folder_ / "store", {.signing_key = kSigningKey}, pool_);
    }
    std::filesystem::path folder() const { return folder_ / "store"; }

 private:
    TemporaryFolder folder_;
    WorkerPool pool_{"objects", 4};
};

}  // namespace slipway::test
