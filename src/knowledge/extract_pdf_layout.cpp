#include "knowledge/extract_pdf_layout.h"

#include <charconv>

#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

// The value of an attribute: ` yMin="57.111326"`.
std::string_view attribute(std::string_view tag, std::string_view name) {
    const auto at = tag.find(name);
    if (at == std::string_view::npos) return {};
    const auto begin = at + name.size();
    const auto end = tag.find('"', begin);
    return end == std::string_view::npos ? std::string_view() : tag.substr(begin, end - begin);
}

double number(std::string_view text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// The text between the tag's end and the closing tag.
std::string content(std::string_view line, std::string_view closing) {
    const auto begin = line.find('>');
    const auto end = line.rfind(closing);
    if (begin == std::string_view::npos || end == std::string_view::npos || end <= begin) return {};
    return decode_entities(line.substr(begin + 1, end - begin - 1));
}

void read_word(std::string_view line, PdfLayout& layout) {
    if (layout.pages.empty() || layout.pages.back().empty()) return;
    const auto word = content(line, "</word>");
    if (trim(word).empty()) return;
    auto& text = layout.pages.back().back().text;
    if (!text.empty()) text += ' ';
    text += word;
    layout.has_text = true;
}

void read_line(std::string_view line, PdfLayout& layout) {
    if (layout.pages.empty()) return;
    const auto top = number(attribute(line, " yMin=\""));
    const auto bottom = number(attribute(line, " yMax=\""));
    layout.pages.back().push_back(
        {.text = {}, .top = top, .left = number(attribute(line, " xMin=\"")), .height = bottom - top});
}

}  // namespace

PdfLayout read_pdf_layout(std::string_view output) {
    PdfLayout layout;
    while (!output.empty()) {
        const auto end = output.find('\n');
        const auto line = trim(output.substr(0, end));
        output = end == std::string_view::npos ? std::string_view() : output.substr(end + 1);
        if (line.starts_with("<word "))
            read_word(line, layout);
        else if (line.starts_with("<line "))
            read_line(line, layout);
        else if (line.starts_with("<page "))
            layout.pages.emplace_back();
        else if (line.starts_with("<title>"))
            layout.title = collapse_spaces(content(line, "</title>"));
        else if (line.starts_with("<meta name=\"Author\""))
            layout.author = collapse_spaces(decode_entities(attribute(line, " content=\"")));
    }
    return layout;
}

}  // namespace slipway::knowledge
