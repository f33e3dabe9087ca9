#include "store/redis/client.h"

#include <charconv>
#include <iterator>

#include <boost/asio/this_coro.hpp>

#include "base/json.h"
#include "net/client_tls.h"
#include "store/redis/failure.h"
#include "store/redis/loop_lines.h"

namespace slipway::store::redis {
namespace {

constexpr int kRedirectsMax = 8;
constexpr Milliseconds kPauseBeforeAnother{25};  // for what passes by itself: a slot that moves, a failover

SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

struct Redirect {
    bool ask = false;
    std::uint16_t slot = 0;
    Address to;
};

// "MOVED 3999 host:port" and "ASK 3999 host:port"; an empty host is the one that was asked.
std::optional<Redirect> redirect_of(const Reply& reply, const Address& asked) {
    const auto name = reply.error_name();
    if (name != "MOVED" && name != "ASK") return std::nullopt;
    Redirect redirect;
    redirect.ask = name == "ASK";
    redirect.to = asked;
    const auto rest = std::string_view(reply.text).substr(name.size());
    unsigned slot = 0, port = 0;
    const auto space = rest.find(' ', 1), colon = rest.rfind(':');
    if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) return std::nullopt;
    std::from_chars(rest.data() + 1, rest.data() + space, slot);
    std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), port);
    if (slot >= kSlots || port == 0 || port > 65535) return std::nullopt;
    redirect.slot = static_cast<std::uint16_t>(slot);
    redirect.to.port = static_cast<std::uint16_t>(port);
    if (const auto host = rest.substr(space + 1, colon - space - 1); !host.empty()) redirect.to.host = host;
    return redirect;
}

// What may be over in a moment, and did nothing.
bool passes(const Reply& reply) {
    const auto name = reply.error_name();
    return name == "TRYAGAIN" || name == "CLUSTERDOWN" || name == "LOADING" || name == "MASTERDOWN" ||
           name == "READONLY";
}

}  // namespace

struct Client::State : std::enable_shared_from_this<Client::State> {
    explicit State(Options options) : core(std::make_shared<Core>(std::move(options))) {}
    std::shared_ptr<Core> core;

    Address address_for(const Command& command) const {
        if (!command.has_key()) return core->options.address;
        return core->slots.owner(command.slot()).value_or(core->options.address);
    }
    SteadyTime command_end() const { return steady_now() + core->options.command_time_max; }

    Task<std::vector<Reply>> ask(Address address, std::string bytes, std::size_t count, SteadyTime end);
    Task<Reply> run(Command command);
    asio::awaitable<void> learn_slots(Address from, SteadyTime end);
};

// Commands to one node. Sent again once when nothing of it was sent: a connection may end in the moment it is taken.
Task<std::vector<Reply>> Client::State::ask(Address address, std::string bytes, std::size_t count, SteadyTime end) {
    const auto self = shared_from_this();
    auto& lines = LoopLines::of(co_await asio::this_coro::executor);
    for (bool again = true;; again = false) {
        SLIPWAY_CO_TRY(const auto line, co_await lines.take(core, self, address, end));
        auto copy = bytes;
        auto replies = co_await line->ask(std::move(copy), count, end);
        if (replies) co_return replies;
        const auto* const sent = find(replies.error().details, "sent");
        const bool never_left = sent != nullptr && *sent == false;
        if (!again || !never_left || core->back_off.refusal(address)) co_return replies;
    }
}

asio::awaitable<void> Client::State::learn_slots(Address from, SteadyTime end) {
    auto asking = Command("CLUSTER").add("SLOTS").encoded();
    auto replies = co_await ask(from, std::move(asking), 1, end);
    if (replies && replies->front().kind == Reply::Kind::list) core->slots.learn_all(replies->front(), from);
}

Task<Reply> Client::State::run(Command command) {
    const auto end = command_end();
    const auto bytes = command.encoded();
    auto address = address_for(command);
    bool asking = false, repeated = false;
    for (int step = 0;; ++step) {
        auto sent = asking ? Command("ASKING").encoded() + bytes : bytes;
        const std::size_t answers = asking ? 2 : 1;
        auto replies = co_await ask(address, std::move(sent), answers, end);
        if (!replies) {
            core->slots.forget(address);
            if (repeated || !command.is_repeatable() || co_await cancelled() || steady_now() >= end)
                co_return pass(replies);
            repeated = true;
            address = address_for(command);
            continue;
        }
        auto reply = std::move(replies->back());
        if (!reply.is_error() || step >= kRedirectsMax) co_return reply;
        asking = false;
        if (const auto redirect = redirect_of(reply, address)) {
            if (!redirect->ask) {
                core->slots.learn(redirect->slot, redirect->to);
                if (core->slots.refresh_due()) co_await learn_slots(redirect->to, end);
            }
            asking = redirect->ask;
            address = redirect->to;
            continue;
        }
        if (!passes(reply) || steady_now() + kPauseBeforeAnother >= end || step >= 2) co_return reply;
        // After a failover the name leads to another server.
        if (reply.error_name() == "READONLY") {
            auto& lines = LoopLines::of(co_await asio::this_coro::executor);
            lines.leave(shared_from_this(), address, error_of(core->place_of(address), reply));
        }
        co_await sleep_for(kPauseBeforeAnother);
        address = address_for(command);
    }
}

