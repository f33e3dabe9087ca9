// The weights that this program carries: all-MiniLM-L6-v2, packed when the program was built. A program can be built
// without them (CMake says so, `slipway version` too); then there are no embeddings without a provider.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace slipway::model {

inline constexpr std::string_view kBuiltInEncoder = "all-MiniLM-L6-v2";

// A file as model/encoder/packed.h describes, or nothing. Lives as long as the process.
std::span<const std::byte> built_in_encoder();

}  // namespace slipway::model
