// What counts as an e-mail address, wherever one is asked for: in a registration, a schema, a manifest.
#pragma once

#include <cstddef>
#include <string_view>

namespace slipway {

inline constexpr std::size_t kEmailLengthMax = 254;     // bytes, as RFC 5321 limits a path
inline constexpr std::size_t kEmailNameLengthMax = 64;  // of what is before the @

// Not the whole of RFC 5322: one @, a name without quotes, a host with a dot inside, no spaces, no control characters
// and none of the signs that end an address in a list or a header.
bool is_email(std::string_view text);

}  // namespace slipway
