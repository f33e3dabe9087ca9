// Whence a request comes, as limits, lists of sessions and the audit keep it.
#pragma once

#include "account/types.h"
#include "net/http.h"

namespace slipway::app {

// At most kVisitBytesMax of what the client says; valid UTF-8 whatever it sent.
inline constexpr std::size_t kVisitBytesMax = 300;
account::Visit visit_of(const net::Request& request);

}  // namespace slipway::app
