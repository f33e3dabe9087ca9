// The metadata beside a document, and front matter.
#include "base/text.h"
#include "knowledge/extract.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(sidecar) {
    using namespace slipway;
    const auto metadata = knowledge::read_sidecar(input);
    if (!metadata) return;
    for (const auto& field : *metadata)
        fuzz::require(field.value().is_string() || field.value().is_array(), "values are texts or lists of texts");
}
