// A proxy that does harm: it passes bytes between a client and an engine, and cuts, delays or swallows them as a test
// says. On threads of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace slipway::test {

class Proxy {
 public:
    // Listens on a free port of 127.0.0.1 and leads to this one.
    explicit Proxy(std::uint16_t engine_port);
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    std::uint16_t port() const { return port_; }
    // After so many further bytes of the engine both sides are reset, in the middle of an answer. Once.
    void cut_after(std::int64_t bytes) { cut_after_ = bytes; }
    // Resets all connections now.
    void cut();
    // Nothing of the engine comes through, nothing is closed.
    void swallow(bool on) { swallow_ = on; }
    void delay(std::chrono::milliseconds time) { delay_ms_ = static_cast<int>(time.count()); }
    // New connections are closed at once.
    void refuse(bool on) { refuse_ = on; }
    std::size_t connections() const { return open_; }
    std::size_t accepted() const { return accepted_; }

 private:
    void accept();
    void pump(int client);
    bool pass(int from, int to, bool from_engine);

    std::uint16_t engine_port_, port_ = 0;
    int listener_ = -1;
    std::atomic<bool> stop_{false}, swallow_{false}, refuse_{false};
    std::atomic<std::int64_t> cut_after_{-1};
    std::atomic<int> delay_ms_{0}, generation_{0};
    std::atomic<std::size_t> open_{0}, accepted_{0};
    std::mutex mutex_;
    std::vector<std::thread> pumps_;
    std::thread acceptor_;
};

}  // namespace slipway::test
