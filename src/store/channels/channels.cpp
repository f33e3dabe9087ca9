#include "store/channels/channels.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include "store/channels/memory.h"
#include "store/channels/redis.h"

namespace slipway::store {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_application_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 &&
           std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

}  // namespace

Result<void> check_channel_name(std::string_view name) {
    static constexpr std::string_view kOthers = "-_.:/@";
    const bool letters = std::ranges::all_of(
        name, [](char c) { return is_letter_or_digit(c) || kOthers.find(c) != std::string_view::npos; });
    if (letters && !name.empty() && name.size() <= kChannelNameBytesMax) return {};
    return fail(ErrorCode::invalid, "The name of a channel has 1 to {} letters, digits and characters of {}.",
                kChannelNameBytesMax, kOthers);
}

Result<void> check_publication(std::string_view channel, std::string_view message) {
    SLIPWAY_CHECK(check_channel_name(channel));
    if (message.size() > kChannelMessageBytesMax)
        return fail(ErrorCode::invalid, "A message on a channel has more than {} bytes.", kChannelMessageBytesMax);
    return {};
}

Task<std::optional<Heard>> Subscription::next(Milliseconds patience) {
    asio::steady_timer waiting(co_await asio::this_coro::executor);
    waiting.expires_after(patience);
    struct Listening {
        Subscription& subscription;
        ~Listening() { subscription.on_heard({}); }
    };
    const Listening listening{*this};
    on_heard([&waiting] { waiting.cancel(); });
    while (true) {
        SLIPWAY_CO_TRY(auto heard, take());
        if (heard || waiting.expiry() <= std::chrono::steady_clock::now()) co_return std::move(heard);
        co_await waiting.async_wait(asio::as_tuple(asio::deferred));
        if (co_await cancelled()) co_return fail(ErrorCode::unavailable, "Waiting for a message was cancelled.");
    }
}

Result<std::unique_ptr<Channels>> open_channels(std::string_view url, ChannelsOptions options) {
    if (!is_application_name(options.name))
        return fail(ErrorCode::invalid, "The name of channels has letters, digits, '-' and '_', at most 64.");
    if (url == "memory:") return make_memory_channels(std::move(options));
    if (url.starts_with("redis://") || url.starts_with("rediss://"))
        return open_redis_channels(url, std::move(options));
    return fail(ErrorCode::invalid, "Channels are memory:, redis://host or rediss://host.");
}

}  // namespace slipway::store
