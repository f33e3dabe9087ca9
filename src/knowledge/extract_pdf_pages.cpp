// From lines on paper back to the text: running heads and page numbers go, hyphenated words are joined, lines reflowed
// to paragraphs, headings told by the size of their type.
#include <cmath>
#include <map>
#include <set>

#include "base/text.h"
#include "knowledge/extract_formats.h"
#include "knowledge/extract_pdf_layout.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kEdgeLines = 2;   // at the top and the bottom of a page, where running heads stand
constexpr std::size_t kRepeatsMin = 3;  // pages with the same line
constexpr double kHeadingScale = 1.15;  // larger than the body's type by this
constexpr std::size_t kHeadingBytesMax = 160;
constexpr std::size_t kShortLineBytesMax = 90;  // of a heading in the body's size
constexpr std::size_t kShortLineWordsMax = 12;
constexpr std::size_t kBodyBytesMin = 80;  // of the paragraph under such a heading
constexpr std::size_t kLevelsMax = 5;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// The line with its digits made equal: "Page 3 of 12" and "Page 4 of 12" are the same running line.
std::string pattern_of(std::string_view line) {
    std::string pattern;
    for (const char c : line) {
        if (!is_digit(c))
            pattern += c;
        else if (!pattern.ends_with('#'))
            pattern += '#';
    }
    return pattern;
}

// "12", "- 12 -", "xii"
bool is_page_number(std::string_view line) {
    if (line.empty() || line.size() > 10) return false;
    const bool digits =
        std::ranges::all_of(line, [](char c) { return is_digit(c) || c == '-' || c == ' ' || c == '/' || c == '|'; });
    const bool roman = std::ranges::all_of(line, [](char c) { return c == 'i' || c == 'v' || c == 'x' || c == 'l'; });
    return roman || (digits && std::ranges::any_of(line, is_digit));
}

// A page's uppermost and lowest lines, from the top.
std::vector<PdfLine*> edges_of(PdfPage& page) {
    std::vector<PdfLine*> lines;
    for (auto& line : page)
        if (!line.text.empty()) lines.push_back(&line);
    std::ranges::sort(lines, {}, &PdfLine::top);
    if (lines.size() > 2 * kEdgeLines) lines.erase(lines.begin() + kEdgeLines, lines.end() - kEdgeLines);
    return lines;
}

void drop_running_lines(std::vector<PdfPage>& pages) {
    std::unordered_map<std::string, std::size_t> seen;
    for (auto& page : pages) {
        std::set<std::string> of_page;
        for (const auto* line : edges_of(page)) of_page.insert(pattern_of(line->text));
        for (const auto& pattern : of_page) ++seen[pattern];
    }
    // On at least half of the pages: a chapter's title stands on fewer.
    const auto enough = std::max(kRepeatsMin, pages.size() / 2);
    for (auto& page : pages) {
        const auto edges = edges_of(page);
        for (auto* line : edges) {
            const bool outermost = edges.size() > 1 && (line == edges.front() || line == edges.back());
            if (seen[pattern_of(line->text)] >= enough || (outermost && is_page_number(line->text))) line->text.clear();
        }
    }
}

// Heights in half points, so that rounding in the file does not make sizes of its own.
long size_of(const PdfLine& line) { return std::lround(line.height * 2); }

// Which sizes of type are headings: level 1 is the largest.
class TypeSizes {
 public:
    explicit TypeSizes(const std::vector<PdfPage>& pages) {
        std::map<long, std::size_t> bytes;
        std::size_t all = 0;
        for (const auto& page : pages)
            for (const auto& line : page) {
                bytes[size_of(line)] += line.text.size();
                all += line.text.size();
            }
        // The size in the middle of the text is the body's.
        std::size_t passed = 0;
        for (const auto& [size, count] : bytes) {
            passed += count;
            if (body_ == 0 && passed * 2 >= all) body_ = size;
        }
        for (auto larger = bytes.rbegin(); larger != bytes.rend() && is_large(larger->first); ++larger)
            if (larger->second > 0) levels_.emplace(larger->first, std::min(levels_.size() + 1, kLevelsMax));
    }

    // 0: body.
    std::size_t level(const PdfLine& line) const {
        const auto found = levels_.find(size_of(line));
        return found == levels_.end() ? 0 : found->second;
    }
    // For headings that are not larger than the body.
    std::size_t lowest() const { return std::min(levels_.size() + 1, kLevelsMax + 1); }

 private:
    bool is_large(long size) const { return static_cast<double>(size) >= static_cast<double>(body_) * kHeadingScale; }

    long body_ = 0;
    std::map<long, std::size_t> levels_;
};

// From one line's top to the next one's inside a paragraph: the distance that is met most often between lines of the
// body.
double leading_of(const std::vector<PdfPage>& pages, const TypeSizes& sizes) {
    std::map<long, std::size_t> distances;
    for (const auto& page : pages)
        for (std::size_t i = 1; i < page.size(); ++i) {
            const auto distance = page[i].top - page[i - 1].top;
            if (distance > 0 && sizes.level(page[i]) == 0 && sizes.level(page[i - 1]) == 0)
                ++distances[std::lround(distance * 2)];
        }
    const auto most = std::ranges::max_element(distances, {}, [](const auto& each) { return each.second; });
    return most == distances.end() ? 0 : static_cast<double>(most->first) / 2;
}

