#include "model/built_in/built_in.h"

#include <cstdint>

#if defined(SLIPWAY_HAS_ENCODER_WEIGHTS)
extern "C" {
extern const std::byte slipway_encoder_weights[];
extern const std::uint64_t slipway_encoder_weights_size;
}
#endif

namespace slipway::model {

std::span<const std::byte> built_in_encoder() {
#if defined(SLIPWAY_HAS_ENCODER_WEIGHTS)
    return {slipway_encoder_weights, static_cast<std::size_t>(slipway_encoder_weights_size)};
#else
    return {};
#endif
}

}  // namespace slipway::model
