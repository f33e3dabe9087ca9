#include "store/redis/subscription.h"

#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include "store/redis/core.h"
#include "store/redis/failure.h"

namespace slipway::store::redis {

struct Subscription::State : std::enable_shared_from_this<Subscription::State> {
    State(const asio::any_io_executor& executor, std::shared_ptr<Core> given)
        : core(std::move(given)), place(core->options.place()), quiet(executor) {}

    std::shared_ptr<Core> core;
    std::string place;
    std::unique_ptr<net::ClientConnection> connection;
    ReplyParser parser;
    asio::steady_timer quiet;  // asks a silent server; ends what does not answer
    bool asked = false, reading = false, writing = false, closed = false;
    std::string unsent;

    struct Reading {
        explicit Reading(State& given) : state(given) { state.reading = true; }
        ~Reading() { state.reading = false; }
        Reading(const Reading&) = delete;
        Reading& operator=(const Reading&) = delete;
        State& state;
    };
    Task<void> send(std::string bytes);
    Task<Reply> read();
    // Sends it after what was given before, without waiting.
    void write(std::string_view bytes);
    asio::awaitable<void> write_all();
    void watch();
    void close();
};

namespace {

std::string command_of(std::string_view name, const std::vector<std::string>& channels) {
    Command command(name);
    for (const auto& channel : channels) command.add(channel);
    return command.encoded();
}

}  // namespace

void Subscription::State::close() {
    if (std::exchange(closed, true)) return;
    quiet.cancel();
    boost::system::error_code ignored;
    if (connection) connection->socket().close(ignored);
}

Task<void> Subscription::State::send(std::string bytes) {
    for (std::string_view rest = bytes; !rest.empty();) {
        const auto [error, count] = co_await connection->write_some(rest);
        if (error) co_return std::unexpected(broken(place, "the subscription was cut"));
        rest.remove_prefix(count);
    }
    co_return Result<void>();
}

Task<Reply> Subscription::State::read() {
    std::array<char, 4096> room;
    while (true) {
        SLIPWAY_CO_TRY(auto reply, parser.next());
        if (reply) co_return *std::move(reply);
        asked = false;
        const Reading under_way(*this);
        const auto [error, count] = co_await connection->read_some(room);
        if (closed || error) {
            close();
            co_return std::unexpected(broken(place, "the subscription was cut; what was published meanwhile is lost"));
        }
        parser.feed({room.data(), count});
    }
}

void Subscription::State::watch() {
    quiet.expires_after(core->options.ping_every);
    quiet.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        const auto state = error ? nullptr : weak.lock();
        if (!state || state->closed) return;
        // While nobody reads, answers would go unheard.
        if (state->reading) {
            if (std::exchange(state->asked, true)) return state->close();
            state->write(Command("PING").encoded());
        }
        state->watch();
    });
}

void Subscription::State::write(std::string_view bytes) {
    unsent += bytes;
    if (closed || std::exchange(writing, true)) return;
    asio::co_spawn(quiet.get_executor(), write_all(), [keep = shared_from_this()](const std::exception_ptr&) {});
}

asio::awaitable<void> Subscription::State::write_all() {
    while (!closed && !unsent.empty()) {
        auto bytes = std::exchange(unsent, {});
        const auto sent = co_await send(std::move(bytes));
        if (!sent) close();
    }
    writing = false;
}

Subscription::~Subscription() { state_->close(); }
void Subscription::close() { state_->close(); }

void Subscription::add(const std::vector<std::string>& channels) {
    if (!channels.empty()) state_->write(command_of("SUBSCRIBE", channels));
}
void Subscription::remove(const std::vector<std::string>& channels) {
    if (!channels.empty()) state_->write(command_of("UNSUBSCRIBE", channels));
}

Task<std::unique_ptr<Subscription>> Subscription::open(std::shared_ptr<Core> core, std::vector<std::string> channels) {
    const auto executor = co_await asio::this_coro::executor;
    const auto state = std::make_shared<State>(executor, core);
    std::unique_ptr<Subscription> subscription(new Subscription(state));
    SLIPWAY_CO_TRY(state->connection, co_await open_connection(core, core->options.address));
    net::Deadline deadline(executor);
    deadline.arm(state->connection->socket(), std::chrono::steady_clock::now() + core->options.command_time_max);
    SLIPWAY_CO_CHECK(co_await state->send(command_of("SUBSCRIBE", channels)));
    for (std::size_t confirmed = 0; confirmed < channels.size();) {
        SLIPWAY_CO_TRY(const auto reply, co_await state->read());
        if (reply.is_error()) co_return std::unexpected(error_of(state->place, reply));
        if (!reply.items.empty() && reply.items.front().text == "subscribe") ++confirmed;
    }
    deadline.disarm();
    state->watch();
    co_return subscription;
}

Task<Published> Subscription::next() {
    const auto state = state_;
    while (true) {
        SLIPWAY_CO_TRY(auto reply, co_await state->read());
        // RESP2: a list; RESP3: a push. Answers to PING and to UNSUBSCRIBE are passed over.
        if (reply.is_error()) {
            state->close();
            co_return std::unexpected(error_of(state->place, reply));
        }
        if (reply.items.size() != 3) continue;
        Published published;
        published.begun = reply.items[0].text == "subscribe";
        if (!published.begun && reply.items[0].text != "message") continue;
        published.channel = std::move(reply.items[1].text);
        published.payload = std::move(reply.items[2].text);
        co_return published;
    }
}

}  // namespace slipway::store::redis
