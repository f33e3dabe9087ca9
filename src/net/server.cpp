#include "net/server.h"

#include <condition_variable>
#include <latch>
#include <mutex>

#include <boost/asio/post.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/descriptors.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/server_tls.h"

namespace slipway::net {
namespace {

constexpr Milliseconds kStopGrace{10'000};  // for handlers to notice that they are cancelled
constexpr Milliseconds kPoll{10};

void fit_to_descriptors(std::size_t& connections_max) {
    const auto room = make_room_for_connections(connections_max);
    if (room < connections_max)
        log::warning("fewer connections than connections_max", {{"connections", static_cast<std::uint64_t>(room)},
                                                                {"reason", "the limit of open files (ulimit -n)"}});
    connections_max = room;
}

}  // namespace

struct Server::State {
    Service service;
    std::shared_ptr<const Router> router;
    std::vector<std::unique_ptr<Loop>> loops;
    std::unique_ptr<Listener> listener, private_listener;
    std::uint16_t port = 0;
    std::atomic<bool> stopping{false};
    std::mutex running_mutex;  // held while the loops are asked something or ended
    bool running = false;
    std::size_t next_loop = 0;  // of connect()

    // Runs `work` on every loop and waits until all have.
    template <typename Work>
    void on_each_loop(Work work) {
        std::latch done(static_cast<std::ptrdiff_t>(loops.size()));
        for (auto& loop : loops) {
            asio::post(loop->context(), [&work, &done, &loop = *loop] {
                work(loop);
                done.count_down();
            });
        }
        done.wait();
    }

    void close_listeners() {
        service.draining = true;
        on_each_loop([this](Loop& loop) {
            if (&loop != loops.front().get()) return;
            if (listener) listener->close();
            if (private_listener) private_listener->close();
        });
    }

    // Stops accepting, then does `work` on every loop. False when the server does not run (any more).
    template <typename Work>
    bool close_doors(Work work) {
        const std::lock_guard once(running_mutex);
        if (!running) return false;
        close_listeners();
        on_each_loop(work);
        return true;
    }

    // Until no connection is left; false when `limit` passed, or stop() was called, before.
    bool wait_until_empty(Milliseconds limit, bool heed_stop) {
        const auto end = Clock::now() + limit;
        while (service.connections > 0) {
            if (Clock::now() > end || (heed_stop && stopping)) return false;
            std::this_thread::sleep_for(kPoll);
        }
        return true;
    }

    Result<void> listen();
};

Result<void> Server::State::listen() {
    const auto& options = service.options;
    if (!options.listens) return {};
    listener = std::make_unique<Listener>(loops);
    SLIPWAY_CHECK(listener->listen_tcp(options.host, options.port));
    port = listener->port();
    if (!options.private_socket) return {};
    private_listener = std::make_unique<Listener>(loops);
    return private_listener->listen_unix(*options.private_socket);
}

Server::Server(ServerOptions options, std::shared_ptr<const Router> router, ErrorRenderer render_error)
    : state_(std::make_unique<State>()) {
    state_->service.options = std::move(options);
    state_->service.render_error = std::move(render_error);
    state_->router = std::move(router);
}

Server::~Server() { stop(); }

Result<void> Server::start() {
    auto& service = state_->service;
    if (service.options.tls) {
        SLIPWAY_TRY(service.tls, make_server_tls(*service.options.tls));
    }
    fit_to_descriptors(service.options.limits.connections_max);
    const auto count = service.options.loops != 0 ? service.options.loops
                                                  : std::max<std::size_t>(1, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < count; ++i) {
        state_->loops.push_back(std::make_unique<Loop>(service));
        state_->loops.back()->set_router(state_->router);
    }
    if (auto listening = state_->listen(); !listening) {
        state_->listener.reset();
        state_->private_listener.reset();
        state_->loops.clear();
        return listening;
    }
    for (auto& loop : state_->loops) loop->start();
    if (state_->listener) state_->listener->start();
    if (state_->private_listener) state_->private_listener->start();
    state_->running = true;
    return {};
}

std::uint16_t Server::port() const { return state_->port; }

Result<int> Server::connect() {
    auto& state = *state_;
    const std::lock_guard once(state.running_mutex);
    if (!state.running || state.service.draining) return fail(ErrorCode::unavailable, "The server does not run.");
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return fail(ErrorCode::unavailable, "No connection can be made inside this process: {}.",
                    std::error_code(errno, std::system_category()).message());
    auto& loop = *state.loops[state.next_loop++ % state.loops.size()];
    Channel::Socket socket(loop.context());
    boost::system::error_code error;
    socket.assign(asio::generic::stream_protocol(AF_UNIX, 0), ends[0], error);
    if (error) {
        for (const int end : ends) ::close(end);
        return fail(ErrorCode::unavailable, "No connection can be made inside this process: {}.", error.message());
    }
    state.service.connections.fetch_add(1);
    asio::post(loop.context(),
               [&loop, socket = std::move(socket)]() mutable { loop.open(std::move(socket), false, false); });
    return ends[1];
}

void Server::set_router(std::shared_ptr<const Router> router) {
    state_->router = std::move(router);
    if (!state_->running) return;
    // Not waited for: the caller may itself run on one of the loops.
    for (auto& loop : state_->loops)
        asio::post(loop->context(), [&loop = *loop, router = state_->router] { loop.set_router(router); });
}

asio::any_io_executor Server::executor(std::size_t index) const {
    return state_->loops[index % state_->loops.size()]->context().get_executor();
}

std::size_t Server::connections() const { return state_->service.connections; }

void Server::drain() {
    auto& state = *state_;
    if (!state.close_doors([](Loop& loop) { loop.drain(); })) return;
    if (state.wait_until_empty(state.service.options.limits.drain_time_max, true)) return;
    if (state.close_doors([](Loop& loop) { loop.cut(); })) state.wait_until_empty(kStopGrace, true);
}

void Server::stop() {
    auto& state = *state_;
    state.stopping = true;
    const std::lock_guard once(state.running_mutex);
    if (!std::exchange(state.running, false)) return;
    state.close_listeners();
    state.on_each_loop([](Loop& loop) { loop.cut(); });
    const bool empty = state.wait_until_empty(kStopGrace, false);
    for (auto& loop : state.loops) loop->stop(true);
    for (auto& loop : state.loops) loop->join();
    if (empty) return;
    // Their handlers still use the loops from threads of their own; the process is about to end anyway.
    log::error("handlers did not stop", {{"connections", static_cast<std::uint64_t>(state.service.connections)}});
    new std::unique_ptr<State>(std::move(state_));
}

}  // namespace slipway::net