// Lines of one paragraph, list item or heading.
struct Passage {
    std::vector<std::string_view> lines;
    std::size_t level = 0;
    bool begins_column = false;  // of the page, too: it may go on with the paragraph before

    std::size_t bytes() const {
        std::size_t sum = 0;
        for (const auto line : lines) sum += line.size();
        return sum;
    }
};

// The length of a list's mark at the front.
std::size_t bullet(std::string_view line) {
    for (const std::string_view mark : {"• ", "◦ ", "▪ ", "‣ ", "● ", "○ ", "– ", "* ", "- "})
        if (line.starts_with(mark)) return mark.size();
    return 0;
}

bool ends_sentence(std::string_view text) {
    for (const std::string_view mark : {".", "!", "?", ":", "\"", ")", "”", "。"})
        if (text.ends_with(mark)) return true;
    return false;
}

// Whether `next` is the line under `line` in the same paragraph: near enough, and not indented as a paragraph's first
// line is.
bool goes_on(const PdfLine& line, const PdfLine& next, std::size_t level, double leading) {
    const auto distance = next.top - line.top;
    // A bullet that the writer placed beside its text.
    if (std::abs(distance) < next.height * 0.5 && bullet(line.text + " ") == line.text.size() + 1) return true;
    const auto farthest = level > 0 ? next.height * 1.5 : std::min(leading * 1.3, next.height * 2.2);
    if (distance < next.height * 0.3 || distance > farthest || bullet(next.text) > 0) return false;
    const bool indented = next.left > line.left + next.height * 0.7;
    return !indented || !ends_sentence(line.text);
}

std::vector<Passage> passages_of(const PdfPage& page, const TypeSizes& sizes, double leading) {
    std::vector<Passage> passages;
    const PdfLine* before = nullptr;
    for (const auto& line : page) {
        if (line.text.empty()) continue;
        const auto level = sizes.level(line);
        if (before == nullptr || level != passages.back().level || !goes_on(*before, line, level, leading))
            passages.push_back({{}, level, before == nullptr || line.top < before->top});
        passages.back().lines.push_back(line.text);
        before = &line;
    }
    return passages;
}

// "exam-" + "ple" is one word; "well-" + "Being" and "2019-" + "2020" keep the hyphen. A soft hyphen always goes.
std::string reflow(const std::vector<std::string_view>& lines) {
    constexpr std::string_view kSoftHyphen = "\xC2\xAD";
    constexpr std::string_view kHyphen = "\xE2\x80\x90";
    std::string text;
    for (const auto line : lines) {
        if (text.ends_with(kHyphen)) text.replace(text.size() - kHyphen.size(), kHyphen.size(), "-");
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

// In the body's size: one short line that is no sentence, followed by a paragraph.
bool is_short_heading(const Passage& passage, const Passage* next) {
    if (passage.lines.size() != 1 || next == nullptr || next->level > 0) return false;
    const auto line = passage.lines[0];
    const auto words = static_cast<std::size_t>(std::ranges::count(line, ' ')) + 1;
    if (line.size() > kShortLineBytesMax || words > kShortLineWordsMax || bullet(line) > 0 || is_lower(line.front()))
        return false;
    const bool letters = std::ranges::any_of(
        line, [](char c) { return !is_digit(c) && std::ispunct(static_cast<unsigned char>(c)) == 0 && c != ' '; });
    const bool unfinished = line.ends_with(',') || line.ends_with(';') || line.ends_with('-') || ends_sentence(line);
    return letters && !unfinished && next->lines.size() > 1 && next->bytes() >= kBodyBytesMin &&
           bullet(next->lines.front()) == 0;
}

void add_page(const std::vector<Passage>& passages, std::size_t lowest_level, BlockBuilder& blocks, bool& unfinished) {
    for (std::size_t i = 0; i < passages.size(); ++i) {
        const auto& passage = passages[i];
        const auto mark = bullet(passage.lines.front());
        const auto text = reflow(passage.lines).substr(mark);
        if (text.empty()) continue;  // nothing but a soft hyphen
        const auto* next = i + 1 < passages.size() ? &passages[i + 1] : nullptr;
        const bool large = passage.level > 0 && text.size() <= kHeadingBytesMax;
        const bool heading = large || is_short_heading(passage, next);
        if (passage.begins_column && unfinished && mark == 0 && is_lower(text.front()))
            blocks.extend_last(text);
        else if (mark > 0)
            blocks.add(BlockKind::list_item, text);
        else if (heading)
            blocks.heading(large ? passage.level : lowest_level, text);
        else
            blocks.add(BlockKind::paragraph, text);
        unfinished = !heading && !ends_sentence(text);
    }
}

}  // namespace

void read_pdf_pages(std::vector<PdfPage> pages, BlockBuilder& blocks) {
    drop_running_lines(pages);
    const TypeSizes sizes(pages);
    const auto leading = leading_of(pages, sizes);
    bool unfinished = false;
    for (std::size_t i = 0; i < pages.size() && !blocks.full(); ++i) {
        blocks.set_page(static_cast<int>(i) + 1);
        add_page(passages_of(pages[i], sizes, leading), sizes.lowest(), blocks, unfinished);
    }
}

}  // namespace slipway::knowledge
