// Who the client is behind proxies: counted from the right, and only by what was declared.
#include "net/forwarded.h"

#include <gtest/gtest.h>

namespace slipway::net {
namespace {

Request from(std::string address, std::vector<std::pair<std::string, std::string>> headers) {
    Request request;
    request.remote_address = std::move(address);
    for (auto& [name, value] : headers) request.headers.add(name, std::move(value));
    return request;
}

std::string client_of(Request request, std::size_t count, std::vector<std::string> networks = {}) {
    TrustedProxies proxies{.count = count, .networks = {}};
    for (const auto& text : networks) proxies.networks.push_back(*Network::parse(text));
    apply_forwarded(request, proxies);
    return request.remote_address;
}

TEST(Forwarded, CountsTheDeclaredHopsFromTheRight) {
    const auto request = from("10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 198.51.100.1, 192.0.2.7, 10.0.0.9"}});
    EXPECT_EQ(client_of(request, 1), "10.0.0.9");
    EXPECT_EQ(client_of(request, 2), "192.0.2.7");
    EXPECT_EQ(client_of(request, 3), "198.51.100.1");
    const auto repeated = from("10.0.0.1", {{"X-Forwarded-For", "6.6.6.6"}, {"x-forwarded-for", "192.0.2.7,10.0.0.9"}});
    EXPECT_EQ(client_of(repeated, 2), "192.0.2.7") << "several fields are one list";
}

TEST(Forwarded, NobodyIsBelievedWithoutADeclaredProxy) {
    const auto forged = from("203.0.113.9", {{"X-Forwarded-For", "127.0.0.1"},
                                             {"X-Forwarded-Proto", "https"},
                                             {"Forwarded", "for=127.0.0.1;proto=https"},
                                             {"X-Real-IP", "127.0.0.1"},
                                             {"CF-Connecting-IP", "127.0.0.1"},
                                             {"True-Client-IP", "127.0.0.1"}});
    EXPECT_EQ(client_of(forged, 0), "203.0.113.9");
    auto request = forged;
    apply_forwarded(request, {});
    EXPECT_FALSE(request.secure);
}

TEST(Forwarded, AProxyOfAnotherNetworkIsNoneOfOurs) {
    const auto request = from("203.0.113.9", {{"X-Forwarded-For", "127.0.0.1"}, {"X-Forwarded-Proto", "https"}});
    EXPECT_EQ(client_of(request, 1, {"10.0.0.0/8", "fd00::/8"}), "203.0.113.9");
    auto ours = request;
    ours.remote_address = "10.200.3.4";
    EXPECT_EQ(client_of(ours, 1, {"10.0.0.0/8"}), "127.0.0.1");
    ours.remote_address = "::ffff:10.200.3.4";
    EXPECT_EQ(client_of(ours, 1, {"10.0.0.0/8"}), "127.0.0.1") << "IPv4 by a socket of IPv6";
    ours.remote_address = "fd12::1";
    EXPECT_EQ(client_of(ours, 1, {"10.0.0.0/8", "fd00::/8"}), "127.0.0.1");
}

TEST(Forwarded, OnlyWhatIsBehindTheDeclaredHopsIsReadOfTheOtherFields) {
    const auto request = from("10.0.0.1", {{"Forwarded", "for=6.6.6.6"}, {"CF-Connecting-IP", "6.6.6.6"}});
    EXPECT_EQ(client_of(request, 1), "10.0.0.1");
}

// Whoever walked around a proxy may have written the list alone.
TEST(Forwarded, AListThatIsTooShortIsNotBelieved) {
    const auto request = from("10.0.0.1", {{"X-Forwarded-For", "6.6.6.6"}});
    EXPECT_EQ(client_of(request, 2), "10.0.0.1");
    EXPECT_EQ(client_of(request, 1), "6.6.6.6");
}

TEST(Forwarded, ReadsIPv6AndPorts) {
    for (const auto& [written, address] :
         std::vector<std::pair<std::string, std::string>>{{"2001:db8::7", "2001:db8::7"},
                                                          {"[2001:db8::7]", "2001:db8::7"},
                                                          {"[2001:db8::7]:4711", "2001:db8::7"},
                                                          {"192.0.2.7:4711", "192.0.2.7"},
                                                          {"::ffff:192.0.2.7", "192.0.2.7"}})
        EXPECT_EQ(client_of(from("10.0.0.1", {{"X-Forwarded-For", written}}), 1), address) << written;
}

TEST(Forwarded, WhatIsNoAddressChangesNothing) {
    for (const auto* written : {"", "unknown", "_hidden", "192.0.2", "192.0.2.7.8", "[2001:db8::7", "fe80::1%eth0",
                                "::1]", "\"192.0.2.7\"", "0x7f.1", "[]", "[", ":", "192.0.2.7 evil"}) {
        const auto client = client_of(from("10.0.0.1", {{"X-Forwarded-For", written}}), 1);
        EXPECT_TRUE(client == "10.0.0.1" || (client == "2001:db8::7" && written[0] == '[')) << written << " " << client;
    }
}

TEST(Forwarded, NetworksAreReadStrictly) {
    for (const auto* wrong :
         {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "::/129", "here/8", "10.0.0.0/8x"})
        EXPECT_FALSE(Network::parse(wrong)) << wrong;
    const auto network = Network::parse("10.1.2.128/25");
    ASSERT_TRUE(network);
    EXPECT_TRUE(network->contains("10.1.2.200"));
    EXPECT_FALSE(network->contains("10.1.2.127"));
    EXPECT_FALSE(network->contains("2001:db8::1"));
    EXPECT_TRUE(Network::parse("192.0.2.7")->contains("192.0.2.7"));
    EXPECT_FALSE(Network::parse("192.0.2.7")->contains("192.0.2.8"));
    EXPECT_TRUE(Network::parse("0.0.0.0/0")->contains("203.0.113.9"));
}

}  // namespace
}  // namespace slipway::net
