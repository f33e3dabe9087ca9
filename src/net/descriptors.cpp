#include "net/descriptors.h"

#include <algorithm>

#include <sys/resource.h>

namespace slipway::net {

std::size_t make_room_for_connections(std::size_t connections) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return connections;
    const rlim_t wanted = connections + kDescriptorsKept;
    if (limit.rlim_cur < wanted) {
        const rlimit raised{std::min(wanted, limit.rlim_max), limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    // A machine with very few still serves somebody.
    const rlim_t kept = std::min<rlim_t>(kDescriptorsKept, limit.rlim_cur / 2);
    return std::min<std::size_t>(connections, limit.rlim_cur - kept);
}

}  // namespace slipway::net
