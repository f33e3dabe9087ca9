// Channels that processes share: PUBLISH and SUBSCRIBE of Redis, Valkey, ElastiCache, alone or as a cluster (where what
// is published reaches all nodes). The user needs the commands publish, subscribe and unsubscribe, and the channels
// NAME:*.
//
// A channel is called NAME:DATABASE:WORKSPACE:CHANNEL there, with each part percent-encoded: Redis has one set of
// channels for all its databases. A thread of its own holds one connection that hears and one that publishes. The first
// has the channels that somebody in this process listens to; when it breaks it is made anew with growing pauses, and
// every subscription is told `missed`. What could not be published is not sent later: once Redis answers again it is
// said on NAME:DATABASE:!missed, which all processes hear, and all their subscriptions are told `missed`.
#pragma once

#include "store/channels/channels.h"

namespace slipway::store {

// `invalid` when the URL is wrong. Losing Redis logs one line ("channels lost"), its return another ("channels back").
Result<std::unique_ptr<Channels>> open_redis_channels(std::string_view url, ChannelsOptions options = {});

}  // namespace slipway::store
