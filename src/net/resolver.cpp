#include "net/resolver.h"

#include <mutex>

#include <netdb.h>

namespace slipway::net {
namespace {

using Endpoints = std::vector<asio::ip::tcp::endpoint>;

Result<Endpoints> look_up(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0)
        return fail(ErrorCode::unavailable, "There is no address for the host {} ({}).", host, ::gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, &::freeaddrinfo);
    Endpoints endpoints;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        asio::ip::tcp::endpoint endpoint;
        if (entry->ai_addrlen > endpoint.capacity()) continue;
        endpoint.resize(entry->ai_addrlen);
        std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
        endpoint.port(port);
        endpoints.push_back(endpoint);
    }
    return endpoints;
}

// What the waiting coroutine and the thread share. `waker` lives in the coroutine and is touched only on its executor,
// and only while `waiting`; the mutex makes sure that nothing is posted to an event loop that has ended.
struct Lookup {
    std::mutex mutex;
    bool waiting = true;
    std::optional<Result<Endpoints>> result;
    asio::any_io_executor executor;
    asio::steady_timer* waker = nullptr;

    void finish(Result<Endpoints> endpoints, const std::shared_ptr<Lookup>& self) {
        const std::lock_guard lock(mutex);
        if (!waiting) return;
        result = std::move(endpoints);
        asio::post(executor, [self] {
            if (self->waiting) self->waker->cancel();
        });
    }
    void leave() {
        const std::lock_guard lock(mutex);
        waiting = false;
    }
};

struct Leaving {
    Lookup& lookup;
    ~Leaving() { lookup.leave(); }
};

}  // namespace

Task<Endpoints> Resolver::resolve(std::string host, std::uint16_t port, Milliseconds limit) {
    boost::system::error_code error;
    const auto literal = asio::ip::make_address(host, error);
    if (!error) co_return Endpoints{{literal, port}};

    if (lookups_.fetch_add(1) >= kLookupsMax) {
        lookups_.fetch_sub(1);
        co_return fail(ErrorCode::unavailable, "Too many host names are being looked up; try again in a moment.");
    }
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer waker(executor, limit);
    auto lookup = std::make_shared<Lookup>();
    lookup->executor = executor;
    lookup->waker = &waker;
    const Leaving leaving{*lookup};
    asio::post(threads_, [this, lookup, host, port] {
        lookup->finish(look_up(host, port), lookup);
        lookups_.fetch_sub(1);
    });
    co_await waker.async_wait(asio::as_tuple(asio::use_awaitable));
    const std::lock_guard lock(lookup->mutex);
    if (lookup->result) co_return std::move(*lookup->result);
    co_return fail(ErrorCode::unavailable, "Looking up the host {} took longer than {} ms.", host, limit.count());
}

}  // namespace slipway::net
