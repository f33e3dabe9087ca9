// A workspace is a tenant. Every row, passage, object and cached answer belongs to exactly one; ports take it as a
// parameter.
#pragma once

#include <string>

namespace slipway {

struct WorkspaceId {
    std::string value;
    auto operator<=>(const WorkspaceId&) const = default;
};

}  // namespace slipway
