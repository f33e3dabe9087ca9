#include "serve/version.h"

namespace slipway::serve {

const std::string_view kVersion = SLIPWAY_VERSION;

}  // namespace slipway::serve
