// `slipway lambda --local` and `slipway lambda invoke`: a function on a desk, in a sandbox of this machine.
#pragma once

#include <string>

#include "cli/command.h"

namespace slipway::cli {

struct LocalFunction {
    Target target;  // host and port: of the HTTP in front
    std::string function;
    bool streams = false;
};

// Serves until SIGTERM or SIGINT; a change in the folder of the application begins a new sandbox. An exit code.
int serve_locally(const LocalFunction& local);

// Hands one event (a file, or - for standard input) to a new sandbox and prints what it gave. An exit code.
int invoke_locally(const LocalFunction& local, const std::string& event);

}  // namespace slipway::cli
