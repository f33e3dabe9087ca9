// Plain text: from bytes of several encodings to UTF-8, and its paragraphs.
#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

// What Windows-1252 has at 0x80..0x9F, where Latin-1 has control characters. 0: not assigned.
constexpr std::array<char32_t, 32> kWindows1252{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

std::string from_windows_1252(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() + bytes.size() / 8);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            const char32_t mapped = byte < 0xA0 ? kWindows1252[byte - 0x80U] : byte;
            append_utf8(text, mapped != 0 ? mapped : 0xFFFD);
        }
    }
    return text;
}

std::string from_utf16(std::string_view bytes, bool big_endian) {
    std::string text;
    text.reserve(bytes.size());
    const auto unit = [&](std::size_t at) {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const auto second = static_cast<unsigned char>(bytes[at + 1]);
        return static_cast<char32_t>(big_endian ? first << 8 | second : second << 8 | first);
    };
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        const auto high = unit(at);
        const bool pair = high >= 0xD800 && high < 0xDC00 && at + 3 < bytes.size();
        const auto low = pair ? unit(at + 2) : char32_t{0};
        if (pair && low >= 0xDC00 && low < 0xE000) {
            append_utf8(text, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            at += 2;
        } else {
            append_utf8(text, high);
        }
    }
    return text;
}

// "\r\n" and "\r" become "\n"; other control characters, which only confuse, go. Form feed is a page's end and so a
// paragraph's.
void clean_controls(std::string& text) {
    bool clean = true;  // most texts are; without a branch in it this loop looks at many bytes at once
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        clean &= (byte >= 0x20 && byte != 0x7F) || c == '\n' || c == '\t';
    }
    if (clean) return;
    std::size_t to = 0;
    for (std::size_t from = 0; from < text.size(); ++from) {
        char c = text[from];
        if (c == '\r') {
            if (from + 1 < text.size() && text[from + 1] == '\n') continue;
            c = '\n';
        }
        if (c == '\f') c = '\n';
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) continue;
        text[to++] = c;
    }
    text.resize(to);
}

}  // namespace

Result<std::string> decode_text(std::string_view bytes, std::string_view name) {
    std::string text;
    if (bytes.starts_with("\xFF\xFE"))
        text = from_utf16(bytes.substr(2), false);
    else if (bytes.starts_with("\xFE\xFF"))
        text = from_utf16(bytes.substr(2), true);
    else if (bytes.contains('\0'))
        return reject("unsupported",
                      "{} is not text: it holds binary data. Text, Markdown, HTML, PDF, DOCX, VTT and SRT are read.",
                      name);
    else {
        if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
        text = is_valid_utf8(bytes) ? std::string(bytes) : from_windows_1252(bytes);
    }
    clean_controls(text);
    return text;
}

namespace {

// Its lines are cut again when they are needed: a paragraph may have millions.
struct Paragraph {
    std::string_view text;  // from the first line to the last; empty: the document is over
    std::size_t lines = 0;
};

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trim(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
    return line;
}

Paragraph take_paragraph(std::string_view& text) {
    Paragraph paragraph;
    const char* begin = text.data();
    while (!text.empty()) {
        const auto line = take_line(text);
        if (line.empty() && paragraph.lines > 0) break;
        if (line.empty()) continue;
        if (paragraph.lines++ == 0) begin = line.data();
        paragraph.text = {begin, static_cast<std::size_t>(line.data() + line.size() - begin)};
    }
    return paragraph;
}

bool is_bullet(std::string_view line) {
    return line.starts_with("- ") || line.starts_with("* ") || line.starts_with("• ");
}

bool is_underline(std::string_view line) {
    return line.size() >= 3 && (line.find_first_not_of('=') == std::string_view::npos ||
                                line.find_first_not_of('-') == std::string_view::npos);
}

// A short line that stands alone above a paragraph and is no sentence, or one that is underlined.
bool is_heading(const Paragraph& paragraph, const Paragraph& next) {
    constexpr std::size_t kHeadingBytesMax = 80;
    constexpr std::size_t kBodyBytesMin = 80;
    auto rest = paragraph.text;
    const auto line = take_line(rest);
    if (paragraph.lines == 2 && is_underline(trim(rest))) return true;
    if (paragraph.lines != 1 || next.text.size() < kBodyBytesMin || line.size() > kHeadingBytesMax) return false;
    const bool begins_small = line.front() >= 'a' && line.front() <= 'z';
    const bool letters = std::ranges::any_of(line, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
    });
    constexpr std::string_view kEnds = ".,;:!\"')]-";
    return letters && !begins_small && !is_bullet(line) && !kEnds.contains(line.back()) && !line.ends_with("。") &&
           !line.ends_with("”");
}

void add_paragraph(const Paragraph& paragraph, BlockBuilder& blocks) {
    std::string text;
    auto kind = BlockKind::paragraph;
    for (auto rest = paragraph.text; !rest.empty();) {
        const auto line = take_line(rest);
        const bool item = is_bullet(line);
        if (item) {
            blocks.add(kind, text);
            text.clear();
            kind = BlockKind::list_item;
        }
        text += ' ';
        text += item ? line.substr(line.find(' ')) : line;
    }
    blocks.add(kind, text);
}

}  // namespace

// The first heading is the title when the text begins with it; the others stand below.
Result<void> read_plain_text(std::string_view text, BlockBuilder& blocks) {
    auto paragraph = take_paragraph(text);
    while (!paragraph.text.empty() && !blocks.full()) {
        auto next = take_paragraph(text);
        if (is_heading(paragraph, next))
            blocks.heading(blocks.empty() ? 1 : 2, paragraph.text.substr(0, paragraph.text.find('\n')));
        else
            add_paragraph(paragraph, blocks);
        paragraph = next;
    }
    return {};
}

}  // namespace slipway::knowledge
