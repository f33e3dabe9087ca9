#include "base/network_address.h"

#include <algorithm>

#include <boost/asio/ip/address.hpp>

namespace slipway {

namespace ip = boost::asio::ip;

std::string network_of(const std::string& address) {
    constexpr std::size_t kNetworkBytes = 8;
    boost::system::error_code error;
    const auto parsed = ip::make_address(address, error);
    if (error || !parsed.is_v6()) return address;
    auto bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + kNetworkBytes, bytes.end(), 0);
    return ip::address_v6(bytes).to_string();
}

}  // namespace slipway
