// Channels of one process: all its loops hear what any of them publishes.
#pragma once

#include "store/channels/channels.h"

namespace slipway::store {

std::unique_ptr<Channels> make_memory_channels(ChannelsOptions options = {});

}  // namespace slipway::store
