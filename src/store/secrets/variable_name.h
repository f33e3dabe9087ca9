// The names of secrets: those of environment variables, as they stand in manifests and in the keys of JSON secrets.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::store {

// [A-Za-z_][A-Za-z0-9_]*, at most 256 bytes.
bool is_variable_name(std::string_view name);
Result<void> check_variable_name(std::string_view name);  // `invalid`

// The variable that a name of a store stands for: "tutor/anthropic-api-key" is ANTHROPIC_API_KEY by its last segment;
// empty when there is none.
std::string variable_of(std::string_view name);

}  // namespace slipway::store
