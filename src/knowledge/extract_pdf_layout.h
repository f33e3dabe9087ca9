// What `pdftotext -bbox-layout` writes: pages of blocks of lines, with their places on the paper. Internal to PDF.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::knowledge {

// Points (1/72 inch) from the top left corner.
struct PdfLine {
    std::string text;
    double top = 0;
    double left = 0;
    double height = 0;  // follows the size of the type
};

// In reading order, column by column. poppler's own blocks are not kept: widely set lines are a block each to it.
using PdfPage = std::vector<PdfLine>;

struct PdfLayout {
    std::string title;
    std::string author;
    std::vector<PdfPage> pages;
    bool has_text = false;
};

// Line by line and by position: the writer is ours to know, so this is no XML reader. What is not understood is left
// out.
PdfLayout read_pdf_layout(std::string_view output);

}  // namespace slipway::knowledge
