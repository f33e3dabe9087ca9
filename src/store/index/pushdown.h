// The part of a filter that an adapter can hand to its store: conditions on namespace and id that every passage must
// meet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/index/index.h"

namespace slipway::store {

struct Pushdown {
    std::optional<std::vector<std::string>> namespaces;  // one of these; absent: any
    std::optional<std::vector<std::string>> ids;
    bool is_complete = true;  // nothing of the filter remains
};

Pushdown pushdown(const Filter& filter);

}  // namespace slipway::store
