// TLS as every client of ours speaks it: 1.2 or newer, the peer's certificate verified.
#pragma once

#include <filesystem>
#include <optional>

#include <boost/asio/ssl/context.hpp>

#include "base/error.h"
#include "base/task.h"

namespace slipway::net {

// Trusts the authorities of this PEM file, else the system's. `unavailable` when they cannot be read. The host name is
// verified by who connects (ClientConnection::start_tls).
Result<asio::ssl::context> client_tls(const std::optional<std::filesystem::path>& certificate_authorities);

}  // namespace slipway::net
