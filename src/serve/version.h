// The version of this program; CMake's project(VERSION …) is the source.
#pragma once

#include <string_view>

namespace slipway::serve {

extern const std::string_view kVersion;

}  // namespace slipway::serve
