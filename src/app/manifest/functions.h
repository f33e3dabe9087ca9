// functions: parts of the API that run as functions of their own (`slipway lambda`), beside servers on the same data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/manifest/keys.h"

namespace slipway::app {

struct FunctionSection {
    std::string name;
    // Patterns of routes (net/router.h), as they are written there; one that ends in `*` stands for all that begin so.
    std::vector<std::string> routes;

    bool has(std::string_view pattern) const;
};

void describe(Keys& keys, FunctionSection& function);

}  // namespace slipway::app
