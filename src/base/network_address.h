// Addresses of clients, as limits count them.
#pragma once

#include <string>

namespace slipway {

// Of IPv6 its /64, as whoever has one address there has them all; anything else as it is.
std::string network_of(const std::string& address);

}  // namespace slipway
