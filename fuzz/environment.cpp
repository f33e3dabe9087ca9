// ${…} in a manifest: any text, with variables whose values look like expressions themselves.
#include "base/environment.h"

#include "target.h"

SLIPWAY_FUZZ_TARGET(environment) {
    using namespace slipway;
    static const Environment environment(
        {{"A", "value"}, {"B", "${A}"}, {"C", "${C}"}, {"EMPTY", ""}, {"LONG", std::string(1000, 'x')}});
    const auto expanded = environment.expand(input);
    if (expanded && input.find('$') == std::string_view::npos)
        fuzz::require(*expanded == input, "plain text is left alone");
}
