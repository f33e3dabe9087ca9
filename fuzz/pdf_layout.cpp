// What `pdftotext -bbox-layout` might write of a hostile PDF, and what it never writes: pages become blocks of valid
// text with their pages.
#include "base/text.h"
#include "knowledge/extract_formats.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(pdf_layout) {
    using namespace slipway;
    using namespace slipway::knowledge;
    static const ExtractLimits limits{.text_bytes_max = 1 << 20, .blocks_max = 5000};
    auto layout = read_pdf_layout(to_valid_utf8(input));
    fuzz::require(is_valid_utf8(layout.title) && is_valid_utf8(layout.author), "title and author are text");
    const auto pages = static_cast<int>(layout.pages.size());
    BlockBuilder blocks("a.pdf", limits);
    read_pdf_pages(std::move(layout.pages), blocks);
    const auto document = std::move(blocks).finish();
    if (!document) return;
    for (const auto& block : document->blocks) {
        fuzz::require(!block.text.empty() && is_valid_utf8(block.text), "blocks are valid");
        fuzz::require(block.place.page && *block.place.page >= 1 && *block.place.page <= pages,
                      "on a page that exists");
    }
}
