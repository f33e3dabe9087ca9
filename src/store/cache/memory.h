// The cache of one process: bounded bytes, what was not used for longest goes first. A workspace has a share at most,
// and when all is full the one that holds most gives way, so that no tenant can push another's values out.
#pragma once

#include "store/cache/cache.h"

namespace slipway::store {

struct MemoryCacheOptions {
    std::size_t bytes_max = 64 << 20;  // keys, values and what keeping them costs
    std::size_t share_divisor = 4;     // one workspace holds at most bytes_max / share_divisor
};

std::unique_ptr<Cache> make_memory_cache(MemoryCacheOptions options = {});

}  // namespace slipway::store
