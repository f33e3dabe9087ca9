// Whom a client of TLS trusts: certificate and host name are always verified.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include <boost/asio/ssl/context.hpp>

#include "base/error.h"

namespace slipway::net {

// TLS 1.2 or newer, with these authorities (PEM) or the system's. `unavailable` when they cannot be read. Reads files:
// make it once.
Result<std::unique_ptr<boost::asio::ssl::context>> client_tls(
    const std::optional<std::filesystem::path>& certificate_authorities);

}  // namespace slipway::net
