// Which addresses an outgoing request may reach whose URL others had a say in:
// an issuer's keys, a web hook.
//
// Such a request must not become a way into the network that the server stands
// in: not to loopback, private, shared (CGNAT), link-local (metadata services),
// multicast or reserved addresses, nor to IPv6 forms that hold such an IPv4
// address. The addresses are IANA's special-purpose registries for IPv4 and
// IPv6 (RFC 6890).
//
// What is checked is what the connection is made to: the name is looked up
// once, every address that it has must be allowed, and one of these is
// connected to. So a name that answers differently the next time (DNS
// rebinding) gains nothing.
#pragma once

#include <boost/asio/ip/address.hpp>

namespace slipway::net {

enum class Reach : unsigned char {
    anywhere,             // what the operator named
    internet,             // https at public addresses; no proxy, as that would look names up
                          // itself, no Unix socket
    internet_or_loopback  // for development: also http or https at loopback
};

// Of the public internet.
bool is_public(const boost::asio::ip::address& address);
// `secure`: by https.
bool may_reach(Reach reach, const boost::asio::ip::address& address, bool secure);

}  // namespace slipway::net
