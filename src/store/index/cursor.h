// The cursor of scroll: behind which id the next page begins.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::store {

std::string cursor_after(std::string_view id);
// nullopt without a cursor; `invalid` when it is not one of ours.
Result<std::optional<std::string>> id_of_cursor(const std::optional<std::string>& cursor);

}  // namespace slipway::store
