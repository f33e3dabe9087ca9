// slipway terraform
#pragma once

namespace CLI {
class App;
}

namespace slipway::cli {

// `code` becomes the exit code of Terraform.
void add_terraform(CLI::App& app, int& code);

}  // namespace slipway::cli
