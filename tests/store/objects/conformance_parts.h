// The parts that the conformance suite consists of beside the basic ones.
#pragma once

#include "store/objects/conformance.h"

namespace slipway::test {

std::span<const ObjectsCheck> write_checks();  // attributes, conditions, uploads, copies
std::span<const ObjectsCheck> link_checks();

}  // namespace slipway::test
