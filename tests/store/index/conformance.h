// The conformance suite of the search-index port: what every adapter must do, as a list of named checks. A check
// answers nothing when the adapter passes, else a sentence that says what it did instead.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "store/index/index.h"

namespace slipway::store::conformance {

// Opens an index whose data stands for this folder; called again with the same folder it finds the data again. An
// adapter that keeps its data elsewhere may ignore the folder: every check uses a collection name of its own and drops
// it.
using OpenIndex = std::function<std::unique_ptr<Index>(const std::filesystem::path& folder)>;

struct Check {
    std::string_view name;
    std::optional<std::string> (*run)(const OpenIndex& open);
};
inline void PrintTo(const Check& check, std::ostream* out) { *out << check.name; }

std::span<const Check> checks();

}  // namespace slipway::store::conformance
