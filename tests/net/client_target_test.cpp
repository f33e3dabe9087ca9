#include "net/client_target.h"

#include <gtest/gtest.h>

namespace slipway::net {
namespace {

TEST(ClientTarget, TakesAUrlApart) {
    const auto target = parse_target("https://Example.COM/v1/chat?x=1#part");
    ASSERT_TRUE(target);
    EXPECT_TRUE(target->secure);
    EXPECT_EQ(target->host, "example.com");
    EXPECT_EQ(target->port, 443);
    EXPECT_EQ(target->path, "/v1/chat?x=1");
    EXPECT_EQ(target->authority, "example.com");
}

TEST(ClientTarget, KnowsPortsAndIpv6) {
    const auto target = parse_target("http://[::1]:8080?q");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->host, "::1");
    EXPECT_EQ(target->port, 8080);
    EXPECT_EQ(target->path, "/?q");
    EXPECT_EQ(target->authority, "[::1]:8080");
}

TEST(ClientTarget, RefusesWhatIsNoHttpUrl) {
    for (const auto* url :
         {"", "example.com", "ftp://example.com/", "http://", "http:///x", "http://a b/", "http://x:0/",
          "http://x:99999/", "http://a%0d%0ab/", "http://13.1.%32.18/", "http://x/\r\nEvil: 1", "https://[::1"})
        EXPECT_FALSE(parse_target(url)) << url;
    EXPECT_FALSE(parse_target("http://x/" + std::string(20'000, 'a')));
}

TEST(ClientTarget, NeverShowsCredentialsOrQueries) {
    const auto with_password = parse_target("https://user:hunter2@example.com/");
    ASSERT_FALSE(with_password);
    EXPECT_EQ(with_password.error().message.find("hunter2"), std::string::npos);
    const auto with_query = parse_target("gopher://example.com/?key=hunter2");
    ASSERT_FALSE(with_query);
    EXPECT_EQ(with_query.error().message.find("hunter2"), std::string::npos);
}

// "host:port" of the proxy, "" for none, "error".
std::string proxy(const std::map<std::string, std::string, std::less<>>& variables, std::string_view url) {
    const auto found = proxy_for(Environment(variables), *parse_target(url));
    if (!found) return "error";
    return *found ? (*found)->host + ":" + std::to_string((*found)->port) : "";
}

TEST(ClientProxy, ComesFromTheVariableOfTheScheme) {
    EXPECT_EQ(proxy({{"HTTP_PROXY", "http://p:1"}, {"HTTPS_PROXY", "http://s:2"}}, "http://example.com/"), "p:1");
    EXPECT_EQ(proxy({{"HTTP_PROXY", "http://p:1"}, {"HTTPS_PROXY", "http://s:2"}}, "https://example.com/"), "s:2");
    EXPECT_EQ(proxy({{"HTTP_PROXY", "http://p:1"}}, "https://example.com/"), "");
}

TEST(ClientProxy, PrefersLowerCaseNames) {
    EXPECT_EQ(proxy({{"http_proxy", "lower:3128"}, {"HTTP_PROXY", "upper:3128"}}, "http://example.com/"), "lower:3128");
}

TEST(ClientProxy, IsNotUsedForWhatNoProxyNames) {
    const auto with = [](std::string list, std::string_view url) {
        return proxy({{"HTTP_PROXY", "http://p:1"}, {"NO_PROXY", std::move(list)}}, url);
    };
    EXPECT_EQ(with("example.com", "http://example.com/"), "");
    EXPECT_EQ(with("example.com", "http://api.Example.com/"), "");
    EXPECT_EQ(with("example.com", "http://notexample.com/"), "p:1");
    EXPECT_EQ(with(" a.org , .example.com", "http://api.example.com/"), "");
    EXPECT_EQ(with("example.com:8080", "http://example.com:8080/"), "");
    EXPECT_EQ(with("example.com:8080", "http://example.com/"), "p:1");
    EXPECT_EQ(with("10.0.0.0/8", "http://10.1.2.3/"), "");
    EXPECT_EQ(with("10.0.0.0/8", "http://11.1.2.3/"), "p:1");
    EXPECT_EQ(with("fd00::/8", "http://[fd12::1]/"), "");
    EXPECT_EQ(with("[fd12::1]:80", "http://[fd12::1]/"), "");
    EXPECT_EQ(with("*", "http://example.com/"), "");
    EXPECT_EQ(with("", "http://example.com/"), "p:1");
}

TEST(ClientProxy, IsNeverUsedForLoopback) {
    for (const auto* url : {"http://localhost/", "http://127.0.0.1:99/", "http://[::1]/"})
        EXPECT_EQ(proxy({{"HTTP_PROXY", "http://p:1"}}, url), "") << url;
}

TEST(ClientProxy, RefusesProxiesThatItCannotSpeakTo) {
    EXPECT_EQ(proxy({{"HTTPS_PROXY", "socks5://p:1"}}, "https://example.com/"), "error");
    const auto found =
        proxy_for(Environment({{"HTTPS_PROXY", "socks5://user:hunter2@p:1"}}), *parse_target("https://x.org/"));
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message.find("HTTPS_PROXY"), std::string::npos);
    EXPECT_EQ(found.error().message.find("hunter2"), std::string::npos);
}

TEST(ClientProxy, SendsItsCredentialsAsBasicAuthorization) {
    const auto found =
        proxy_for(Environment({{"HTTP_PROXY", "http://user:p%40ss@p:1"}}), *parse_target("http://x.org/"));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->authorization, "Basic dXNlcjpwQHNz");
}

}  // namespace
}  // namespace slipway::net
