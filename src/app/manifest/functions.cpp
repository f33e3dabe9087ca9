#include "app/manifest/functions.h"

#include <algorithm>

#include "app/manifest/checks.h"

namespace slipway::app {

bool FunctionSection::has(std::string_view pattern) const {
    return std::ranges::any_of(routes, [pattern](std::string_view route) {
        return route.ends_with('*') ? pattern.starts_with(route.substr(0, route.size() - 1)) : pattern == route;
    });
}

void describe(Keys& keys, FunctionSection& function) {
    keys.texts(
        "routes", function.routes,
        "Paths of the routes that it serves, as /openapi.json has them; one that ends in `*` stands for all that "
        "begin so.",
        {Form::route, true});
}

void check_functions(Checks& checks) {
    for (const auto& function : checks.manifest.functions) {
        const auto path = fmt::format("functions.{}.routes", function.name);
        for (const auto& route : function.routes)
            if (const auto star = route.find('*'); star != std::string::npos && star + 1 != route.size())
                checks.error(path, fmt::format("{}: \"{}\" has a * that is not at its end.", path, route),
                             "What stands behind it cannot be asked for: /api/x/* stands for all that begins so.");
    }
}

}  // namespace slipway::app
