#include "net/client_deadline.h"

#include <boost/asio/steady_timer.hpp>

namespace slipway::net {

struct Deadline::Watch {
    explicit Watch(const asio::any_io_executor& executor) : timer(executor) {}

    asio::steady_timer timer;
    ClientSocket* socket = nullptr;
    // A timer that has expired cannot be recalled once its handler is queued; the handler knows by this that it came
    // too late.
    std::uint64_t generation = 0;
    bool fired = false;
};

Deadline::Deadline(asio::any_io_executor executor) : watch_(std::make_shared<Watch>(executor)) {}

Deadline::~Deadline() { disarm(); }

void Deadline::arm(ClientSocket& socket, SteadyTime when) {
    watch_->socket = &socket;
    const auto generation = ++watch_->generation;
    watch_->timer.expires_at(when);
    watch_->timer.async_wait([watch = watch_, generation](boost::system::error_code error) {
        if (error || watch->generation != generation || watch->socket == nullptr) return;
        watch->fired = true;
        boost::system::error_code ignored;
        watch->socket->close(ignored);
    });
}

void Deadline::disarm() {
    watch_->socket = nullptr;
    ++watch_->generation;
    watch_->timer.cancel();
}

bool Deadline::fired() const { return watch_->fired; }

}  // namespace slipway::net
