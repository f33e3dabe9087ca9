// File descriptors for connections. Most systems start a process with 1,024 and let it ask for many more.
#pragma once

#include <cstddef>

namespace slipway::net {

constexpr std::size_t kDescriptorsKept = 256;  // for databases, documents, child processes, models

// Raises the process's limit as far as `connections` and kDescriptorsKept need and the system allows. Returns how many
// connections there is room for, at most `connections`: more would leave no descriptor for anything else.
std::size_t make_room_for_connections(std::size_t connections);

}  // namespace slipway::net
