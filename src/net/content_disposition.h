// The header Content-Disposition (RFC 6266): under which name a browser keeps what it is given.
#pragma once

#include <string>
#include <string_view>

namespace slipway::net {

// `kind` is "attachment" or "inline"; a name of any UTF-8.
std::string content_disposition(std::string_view kind, std::string_view file_name);

}  // namespace slipway::net
