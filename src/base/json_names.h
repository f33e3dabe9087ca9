// Whether a name stands twice in one object. JSON allows it, and two readers then see two different values: the check
// of a signed document must not see one value, and what is done with it the other.
#pragma once

#include <string_view>

namespace slipway {

// False for text that is not JSON: parse_json() says that.
bool has_repeated_names(std::string_view text);

}  // namespace slipway
