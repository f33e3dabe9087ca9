#include "engines/proxy.h"

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace slipway::test {
namespace {

constexpr int kPollMs = 5;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void reset(int socket) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(socket);
}

bool send_all(int to, const char* bytes, std::size_t count) {
    while (count > 0) {
        const auto sent = ::send(to, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        count -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace

Proxy::Proxy(std::uint16_t engine_port) : engine_port_(engine_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 128) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("the proxy cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
}

Proxy::~Proxy() {
    stop_ = true;
    acceptor_.join();
    for (auto& pump : pumps_) pump.join();
    ::close(listener_);
}

void Proxy::cut() { ++generation_; }

void Proxy::accept() {
    while (!stop_) {
        pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, kPollMs) <= 0) continue;
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        if (refuse_) {
            reset(client);
            continue;
        }
        ++accepted_;
        ++open_;
        const std::lock_guard hold(mutex_);
        pumps_.emplace_back([this, client] { pump(client); });
    }
}

bool Proxy::pass(int from, int to, bool from_engine) {
    std::array<char, 16384> room;
    const auto count = ::recv(from, room.data(), room.size(), 0);
    if (count <= 0) return false;
    auto passed = static_cast<std::size_t>(count);
    if (from_engine) {
        if (const int delay = delay_ms_; delay > 0) std::this_thread::sleep_for(std::chrono::milliseconds(delay));
        if (const auto left = cut_after_.load(); left >= 0) {
            if (static_cast<std::int64_t>(passed) >= left) {
                cut_after_ = -1;
                send_all(to, room.data(), static_cast<std::size_t>(left));
                return false;
            }
            cut_after_ = left - static_cast<std::int64_t>(passed);
        }
    }
    return send_all(to, room.data(), passed);
}

void Proxy::pump(int client) {
    const int generation = generation_;
    const int engine = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(engine_port_);
    bool going = ::connect(engine, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    while (going && !stop_ && generation == generation_) {
        std::array<pollfd, 2> waiting{pollfd{.fd = client, .events = POLLIN, .revents = 0},
                                      pollfd{.fd = engine, .events = POLLIN, .revents = 0}};
        const bool swallowing = swallow_;
        if (::poll(waiting.data(), swallowing ? 1 : 2, kPollMs) <= 0) continue;
        if (waiting[0].revents != 0) going = pass(client, engine, false);
        if (going && !swallowing && waiting[1].revents != 0) going = pass(engine, client, true);
    }
    reset(client);
    reset(engine);
    --open_;
}

}  // namespace slipway::test
