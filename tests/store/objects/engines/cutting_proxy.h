// A proxy between an adapter and its engine that cuts connections in the middle of an answer, or lets bytes through
// slowly.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace slipway::test {

class CuttingProxy {
 public:
    explicit CuttingProxy(std::uint16_t to) : to_(to), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        auto address = loopback(0);
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::listen(listener_, 64);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
    }
    ~CuttingProxy() {
        acceptor_.request_stop();
        acceptor_.join();
        pumps_.clear();
        ::close(listener_);
    }
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    std::uint16_t port() const { return port_; }
    // The next `times` connections are cut after so many bytes of answers.
    void cut_answers(std::size_t after, int times) {
        cut_after_ = after;
        cuts_ = times;
    }
    int connections() const { return connections_; }

 private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    void accept_all(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
            if (::poll(&waiting, 1, 20) <= 0) continue;
            const int from = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (from < 0) continue;
            ++connections_;
            const bool cut = cuts_ > 0 && cuts_-- > 0;
            const auto allowed = cut ? cut_after_.load() : std::numeric_limits<std::size_t>::max();
            pumps_.emplace_back([this, from, allowed](const std::stop_token& ending) { pump(from, allowed, ending); });
        }
    }
    void pump(int client, std::size_t allowed, const std::stop_token& stop) const {
        const int engine = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto address = loopback(to_);
        bool going = ::connect(engine, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        while (going && allowed > 0 && !stop.stop_requested()) {
            pollfd both[2] = {{.fd = client, .events = POLLIN, .revents = 0},
                              {.fd = engine, .events = POLLIN, .revents = 0}};
            if (::poll(both, 2, 20) <= 0) continue;
            if (both[0].revents != 0) going = pass(client, engine, std::numeric_limits<std::size_t>::max()) > 0;
            if (going && both[1].revents != 0) {
                const auto passed = pass(engine, client, allowed);
                going = passed > 0;
                allowed -= passed;
            }
        }
        ::close(client);
        ::close(engine);
    }
    static std::size_t pass(int from, int to, std::size_t limit) {
        char room[16384];
        const auto count = ::recv(from, room, std::min(sizeof room, limit), 0);
        if (count <= 0) return 0;
        for (ssize_t done = 0; done < count;) {
            const auto sent = ::send(to, room + done, static_cast<std::size_t>(count - done), MSG_NOSIGNAL);
            if (sent <= 0) return 0;
            done += sent;
        }
        return static_cast<std::size_t>(count);
    }

    std::uint16_t to_;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<std::size_t> cut_after_ = 0;
    std::atomic<int> cuts_ = 0, connections_ = 0;
    std::vector<std::jthread> pumps_;
    std::jthread acceptor_;
};

}  // namespace slipway::test
