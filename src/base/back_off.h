// How long to wait before another try.
#pragma once

#include "base/task.h"

namespace slipway {

// After the first failure `first`, doubled with each further one, at most `most`; less up to half by chance, so that
// those who failed together do not come back together.
Milliseconds back_off(unsigned failures, Milliseconds first, Milliseconds most);

// From half of it to all of it.
Milliseconds less_by_chance(Milliseconds most);

}  // namespace slipway
