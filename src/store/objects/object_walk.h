// Visits the files of a workspace in the byte order of their keys.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::store {

struct WalkRange {
    std::string_view prefix;  // of keys
    std::string_view after;   // only keys greater than this; "" for all
};

// Answers false to stop.
using ObjectVisitor = std::function<Result<bool>(const std::string& key, const std::filesystem::path& file)>;

// A folder that does not exist (any more) is empty. Folders without a key in the range are not opened.
Result<void> walk_objects(const std::filesystem::path& folder, const WalkRange& range, const ObjectVisitor& visitor);

}  // namespace slipway::store
