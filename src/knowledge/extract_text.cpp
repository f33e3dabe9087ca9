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

Result<void> read_plain_text(std::string_view text, BlockBuilder& blocks) {
    std::size_t begin = 0;
    std::size_t line = 0;
    while (line < text.size()) {
        const auto end = std::min(text.find('\n', line), text.size());
        if (trim(text.substr(line, end - line)).empty()) {
            blocks.add(BlockKind::paragraph, text.substr(begin, line - begin));
            begin = end;
        }
        line = end + 1;
    }
    blocks.add(BlockKind::paragraph, text.substr(std::min(begin, text.size())));
    return {};
}

}  // namespace slipway::knowledge
