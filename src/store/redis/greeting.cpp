// The way to a connection that takes commands (core.h).
#include <array>

#include <boost/asio/this_coro.hpp>

#include "net/client_deadline.h"
#include "store/redis/core.h"
#include "store/redis/failure.h"

namespace slipway::store::redis {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 << 10;  // HELLO tells about the server

struct Greeting {
    std::shared_ptr<Core> core;
    Address address;
    std::unique_ptr<net::ClientConnection> connection;
    ReplyParser parser{{.bytes_max = kAnswerBytesMax, .items_max = 1'024}};

    std::string place() const { return core->place_of(address); }
};

// One command and its answer; an answer that is an error is a value.
Task<Reply> ask(Greeting& greeting, std::string command) {
    for (std::string_view rest = command; !rest.empty();) {
        const auto [error, count] = co_await greeting.connection->write_some(rest);
        if (error) co_return std::unexpected(broken(greeting.place(), "the connection was cut in the greeting"));
        rest.remove_prefix(count);
    }
    std::array<char, 4096> room;
    while (true) {
        SLIPWAY_CO_TRY(auto reply, greeting.parser.next());
        if (reply && reply->kind != Reply::Kind::push) co_return *std::move(reply);
        if (reply) continue;
        const auto [error, count] = co_await greeting.connection->read_some(room);
        if (error) co_return std::unexpected(broken(greeting.place(), "the connection was cut in the greeting"));
        greeting.parser.feed({room.data(), count});
    }
}

// Before Redis 6 there is no HELLO, and some proxies know only RESP2.
bool speaks_only_resp2(const Reply& reply) {
    return reply.error_name() == "NOPROTO" || reply.text.starts_with("ERR unknown command") ||
           reply.text.starts_with("ERR wrong number");
}

Task<void> greet(Greeting& greeting) {
    const auto& options = greeting.core->options;
    const bool gives_password = !options.password.empty();
    Command hello("HELLO");
    hello.add("3");
    if (gives_password) hello.add("AUTH").add(options.user.empty() ? "default" : options.user).add(options.password);
    SLIPWAY_CO_TRY(const auto answer, co_await ask(greeting, hello.encoded()));
    if (speaks_only_resp2(answer)) {
        if (gives_password) {
            Command authenticate("AUTH");
            if (!options.user.empty()) authenticate.add(options.user);
            authenticate.add(options.password);
            SLIPWAY_CO_TRY(const auto taken, co_await ask(greeting, authenticate.encoded()));
            if (taken.is_error()) co_return std::unexpected(refused_greeting(greeting.place(), taken, true));
        }
    } else if (answer.is_error()) {
        co_return std::unexpected(refused_greeting(greeting.place(), answer, gives_password));
    }
    if (options.database == 0) co_return Result<void>();
    Command select("SELECT");
    select.add(options.database);
    SLIPWAY_CO_TRY(const auto selected, co_await ask(greeting, select.encoded()));
    if (selected.is_error()) {
        co_return fail(ErrorCode::unavailable, "{} has no database {} (a cluster has only 0).", greeting.place(),
                       options.database);
    }
    co_return Result<void>();
}

}  // namespace

Task<std::unique_ptr<net::ClientConnection>> open_connection(std::shared_ptr<Core> core, Address address) {
    const auto end = std::chrono::steady_clock::now() + core->options.connect_time_max;
    net::ClientRoute route;
    route.target.secure = core->options.secure;
    route.target.host = address.host;
    route.target.port = address.port;
    net::ConnectOptions connecting;
    connecting.tls = core->tls.get();
    connecting.limit = core->options.connect_time_max;
    auto connected = co_await net::connect(core->resolver, std::move(route), connecting);
    if (!connected) {
        auto error = std::move(connected).error();
        error.message = fmt::format("{}: {}", core->place_of(address), error.message);
        co_return std::unexpected(std::move(error));
    }
    Greeting greeting;
    greeting.core = core;
    greeting.address = address;
    greeting.connection = *std::move(connected);
    net::Deadline deadline(co_await asio::this_coro::executor);
    deadline.arm(greeting.connection->socket(), end);
    auto greeted = co_await greet(greeting);
    deadline.disarm();
    if (deadline.fired()) {
        const auto what =
            fmt::format("it did not answer the greeting within {} ms", core->options.connect_time_max.count());
        co_return std::unexpected(broken(core->place_of(address), what));
    }
    SLIPWAY_CO_CHECK(greeted);
    co_return std::move(greeting.connection);
}

}  // namespace slipway::store::redis
