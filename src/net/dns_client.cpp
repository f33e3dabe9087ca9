#include "net/dns_client.h"

#include <charconv>
#include <fstream>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/crypto.h"
#include "base/text.h"
#include "net/dns_message.h"

namespace slipway::net {
namespace {

constexpr std::size_t kUdpBytesMax = 4096;
constexpr int kStrangersMax = 64;  // datagrams that are no answer, before the question is given up
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr int kNoError = 0, kNoSuchName = 3;

std::uint16_t random_id() {
    const auto bytes = random_bytes(2);
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]));
}

std::unexpected<Error> unreachable(const DnsServer& server, std::string_view why) {
    return fail(ErrorCode::unavailable, "The DNS resolver {} port {} does not answer: {}.", server.address.to_string(),
                server.port, why);
}

Task<TxtAnswer> ask_over_udp(DnsServer server, std::string name) {
    const auto id = random_id();
    SLIPWAY_CO_TRY(const auto question, txt_question(id, name));
    const asio::ip::udp::endpoint resolver(server.address, server.port);
    asio::ip::udp::socket socket(co_await asio::this_coro::executor);
    boost::system::error_code error;
    socket.open(resolver.protocol(), error);
    // Connected: the kernel gives nothing that comes from elsewhere. A port of the kernel's choice is random on Linux.
    if (!error) socket.connect(resolver, error);
    if (error) co_return unreachable(server, error.message());
    const auto [unsent, sent] = co_await socket.async_send(asio::buffer(question), kAsTuple);
    if (unsent) co_return unreachable(server, unsent.message());
    std::string answer(kUdpBytesMax, '\0');
    for (int stranger = 0; stranger < kStrangersMax; ++stranger) {
        const auto [lost, size] = co_await socket.async_receive(asio::buffer(answer), kAsTuple);
        if (lost) co_return unreachable(server, lost.message());
        auto read = read_txt_answer(std::string_view(answer).substr(0, size), id, name);
        if (read) co_return *std::move(read);
    }
    co_return unreachable(server, "what it sends answers nothing");
}

Task<TxtAnswer> ask_over_tcp(DnsServer server, std::string name) {
    const auto id = random_id();
    SLIPWAY_CO_TRY(const auto question, txt_question(id, name));
    asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
    const asio::ip::tcp::endpoint resolver(server.address, server.port);
    const auto [refused] = co_await socket.async_connect(resolver, kAsTuple);
    if (refused) co_return unreachable(server, refused.message());
    std::string framed{static_cast<char>(question.size() >> 8), static_cast<char>(question.size() & 0xFF)};
    framed += question;
    const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(framed), kAsTuple);
    if (unsent) co_return unreachable(server, unsent.message());
    std::string head(2, '\0');
    const auto [no_head, head_size] = co_await asio::async_read(socket, asio::buffer(head), kAsTuple);
    if (no_head) co_return unreachable(server, no_head.message());
    const auto size =
        static_cast<std::size_t>(static_cast<unsigned char>(head[0]) << 8 | static_cast<unsigned char>(head[1]));
    std::string answer(size, '\0');
    const auto [cut, answer_size] = co_await asio::async_read(socket, asio::buffer(answer), kAsTuple);
    if (cut) co_return unreachable(server, cut.message());
    co_return read_txt_answer(answer, id, name);
}

Task<TxtAnswer> ask(DnsServer server, std::string name) {
    auto over_udp = ask_over_udp(server, name);
    std::string what = "The DNS resolver's answer";
    SLIPWAY_CO_TRY(auto answer, co_await with_timeout(std::move(over_udp), DnsClient::kAnswerTime, what));
    if (!answer.truncated) co_return answer;
    auto over_tcp = ask_over_tcp(server, std::move(name));
    co_return co_await with_timeout(std::move(over_tcp), DnsClient::kAnswerTime, std::move(what));
}

}  // namespace

Result<DnsServer> parse_dns_server(std::string_view text) {
    const auto refused = fail(ErrorCode::invalid,
                              "A DNS resolver is an address with or without a port, such as 127.0.0.1:5353 or "
                              "[::1]:5353.");
    DnsServer server;
    std::string_view address = text, port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return refused;
        address = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!port.empty() && !port.starts_with(':')) return refused;
        if (!port.empty()) port.remove_prefix(1);
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
        address = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    boost::system::error_code error;
    server.address = asio::ip::make_address(address, error);
    if (error) return refused;
    if (!port.empty()) {
        const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), server.port);
        if (wrong != std::errc() || end != port.data() + port.size() || server.port == 0) return refused;
    }
    return server;
}

std::vector<DnsServer> system_dns_servers() {
    std::vector<DnsServer> servers;
    std::ifstream file("/etc/resolv.conf");
    std::string line;
    constexpr std::string_view kKey = "nameserver";
    while (servers.size() < DnsClient::kServersMax && std::getline(file, line)) {
        const auto text = trim(line);
        if (!text.starts_with(kKey)) continue;
        auto server = parse_dns_server(trim(text.substr(kKey.size())));
        if (server) servers.push_back(*std::move(server));
    }
    return servers;
}

Task<std::vector<std::string>> DnsClient::texts(std::string name) const {
    SLIPWAY_CO_CHECK(txt_question(0, name));
    Error last{ErrorCode::unavailable, "There is no DNS resolver: set accounts.domains.resolver.", {}};
    for (int attempt = 0; attempt < kAttempts && !servers_.empty(); ++attempt) {
        const auto& server = servers_[static_cast<std::size_t>(attempt) % servers_.size()];
        auto answer = co_await ask(server, name);
        if (answer && (answer->code == kNoError || answer->code == kNoSuchName)) co_return std::move(answer->texts);
        last = answer ? unreachable(server, fmt::format("it refuses with code {}", answer->code)).error()
                      : std::move(answer).error();
        last.code = ErrorCode::unavailable;
    }
    co_return std::unexpected(std::move(last));
}

}  // namespace slipway::net
