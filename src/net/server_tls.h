// The server's TLS context.
#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "net/server.h"

namespace slipway::net {

// TLS 1.2 and 1.3 with forward secrecy, HTTP/1.1 by ALPN. `invalid` names the file that cannot be used and why.
Result<std::unique_ptr<asio::ssl::context>> make_server_tls(const TlsFiles& files);

}  // namespace slipway::net
