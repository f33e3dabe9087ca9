#include "lambda/http_line.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace slipway::lambda {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::size_t kHeaderBytesMax = 64 << 10;
constexpr std::uint64_t kBodyBytesMax = 1ULL << 40;  // each reader has its own limit

}  // namespace

HttpLine::HttpLine(const asio::any_io_executor& executor, std::string peer)
    : socket_(executor), peer_(std::move(peer)) {}

Task<void> HttpLine::connect(std::vector<asio::ip::tcp::endpoint> endpoints) {
    boost::system::error_code error = asio::error::host_not_found;
    for (const auto& endpoint : endpoints) {
        close();
        const auto [failed] = co_await socket_.async_connect(endpoint, asio::as_tuple(asio::deferred));
        error = failed;
        if (error) continue;
        socket_.set_option(asio::ip::tcp::no_delay(true), error);
        co_return Result<void>();
    }
    close();
    co_return fail(ErrorCode::unavailable, "{} cannot be reached: {}.", peer_, error.message());
}

Result<void> HttpLine::adopt(int descriptor) {
    close();
    boost::system::error_code error;
    socket_.assign(asio::generic::stream_protocol(AF_UNIX, 0), descriptor, error);
    if (!error) return {};
    ::close(descriptor);
    return fail(ErrorCode::unavailable, "{} cannot be reached: {}.", peer_, error.message());
}

void HttpLine::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    input_.clear();
    parser_.reset();
}

Task<void> HttpLine::send(std::string bytes) {
    const auto data = asio::buffer(bytes);
    const auto [error, count] = co_await asio::async_write(socket_, data, asio::as_tuple(asio::deferred));
    if (!error) co_return Result<void>();
    co_return fail(ErrorCode::upstream, "{} closed the connection while it was sent something: {}.", peer_,
                   error.message());
}

Task<bool> HttpLine::fill() {
    const auto before = input_.size();
    input_.resize(before + kReadBytes);
    const auto room = asio::buffer(input_.data() + before, kReadBytes);
    const auto [error, count] = co_await socket_.async_read_some(room, asio::as_tuple(asio::deferred));
    input_.resize(before + count);
    if (!error) co_return true;
    if (error == asio::error::eof || error == asio::error::connection_reset) co_return false;
    co_return fail(ErrorCode::upstream, "{} cannot be heard any more: {}.", peer_, error.message());
}

Task<void> HttpLine::read_head(bool without_body) {
    parser_.emplace(without_body, kHeaderBytesMax, kBodyBytesMax);
    while (true) {
        if (!input_.empty()) {
            auto used = parser_->feed(input_);
            if (!used) co_return fail(ErrorCode::upstream, "{} {}", peer_, used.error().message);
            input_.erase(0, *used);
        }
        if (parser_->has_head()) co_return Result<void>();
        SLIPWAY_CO_TRY(const bool more, co_await fill());
        if (!more) co_return fail(ErrorCode::upstream, "{} closed the connection before it answered.", peer_);
    }
}

Task<std::string> HttpLine::read_some() {
    while (!parser_->has_body() && !parser_->done()) {
        SLIPWAY_CO_TRY(const bool more, co_await fill());
        auto used = more ? parser_->feed(input_) : Result<std::size_t>(0);
        auto ended = more ? Result<void>() : parser_->feed_end();
        if (!used) co_return fail(ErrorCode::upstream, "{} {}", peer_, used.error().message);
        if (!ended) co_return fail(ErrorCode::upstream, "{} {}", peer_, ended.error().message);
        input_.erase(0, *used);
    }
    if (parser_->has_body()) co_return parser_->take_body();
    if (!parser_->keep_alive()) {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }
    co_return std::string();
}

Task<std::string> HttpLine::read_all(std::size_t bytes_max) {
    std::string all;
    while (true) {
        SLIPWAY_CO_TRY(const auto part, co_await read_some());
        if (part.empty()) co_return all;
        if (all.size() + part.size() > bytes_max)
            co_return fail(ErrorCode::invalid, "{} sent more than {} bytes.", peer_, bytes_max);
        all += part;
    }
}

}  // namespace slipway::lambda
