#include "net/client_exchange.h"

#include <algorithm>
#include <array>

#include <boost/asio/error.hpp>

#include "base/text.h"
#include "net/field.h"

namespace slipway::net {
namespace {

constexpr std::size_t kHeaderBytesMax = 64 << 10;
// Of the room that a thread's connections share: thousands wait for slow models, and none of them holds any meanwhile.
constexpr std::size_t kReadBytes = 16 << 10, kReadsAtOnce = 16;
// A body up to this size goes into one write with its head.
constexpr std::size_t kJoinedBodyBytesMax = 64 << 10;

bool framed_here(std::string_view name) {
    return equal_ignoring_case(name, "content-length") || equal_ignoring_case(name, "transfer-encoding");
}

bool closes(const ClientRequest& request) { return equal_ignoring_case(request.headers.get("connection"), "close"); }

}  // namespace

Result<std::string> serialize_head(const ClientRequest& request, const ClientRoute& route) {
    const auto& target = route.target;
    const auto origin = route.absolute_form() ? "http://" + target.authority : "";
    std::string head = fmt::format("{} {}{} HTTP/1.1\r\n", to_string(request.method), origin, target.path);
    const auto add_default = [&](std::string_view name, std::string_view value) {
        if (!request.headers.has(name)) head += fmt::format("{}: {}\r\n", name, value);
    };
    add_default("Host", target.authority);
    add_default("User-Agent", "slipway");
    add_default("Accept", "*/*");
    add_default("Accept-Encoding", "identity");  // read_some() hands out bytes as they came
    if (route.absolute_form() && !route.proxy->authorization.empty())
        add_default("Proxy-Authorization", route.proxy->authorization);
    for (const auto& [name, value] : request.headers) {
        if (!is_field_name(name) || !is_field_value(value))
            return fail(ErrorCode::invalid, "The request header {} holds characters that HTTP does not allow.",
                        to_valid_utf8(name));
        if (!framed_here(name)) head += fmt::format("{}: {}\r\n", name, value);
    }
    const bool has_body = !request.body.empty() || request.method == Method::post || request.method == Method::put ||
                          request.method == Method::patch;
    if (has_body) head += fmt::format("Content-Length: {}\r\n", request.body.size());
    return head + "\r\n";
}

ClientExchange::ClientExchange(std::unique_ptr<ClientConnection> connection, const ClientRequest& request,
                               const ClientRoute& route, SteadyTime total_end, IdleHome home,
                               asio::any_io_executor executor)
    : connection_(std::move(connection)),
      deadline_(executor),
      executor_(std::move(executor)),
      parser_(request.method == Method::head, kHeaderBytesMax, request.response_bytes_max),
      timeouts_(request.timeouts),
      total_end_(total_end),
      home_(std::move(home)),
      host_(route.unix_socket ? route.unix_socket->string() : route.target.host),
      reusable_(!closes(request)) {}

void ClientExchange::arm(Milliseconds limit) {
    deadline_.arm(connection_->socket(), std::min(total_end_, std::chrono::steady_clock::now() + limit));
}

std::unexpected<Error> ClientExchange::failed(ErrorCode code, std::string_view phase, std::string_view what) {
    error_ = Error{code, fmt::format("{} {}.", host_, what)}
                 .with("phase", json::string_view(phase))
                 .with("host", json::string_view(host_));
    deadline_.disarm();
    connection_.reset();
    return std::unexpected(*error_);
}

std::unexpected<Error> ClientExchange::broken(boost::system::error_code error, Milliseconds limit,
                                              std::string_view phase) {
    if (deadline_.fired() && std::chrono::steady_clock::now() >= total_end_)
        return failed(ErrorCode::unavailable, "total",
                      fmt::format("did not finish its answer within {} ms in all", timeouts_.total.count()));
    if (deadline_.fired()) {
        const auto what = phase == "send"         ? "did not take the request for"
                          : phase == "first_byte" ? "did not begin its answer within"
                                                  : "went silent in the middle of its answer for";
        return failed(ErrorCode::unavailable, phase, fmt::format("{} {} ms", what, limit.count()));
    }
    if (error == asio::error::operation_aborted)
        return failed(ErrorCode::unavailable, phase, "was not waited for: the request was cancelled");
    if (phase == "send")
        return failed(ErrorCode::upstream, phase,
                      fmt::format("closed the connection while the request was sent ({})", error.message()));
    if (phase == "first_byte") return failed(ErrorCode::upstream, phase, "closed the connection before it answered");
    return failed(ErrorCode::upstream, phase, "closed the connection in the middle of its answer");
}

Task<void> ClientExchange::send(std::string_view bytes) {
    while (!bytes.empty()) {
        arm(timeouts_.between_bytes);
        const auto [error, count] = co_await connection_->write_some(bytes);
        if (deadline_.fired() || error == asio::error::operation_aborted)
            co_return broken(error, timeouts_.between_bytes, "send");
        // A server may answer (413, 401) and close without reading everything: look for its answer.
        if (error) co_return Result<void>();
        sent_ += count;
        bytes.remove_prefix(count);
    }
    co_return Result<void>();
}

Task<void> ClientExchange::begin(std::string head, std::string body) {
    const std::size_t total = head.size() + body.size();
    if (body.size() <= kJoinedBodyBytesMax) head += std::exchange(body, {});
    SLIPWAY_CO_CHECK(co_await send(head));
    if (sent_ == head.size()) {
        SLIPWAY_CO_CHECK(co_await send(body));
    }
    if (sent_ != total) reusable_ = false;
    while (!parser_.has_head()) {
        SLIPWAY_CO_CHECK(co_await receive(timeouts_.first_byte, "first_byte"));
    }
    status = parser_.status();
    headers = std::move(parser_.headers());
    if (parser_.done()) finish();
    co_return Result<void>();
}

Task<void> ClientExchange::receive(Milliseconds limit, std::string_view phase) {
    if (connection_->is_tls()) co_return co_await receive_encrypted(limit, phase);
    arm(limit);
    const auto [error] = co_await connection_->wait_for_input();
    co_return read_arrived(error, limit, phase);
}

// The cipher wants room while it waits; TLS holds tens of KB anyway.
Task<void> ClientExchange::receive_encrypted(Milliseconds limit, std::string_view phase) {
    arm(limit);
    std::string room(kReadBytes, '\0');
    const auto [error, count] = co_await connection_->read_some(room);
    co_return arrived(error, std::string_view(room).substr(0, count), limit, phase);
}

Result<void> ClientExchange::read_arrived(boost::system::error_code error, Milliseconds limit, std::string_view phase) {
    static thread_local std::array<char, kReadBytes> room;
    std::size_t count = room.size();
    for (std::size_t reads = 0; reads < kReadsAtOnce && count == room.size(); ++reads) {
        if (!error) std::tie(error, count) = connection_->read_now(room);
        if (error == asio::error::would_block) break;
        if (error && reads > 0) break;  // what came before it is told first; the next read tells it again
        SLIPWAY_CHECK(arrived(error, {room.data(), count}, limit, phase));
        if (error || error_ || parser_.done()) break;
    }
    return {};
}

Result<void> ClientExchange::arrived(boost::system::error_code error, std::string_view bytes, Milliseconds limit,
                                     std::string_view phase) {
    if (deadline_.fired()) return broken(error, limit, phase);
    deadline_.disarm();
    if (error == asio::error::eof) {
        auto ended = parser_.feed_end();
        if (!ended) return failed(ended.error().code, phase, ended.error().message);
        reusable_ = false;
        return {};
    }
    if (error) return broken(error, limit, phase);
    received_any_ = true;
    take(bytes, phase);
    if (error_ && !parser_.has_head()) return std::unexpected(*error_);
    // What came before a fault is the reader's first; then read_some() tells of the fault.
    return {};
}

void ClientExchange::take(std::string_view bytes, std::string_view phase) {
    const bool joined = !unread_.empty();
    if (joined) bytes = unread_.append(bytes);
    const auto used = parser_.feed(bytes);
    if (!used) {
        static_cast<void>(failed(used.error().code, parser_.has_head() ? "body" : phase, used.error().message));
    } else if (joined) {
        unread_.erase(0, *used);
        if (unread_.empty()) unread_ = std::string();
    } else {
        unread_ = bytes.substr(*used);
    }
}

void ClientExchange::finish() {
    deadline_.disarm();
    auto connection = std::move(connection_);
    if (connection && reusable_ && unread_.empty() && parser_.keep_alive())
        IdleConnections::of(executor_).put(home_.owner, std::move(connection), home_.limits);
}

Result<std::optional<std::string>> ClientExchange::news() {
    if (auto piece = parser_.take_body(); !piece.empty()) return std::optional(std::move(piece));
    if (error_) return std::unexpected(*error_);
    if (parser_.done()) return std::optional<std::string>();
    return failed(ErrorCode::upstream, "body", "is no longer connected");
}

// Thousands are in here, so most do not wait in one more coroutine.
Task<std::optional<std::string>> ClientExchange::read_some() {
    constexpr std::string_view kPhase = "body";
    while (!has_news()) {
        if (connection_->is_tls()) {
            static_cast<void>(co_await receive_encrypted(timeouts_.between_bytes, kPhase));
        } else {
            arm(timeouts_.between_bytes);
            const auto [error] = co_await connection_->wait_for_input();
            static_cast<void>(read_arrived(error, timeouts_.between_bytes, kPhase));
        }
        if (parser_.done()) finish();  // a failure is in the news
    }
    co_return news();
}

}  // namespace slipway::net
