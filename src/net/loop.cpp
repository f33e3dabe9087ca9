#include "net/loop.h"

#include <algorithm>
#include <cstring>
#include <ctime>

#include <boost/asio/post.hpp>

#include "base/crypto.h"
#include "base/log.h"
#include "net/connection.h"
#include "net/file_body.h"

namespace slipway::net {
namespace {

constexpr Milliseconds kCheckMin{10}, kCheckMax{500};

// A quarter of the shortest limit, so that a limit of seconds is not passed by much and one of a test is not passed by
// far.
Milliseconds check_interval(const ServerLimits& limits) {
    const auto shortest = std::min(
        {limits.header_time_max, limits.body_time_max, limits.idle_time_max, limits.write_time_max, limits.heartbeat});
    return std::clamp(Milliseconds(shortest / 4), kCheckMin, kCheckMax);
}

std::uint64_t mix(std::uint64_t value) {  // splitmix64
    value += 0x9E3779B97F4A7C15U;
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31U);
}

}  // namespace

Loop::Loop(Service& service)
    : service_(service),
      work_(asio::make_work_guard(context_)),
      timer_(context_),
      check_every_(check_interval(service.options.limits)) {
    std::memcpy(&request_ids_, random_bytes(sizeof request_ids_).data(), sizeof request_ids_);
}

Loop::~Loop() {
    stop(true);
    join();
}

void Loop::start() {
    thread_ = std::thread([this] {
        while (true) {
            try {
                context_.run();
                return;
            } catch (const std::exception& bug) {
                log::error("event loop", {{"exception", bug.what()}});
            }
        }
    });
}

void Loop::stop(bool now) {
    work_.reset();
    if (now) context_.stop();
}

void Loop::join() {
    if (thread_.joinable()) thread_.join();
}

void Loop::open(Channel::Socket socket, bool private_socket, bool refused) {
    auto connection = std::make_shared<Connection>(*this, std::move(socket), private_socket);
    connection->start(refused);
}

void Loop::add(Connection& connection) {
    connection.place = connections_.size();
    connections_.push_back(&connection);
    if (!watching_) watch();
}

void Loop::remove(Connection& connection) {
    auto* last = connections_.back();
    connections_[connection.place] = last;
    last->place = connection.place;
    connections_.pop_back();
}

void Loop::watch() {
    watching_ = !connections_.empty();
    if (!watching_) return;
    timer_.expires_after(check_every_);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        check_limits();
        watch();
    });
}

// What a connection does here ends nothing inside the call, so the list stays as it is.
void Loop::check_limits() {
    const auto now = Clock::now();
    for (auto* connection : connections_) connection->check_limits(now);
}

void Loop::drain() {
    for (auto* connection : connections_) connection->drain();
}

void Loop::cut() {
    for (auto* connection : connections_) connection->cut();
}

void Loop::set_router(std::shared_ptr<const Router> router) {
    router_ = std::make_shared<const std::shared_ptr<const Router>>(std::move(router));
}

std::string_view Loop::common_headers() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != common_headers_at_) {
        common_headers_at_ = now.tv_sec;
        common_headers_ = fmt::format("Date: {}\r\nServer: {}\r\nX-Content-Type-Options: nosniff\r\n",
                                      http_date(now.tv_sec), service_.options.server_name);
    }
    return common_headers_;
}

// Unique, and cheaper than a UUID; nothing rests on its being hard to guess.
std::string Loop::new_request_id() { return fmt::format("{:016x}", mix(request_ids_++)); }

}  // namespace slipway::net
