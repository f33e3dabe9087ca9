// What every adapter of the channels port has to do, as named checks that report failures as values.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "store/channels/channels.h"
#include "store/check.h"

namespace slipway::test {

// Two ends of the same channels, as of two processes; where an adapter knows but one process, twice the same.
struct ChannelsPair {
    std::shared_ptr<store::Channels> one, other;
};
using ChannelsPlaces = std::function<ChannelsPair()>;

// How long a check waits for what must come; less where it is known not to come.
inline Milliseconds channels_patience{60'000};

struct ChannelsCheck {
    std::string_view name;
    Task<void> (*run)(store::Channels& one, store::Channels& other);
};

std::span<const ChannelsCheck> channels_checks();

template <typename... Names>
Task<std::unique_ptr<store::Subscription>> listen(store::Channels& channels, WorkspaceId workspace, Names... names) {
    return channels.subscribe(std::move(workspace), std::vector<std::string>{names...});
}
template <typename... Names>
Task<void> add_to(store::Subscription& subscription, Names... names) {
    return subscription.add(std::vector<std::string>{names...});
}
// Within some seconds.
Task<void> expect_heard(store::Subscription& subscription, std::string channel, std::string message);

// nullopt when the adapter passes; otherwise what went wrong.
std::optional<std::string> failure_of(const ChannelsCheck& check, const ChannelsPlaces& places);

}  // namespace slipway::test
