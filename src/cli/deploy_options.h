// The command lines of `slipway deploy` and `slipway verify`.
#pragma once

namespace CLI {
class App;
}

namespace slipway::cli {

// `code` gets the exit code of the command that ran; it must outlive the parsing.
void add_deploy(CLI::App& app, int& code);
void add_verify(CLI::App& app, int& code);

}  // namespace slipway::cli
