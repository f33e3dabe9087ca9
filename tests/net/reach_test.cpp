// Requests whose URL others had a say in never reach the network that the
// server stands in.
#include "net/reach.h"

#include <map>
#include <mutex>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include "net/client_peer.h"

namespace {

// What names answer, one answer per look-up, the last one for ever; the rest is
// asked of the system.
std::mutex names_mutex;
std::map<std::string, std::vector<std::string>> names;
int look_ups = 0;

std::optional<std::string> answer_for(const char *name) {
  const std::lock_guard lock(names_mutex);
  const auto found = names.find(name == nullptr ? "" : name);
  if (found == names.end())
    return std::nullopt;
  ++look_ups;
  auto answer = found->second.front();
  if (found->second.size() > 1)
    found->second.erase(found->second.begin());
  return answer;
}

} // namespace

// Stands before the C library's for this program: name servers that somebody
// else's zone is on.
extern "C" int getaddrinfo(const char *name, const char *service,
                           const addrinfo *hints, addrinfo **found) {
  using Function =
      int (*)(const char *, const char *, const addrinfo *, addrinfo **);
  static const auto system =
      reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const auto answer = answer_for(name);
  if (!answer)
    return system(name, service, hints, found);
  addrinfo numeric = *hints;
  numeric.ai_flags |= AI_NUMERICHOST;
  addrinfo **into = found;
  for (std::string_view rest = *answer; !rest.empty();) {
    const std::string one(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (const int error = system(one.c_str(), service, &numeric, into);
        error != 0)
      return error;
    while (*into != nullptr)
      into = &(*into)->ai_next;
  }
  return 0;
}

namespace slipway::net {
namespace {

using namespace testing;

bool is_public(const char *text) {
  return net::is_public(asio::ip::make_address(text));
}

TEST(Reach, KnowsThePublicInternetFromEverythingElse) {
  for (const auto *text :
       {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
        "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
        "2001:4860:4860::8888"})
    EXPECT_TRUE(is_public(text)) << text;
  for (const auto *text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.9.9.9",
                           "169.254.169.254",
                           "169.254.170.2",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:10.0.0.1",
                           "::ffff:8.8.8.8",
                           "::ffff:169.254.169.254",
                           "64:ff9b::a00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:a00:1::1",
                           "3fff::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "4000::1"})
    EXPECT_FALSE(is_public(text)) << text;
}

class ReachTest : public ::testing::Test {
protected:
  ReachTest() {
    const std::lock_guard lock(names_mutex);
    look_ups = 0;
    names = {{"inside.test", {"10.0.0.7"}},
             {"metadata.test", {"169.254.169.254"}},
             {"mapped.test", {"::ffff:127.0.0.1"}},
             {"mixed.test", {"127.0.0.1 10.0.0.7"}},
             {"rebinding.test", {"127.0.0.1", "10.0.0.7"}},
             {"loopback.test", {"127.0.0.1"}}};
  }
  Result<Answer> fetch(Reach reach, std::string url,
                       Environment environment = {}) {
    ClientOptions options;
    options.reach = reach;
    options.environment = std::move(environment);
    Client client(std::move(options));
    auto request = get(std::move(url));
    request.timeouts.connect = Milliseconds(2000);
    return run_to_end(testing::fetch(client, std::move(request)));
  }
  std::string at(std::string_view host) const {
    return fmt::format("http://{}:{}/", host, server_.port());
  }
  void expect_refused(const Result<Answer> &answer, std::string_view what) {
    ASSERT_FALSE(answer) << what;
    EXPECT_EQ(answer.error().code, ErrorCode::forbidden)
        << what << ": " << answer.error().message;
  }

  PeerServer server_{[](Peer &peer) {
    while (!peer.request().empty())
      peer.say(response("reached"));
  }};
};

TEST_F(ReachTest, NoNameAndNoSpellingLeadsInside) {
  for (const auto *host :
       {"inside.test", "metadata.test", "mapped.test", "mixed.test",
        "loopback.test", "localhost", "127.0.0.1", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "10.0.0.7", "0.0.0.0",
        "169.254.169.254", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"}) {
    expect_refused(fetch(Reach::internet,
                         fmt::format("https://{}:{}/", host, server_.port())),
                   host);
    expect_refused(fetch(Reach::internet, at(host)), host);
  }
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(ReachTest, LoopbackIsReachedInDevelopmentAndNothingElseInside) {
  const auto answer = fetch(Reach::internet_or_loopback, at("loopback.test"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "reached");
  for (const auto *host :
       {"inside.test", "metadata.test", "mixed.test", "10.0.0.7"})
    expect_refused(fetch(Reach::internet_or_loopback, at(host)), host);
  // Outside of loopback, https alone.
  expect_refused(fetch(Reach::internet_or_loopback, "http://1.1.1.1/"),
                 "http outside");
}

TEST_F(ReachTest, ANameThatAnswersDifferentlyTheNextTimeGainsNothing) {
  const auto first = fetch(Reach::internet_or_loopback, at("rebinding.test"));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(look_ups, 1) << "what was checked is what was connected to";
  expect_refused(fetch(Reach::internet_or_loopback, at("rebinding.test")),
                 "the second answer");
  EXPECT_EQ(look_ups, 2);
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(ReachTest, NeitherARedirectNorAProxyNorASocketIsAWayAround) {
  PeerServer redirecting([this](Peer &peer) {
    while (!peer.request().empty())
      peer.say(
          response("", fmt::format("Location: {}\r\n", at("127.0.0.1")), 302));
  });
  const auto redirected =
      fetch(Reach::internet_or_loopback,
            fmt::format("http://loopback.test:{}/", redirecting.port()));
  ASSERT_TRUE(redirected) << redirected.error().message;
  EXPECT_EQ(redirected->status, 302);

  Environment environment;
  environment.set("https_proxy", at("127.0.0.1"));
  environment.set("http_proxy", at("127.0.0.1"));
  expect_refused(fetch(Reach::internet, "https://inside.test/", environment),
                 "by a proxy");

  ClientOptions options;
  options.reach = Reach::internet;
  Client client(std::move(options));
  auto request = get("https://example.org/");
  request.unix_socket = "/run/any.sock";
  expect_refused(run_to_end(testing::fetch(client, std::move(request))),
                 "by a socket");
  EXPECT_EQ(server_.connections(), 0);
}

} // namespace
} // namespace slipway::net
