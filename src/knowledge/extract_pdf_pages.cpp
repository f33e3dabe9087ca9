// From the lines of a PDF's pages back to paragraphs: running heads and page numbers go, hyphenated words are joined,
// lines reflowed.
#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kEdgeLines = 2;   // at the top and the bottom of a page, where running heads stand
constexpr std::size_t kRepeatsMin = 3;  // pages with the same line
constexpr std::size_t kHeadingBytesMax = 90;
constexpr std::size_t kHeadingWordsMax = 12;
constexpr std::size_t kBodyBytesMin = 80;  // of the paragraph under a heading

using Lines = std::vector<std::string_view>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// The line with its digits made equal: "Page 3 of 12" and "Page 4 of 12" are the same running line.
std::string pattern_of(std::string_view line) {
    std::string pattern;
    for (const char c : trim(line)) {
        if (!is_digit(c))
            pattern += c;
        else if (!pattern.ends_with('#'))
            pattern += '#';
    }
    return pattern;
}

// "12", "- 12 -", "xii"
bool is_page_number(std::string_view line) {
    const auto bare = collapse_spaces(line);
    if (bare.empty() || bare.size() > 10) return false;
    const bool digits =
        std::ranges::all_of(bare, [](char c) { return is_digit(c) || c == '-' || c == ' ' || c == '/' || c == '|'; });
    const bool roman = std::ranges::all_of(bare, [](char c) { return c == 'i' || c == 'v' || c == 'x' || c == 'l'; });
    return roman || (digits && std::ranges::any_of(bare, is_digit));
}

// The positions of a page's first and last lines that are not blank.
std::vector<std::size_t> edges_of(const Lines& page) {
    std::vector<std::size_t> filled;
    for (std::size_t i = 0; i < page.size(); ++i)
        if (!trim(page[i]).empty()) filled.push_back(i);
    if (filled.size() > 2 * kEdgeLines) filled.erase(filled.begin() + kEdgeLines, filled.end() - kEdgeLines);
    return filled;
}

void drop_running_lines(std::vector<Lines>& pages) {
    std::unordered_map<std::string, std::size_t> seen;
    for (const auto& page : pages) {
        std::set<std::string> of_page;
        for (const auto at : edges_of(page)) of_page.insert(pattern_of(page[at]));
        for (const auto& pattern : of_page) ++seen[pattern];
    }
    // On at least half of the pages: a chapter's title stands on fewer.
    const auto enough = std::max(kRepeatsMin, pages.size() / 2);
    for (auto& page : pages) {
        const auto edges = edges_of(page);
        for (const auto at : edges) {
            const bool outermost = at == edges.front() || at == edges.back();
            if (seen[pattern_of(page[at])] >= enough || (outermost && edges.size() > 1 && is_page_number(page[at])))
                page[at] = {};
        }
    }
}

// One paragraph of lines; blank lines stand between them.
std::vector<Lines> paragraphs_of(const Lines& page) {
    std::vector<Lines> paragraphs(1);
    for (const auto line : page) {
        const auto clean = trim(line);
        if (!clean.empty())
            paragraphs.back().push_back(clean);
        else if (!paragraphs.back().empty())
            paragraphs.emplace_back();
    }
    if (paragraphs.back().empty()) paragraphs.pop_back();
    return paragraphs;
}

// "exam-" + "ple" is one word; "well-" + "Being" and "2019-" + "2020" keep the hyphen. A soft hyphen always goes.
std::string reflow(const Lines& lines) {
    constexpr std::string_view kSoftHyphen = "\xC2\xAD";
    std::string text;
    for (const auto line : lines) {
        const bool hyphen =
            text.size() > 1 && text.ends_with('-') && is_lower(text[text.size() - 2]) && is_lower(line.front());
        if (text.ends_with(kSoftHyphen))
            text.resize(text.size() - kSoftHyphen.size());
        else if (hyphen)
            text.pop_back();
        else if (!text.empty() && !text.ends_with('-'))
            text += ' ';
        text += line;
    }
    return replace_all(std::move(text), kSoftHyphen, "");
}

// "•", "–", "*", "1." at the front: the length of the mark.
std::size_t bullet(std::string_view line) {
    for (const std::string_view mark : {"• ", "◦ ", "▪ ", "‣ ", "● ", "○ ", "– ", "* ", "- "})
        if (line.starts_with(mark)) return mark.size();
    return 0;
}

bool ends_sentence(std::string_view text) {
    return text.ends_with('.') || text.ends_with('!') || text.ends_with('?') || text.ends_with(':') ||
           text.ends_with("”") || text.ends_with('"') || text.ends_with(')');
}

// A PDF does not say what is a heading: one short line without a full stop, followed by a paragraph of text.
bool looks_like_heading(const Lines& lines, const Lines* next) {
    if (lines.size() != 1 || next == nullptr || lines[0].size() > kHeadingBytesMax || bullet(lines[0]) > 0)
        return false;
    const auto line = lines[0];
    const auto words = std::ranges::count(line, ' ') + 1;
    const bool letters = std::ranges::any_of(
        line, [](char c) { return (c >= 'A' && c <= 'Z') || is_lower(c) || static_cast<unsigned char>(c) >= 0x80; });
    if (!letters || is_lower(line.front()) || static_cast<std::size_t>(words) > kHeadingWordsMax) return false;
    if (line.ends_with('.') || line.ends_with(',') || line.ends_with(';') || line.ends_with(':') || line.ends_with('-'))
        return false;
    std::size_t body = 0;
    for (const auto under : *next) body += under.size();
    return body >= kBodyBytesMin && bullet(next->front()) == 0;
}

void add_list(const Lines& lines, BlockBuilder& blocks) {
    Lines item;
    for (const auto line : lines) {
        if (const auto mark = bullet(line)) {
            blocks.add(BlockKind::list_item, reflow(item));
            item = {line.substr(mark)};
        } else {
            item.push_back(line);
        }
    }
    blocks.add(BlockKind::list_item, reflow(item));
}

void add_page(const Lines& page, BlockBuilder& blocks, bool& unfinished) {
    const auto paragraphs = paragraphs_of(page);
    for (std::size_t i = 0; i < paragraphs.size(); ++i) {
        const auto& lines = paragraphs[i];
        const auto text = reflow(lines);
        const bool goes_on = i == 0 && unfinished && is_lower(text.front());
        if (goes_on)
            blocks.extend_last(text);
        else if (bullet(lines.front()) > 0)
            add_list(lines, blocks);
        else if (looks_like_heading(lines, i + 1 < paragraphs.size() ? &paragraphs[i + 1] : nullptr))
            blocks.heading(1, text);
        else
            blocks.add(BlockKind::paragraph, text);
        unfinished = !ends_sentence(text);
    }
}

}  // namespace

void read_pdf_pages(std::string_view output, BlockBuilder& blocks) {
    if (output.ends_with('\f')) output.remove_suffix(1);
    std::vector<Lines> pages;
    for (const auto page : split(output, '\f')) pages.push_back(split(page, '\n'));
    drop_running_lines(pages);
    bool unfinished = false;
    for (std::size_t i = 0; i < pages.size() && !blocks.full(); ++i) {
        blocks.set_page(static_cast<int>(i) + 1);
        add_page(pages[i], blocks, unfinished);
    }
}

}  // namespace slipway::knowledge
