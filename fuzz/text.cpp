// Text that comes in is made valid, and stays valid whatever is done to it.
#include "base/text.h"

#include "target.h"

SLIPWAY_FUZZ_TARGET(text) {
    using namespace slipway;
    const auto text = to_valid_utf8(input);
    fuzz::require(is_valid_utf8(text), "made valid");
    if (is_valid_utf8(input)) fuzz::require(text == input, "valid text is left alone");
    for (std::size_t size = 0; size <= text.size() && size < 64; ++size) {
        const auto cut = cut_utf8(text, size);
        fuzz::require(cut.size() <= size && is_valid_utf8(cut), "cut between characters");
    }
    const auto collapsed = collapse_spaces(text);
    fuzz::require(is_valid_utf8(collapsed) && collapse_spaces(collapsed) == collapsed, "collapsing is done once");
    std::size_t size = 0;
    for (const auto part : split(text, ',')) size += part.size() + 1;
    fuzz::require(size == text.size() + 1, "splitting loses nothing");
}
