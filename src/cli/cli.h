// The command line: what is written, to which command it goes. Exit codes: 0 done, 2 wrong use, 1 the rest.
#pragma once

namespace slipway::cli {

int run(int count, char** arguments);

}  // namespace slipway::cli
