#include "net/reach.h"

#include <algorithm>
#include <array>

namespace slipway::net {
namespace {

namespace ip = boost::asio::ip;

struct Network4 {
    std::uint32_t address;
    int bits;
};
constexpr std::uint32_t of(std::uint32_t a, std::uint32_t b, std::uint32_t c = 0, std::uint32_t d = 0) {
    return a << 24 | b << 16 | c << 8 | d;
}
constexpr auto kNotPublic4 = std::to_array<Network4>({
    {of(0, 0), 8},          // this network
    {of(10, 0), 8},         // private
    {of(100, 64), 10},      // shared by carriers
    {of(127, 0), 8},        // loopback
    {of(169, 254), 16},     // link-local, where metadata services are
    {of(172, 16), 12},      // private
    {of(192, 0, 0), 24},    // protocol assignments
    {of(192, 0, 2), 24},    // documentation
    {of(192, 88, 99), 24},  // 6to4 relays
    {of(192, 168), 16},     // private
    {of(198, 18), 15},      // benchmarks
    {of(198, 51, 100), 24},
    {of(203, 0, 113), 24},
    {of(224, 0), 4},  // multicast
    {of(240, 0), 4},  // reserved, broadcast
});

struct Network6 {
    std::uint32_t address;  // its first 32 bits
    int bits;
};
constexpr Network6 kGlobalUnicast{0x20000000, 3};  // all else is mapped, translated, local or not given out
constexpr auto kNotPublic6 = std::to_array<Network6>({
    {0x20010000, 23},  // protocol assignments, Teredo among them
    {0x20010db8, 32},  // documentation
    {0x20020000, 16},  // 6to4: holds an IPv4 address
    {0x3fff0000, 20},  // documentation
});

constexpr bool inside(std::uint32_t address, std::uint32_t network, int bits) {
    return (address ^ network) >> (32 - bits) == 0;
}

bool is_public4(std::uint32_t address) {
    return std::ranges::none_of(
        kNotPublic4, [&](const Network4& network) { return inside(address, network.address, network.bits); });
}

bool is_public6(const ip::address_v6::bytes_type& bytes) {
    const auto first = of(bytes[0], bytes[1], bytes[2], bytes[3]);
    if (!inside(first, kGlobalUnicast.address, kGlobalUnicast.bits)) return false;
    return std::ranges::none_of(kNotPublic6,
                                [&](const Network6& network) { return inside(first, network.address, network.bits); });
}

}  // namespace

bool is_public(const ip::address& address) {
    return address.is_v4() ? is_public4(address.to_v4().to_uint()) : is_public6(address.to_v6().to_bytes());
}

bool may_reach(Reach reach, const ip::address& address, bool secure) {
    if (reach == Reach::anywhere) return true;
    if (reach == Reach::internet_or_loopback && address.is_loopback()) return true;
    return secure && is_public(address);
}

}  // namespace slipway::net