Task<Reply> Client::run(Command command) {
    const auto state = state_;
    SLIPWAY_CO_TRY(auto reply, co_await state->run(std::move(command)));
    if (reply.is_error()) co_return std::unexpected(error_of(place(), reply));
    co_return reply;
}

Task<std::vector<Reply>> Client::run_all(std::vector<Command> commands) {
    const auto state = state_;
    if (commands.empty()) co_return std::vector<Reply>();
    std::string bytes;
    const Command* first = &commands.front();
    bool repeatable = true;
    for (const auto& command : commands) {
        bytes += command.encoded();
        if (!first->has_key()) first = &command;
        repeatable = repeatable && command.is_repeatable();
    }
    const auto end = state->command_end();
    const auto address = state->address_for(*first);
    auto copy = bytes;
    auto replies = co_await state->ask(address, std::move(copy), commands.size(), end);
    if (!replies) state->core->slots.forget(address);
    if (!replies && repeatable && !co_await cancelled())
        replies = co_await state->ask(state->address_for(*first), std::move(bytes), commands.size(), end);
    if (!replies) co_return pass(replies);
    for (std::size_t i = 0; i < commands.size(); ++i) {
        auto& reply = (*replies)[i];
        if (!redirect_of(reply, address)) continue;
        SLIPWAY_CO_TRY(reply, co_await state->run(std::move(commands[i])));
    }
    co_return replies;
}

Task<Reply> Client::evaluate(const Script& script, std::vector<std::string> keys, std::vector<std::string> arguments) {
    const auto state = state_;
    const auto command_of = [&](std::string_view name, std::string_view text) {
        Command command(name);
        command.add(text).add(static_cast<std::int64_t>(keys.size()));
        for (const auto& key : keys) command.key(key);
        for (const auto& argument : arguments) command.add(argument);
        return command;
    };
    auto by_name = command_of("EVALSHA", script.sha1());
    SLIPWAY_CO_TRY(auto reply, co_await state->run(std::move(by_name)));
    if (reply.error_name() == "NOSCRIPT") {
        auto with_text = command_of("EVAL", script.source());
        SLIPWAY_CO_TRY(reply, co_await state->run(std::move(with_text)));
    }
    if (reply.is_error()) co_return std::unexpected(error_of(place(), reply));
    co_return reply;
}

Task<std::unique_ptr<Subscription>> Client::subscribe(std::vector<std::string> channels) {
    return Subscription::open(state_->core, std::move(channels));
}

Task<void> Client::wait_until_ready(Milliseconds patience) {
    const auto state = state_;
    const auto end = steady_now() + patience;
    while (true) {
        auto ping = Command("PING").repeatable();
        const auto answer = co_await run(std::move(ping));
        if (answer || steady_now() >= end || co_await cancelled()) {
            if (!answer) co_return std::unexpected(answer.error());
            co_return Result<void>();
        }
        co_await sleep_for(state->core->options.back_off_first);
    }
}

Task<ServerStatus> Client::status() {
    const auto began = steady_now();
    auto asking = Command("INFO").add("server").repeatable();
    SLIPWAY_CO_TRY(const auto info, co_await run(std::move(asking)));
    const auto value_of = [&](std::string_view name) {
        const auto line = fmt::format("\n{}:", name);
        const auto at = info.text.find(line);
        if (at == std::string::npos) return std::string();
        const auto begin = at + line.size();
        return info.text.substr(begin, info.text.find_first_of("\r\n", begin) - begin);
    };
    ServerStatus status;
    status.latency = std::chrono::ceil<Milliseconds>(steady_now() - began);
    const auto valkey = value_of("valkey_version");
    status.engine = valkey.empty() ? "Redis " + value_of("redis_version") : "Valkey " + valkey;
    co_return status;
}

std::string Client::place() const { return state_->core->options.place(); }

Result<std::unique_ptr<Client>> open(Options options) {
    auto state = std::make_shared<Client::State>(std::move(options));
    auto& core = *state->core;
    if (core.options.secure) {
        SLIPWAY_TRY(core.tls, net::client_tls(core.options.certificate_authorities));
    }
    return std::unique_ptr<Client>(new Client(std::move(state)));
}

}  // namespace slipway::store::redis
