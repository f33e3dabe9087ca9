// Markdown by lines, after CommonMark 0.30 and the tables of GitHub: enough to know headings, paragraphs, items, rows
// and code apart. Linear: no line is looked at more than twice, nothing nests.
#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

std::size_t indent_of(std::string_view line) {
    std::size_t columns = 0;
    for (const char c : line) {
        if (c == ' ')
            ++columns;
        else if (c == '\t')
            columns += 4 - columns % 4;
        else
            break;
    }
    return columns;
}

// Three or more of one character, with nothing but white space between.
bool is_rule(std::string_view line) {
    const char mark = line.empty() ? '\0' : line.front();
    if (mark != '-' && mark != '*' && mark != '_') return false;
    std::size_t marks = 0;
    for (const char c : line) {
        if (c == mark)
            ++marks;
        else if (c != ' ' && c != '\t')
            return false;
    }
    return marks >= 3;
}

bool is_underline(std::string_view line, char mark) {
    return !line.empty() && std::ranges::all_of(line, [mark](char c) { return c == mark; });
}

// "- ", "* ", "+ ", "1. ", "2) ": the length of the mark with its space.
std::size_t list_mark(std::string_view line) {
    if (line.size() >= 2 && (line[0] == '-' || line[0] == '*' || line[0] == '+') && (line[1] == ' ' || line[1] == '\t'))
        return 2;
    std::size_t digits = 0;
    while (digits < line.size() && digits < 9 && line[digits] >= '0' && line[digits] <= '9') ++digits;
    if (digits == 0 || digits + 1 >= line.size()) return 0;
    return (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ' ? digits + 2 : 0;
}

// The row of dashes under a table's head: "|---|:--:|".
bool is_table_rule(std::string_view line) {
    return line.contains('-') && line.contains('|') &&
           std::ranges::all_of(line, [](char c) { return c == '|' || c == '-' || c == ':' || c == ' ' || c == '\t'; });
}

std::string table_row(std::string_view line) {
    if (line.starts_with('|')) line.remove_prefix(1);
    if (line.ends_with('|') && !line.ends_with("\\|")) line.remove_suffix(1);
    std::string row;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= line.size(); ++at) {
        if (at < line.size() && (line[at] != '|' || (at > 0 && line[at - 1] == '\\'))) continue;
        const auto cell = strip_markdown(trim(line.substr(begin, at - begin)));
        if (begin > 0) row += " | ";
        row += cell;
        begin = at + 1;
    }
    return row;
}

// "[label]: address", which only links refer to. Footnotes ("[^1]: text") are text.
bool is_reference(std::string_view line) {
    if (!line.starts_with('[') || line.starts_with("[^")) return false;
    const auto end = line.substr(0, 200).find("]:");
    return end != std::string_view::npos && end > 1;
}

class MarkdownReader {
 public:
    explicit MarkdownReader(BlockBuilder& blocks) : blocks_(blocks) {}

    void read(std::string_view text) {
        while (!text.empty() && !blocks_.full()) {
            const auto end = text.find('\n');
            line(text.substr(0, end));
            text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        }
        if (fence_.empty())
            flush();
        else
            blocks_.add(BlockKind::code, code_);
    }

 private:
    void line(std::string_view raw) {
        if (!fence_.empty()) return code_line(raw);
        if (in_comment_) return comment(raw);
        auto text = trim(raw);
        while (text.starts_with('>')) text = trim(text.substr(1));
        if (text.empty()) return gap();
        if (text.starts_with("<!--")) {
            flush();
            return comment(text.substr(4));
        }
        if (text.starts_with("```") || text.starts_with("~~~")) return open_fence(text);
        if (pending_.empty() && indent_of(raw) == 0) item_indent_ = 0;  // the list is over
        if (after_gap_ && item_indent_ == 0 && pending_.empty() && indent_of(raw) >= 4)
            return blocks_.add(BlockKind::code, raw.substr(4));
        if (heading(text) || setext(text) || structure(raw, text)) return;
        paragraph(text);
    }

    void comment(std::string_view text) {
        const auto end = text.find("-->");
        in_comment_ = end == std::string_view::npos;
        if (!in_comment_ && !trim(text.substr(end + 3)).empty()) paragraph(trim(text.substr(end + 3)));
    }

    bool heading(std::string_view text) {
        const auto level = text.find_first_not_of('#');
        if (level == 0 || level == std::string_view::npos || level > 6 || (text[level] != ' ' && text[level] != '\t'))
            return false;
        flush();
        auto title = trim(text.substr(level));
        const auto last = title.find_last_not_of('#');
        if (last == std::string_view::npos)
            title = {};
        else if (last + 1 < title.size() && title[last] == ' ')
            title = trim(title.substr(0, last));
        item_indent_ = 0;
        blocks_.heading(level, strip_markdown(title));
        return true;
    }

    // "=====" or "-----" under a paragraph makes it a heading.
    bool setext(std::string_view text) {
        const bool first = is_underline(text, '=');
        if (pending_.empty() || kind_ != BlockKind::paragraph || !(first || is_underline(text, '-'))) return false;
        const auto title = std::exchange(pending_, {});
        blocks_.heading(first ? 1 : 2, strip_markdown(title));
        return true;
    }

    bool structure(std::string_view raw, std::string_view text) {
        if (is_rule(text)) {
            flush();
            return true;
        }
        if (const auto mark = list_mark(text)) {
            flush();
            kind_ = BlockKind::list_item;
            item_indent_ = indent_of(raw) + mark;
            auto item = trim(text.substr(mark));
            if (item.starts_with("[ ] ") || item.starts_with("[x] ")) item.remove_prefix(4);
            pending_ = item;
            after_gap_ = false;
            return true;
        }
        if (is_table_rule(text)) {
            // What stood above is the table's head.
            const auto head = std::exchange(pending_, {});
            if (head.contains('|'))
                blocks_.add(BlockKind::table_row, table_row(head));
            else if (!head.empty())
                blocks_.add(kind_, strip_markdown(head));
            in_table_ = true;
            return true;
        }
        if (in_table_ && text.contains('|')) {
            blocks_.add(BlockKind::table_row, table_row(text));
            return true;
        }
        return is_reference(text) && pending_.empty();
    }

    void paragraph(std::string_view text) {
        in_table_ = false;
        if (pending_.empty())
            kind_ = BlockKind::paragraph;
        else
            pending_ += ' ';
        pending_ += text;
        after_gap_ = false;
    }

    void gap() {
        flush();
        after_gap_ = true;
    }

    void open_fence(std::string_view text) {
        flush();
        const auto marks = std::min(text.find_first_not_of(text[0]), text.size());
        fence_ = text.substr(0, marks);
        code_.clear();
    }

    void code_line(std::string_view raw) {
        const auto text = trim(raw);
        if (text.starts_with(fence_) && is_underline(text, fence_[0])) {
            blocks_.add(BlockKind::code, code_);
            fence_.clear();
            after_gap_ = true;
            return;
        }
        code_ += raw;
        code_ += '\n';
    }

    void flush() {
        in_table_ = false;
        if (!pending_.empty()) blocks_.add(kind_, strip_markdown(pending_));
        pending_.clear();
        kind_ = BlockKind::paragraph;
    }

    BlockBuilder& blocks_;
    std::string pending_;  // the lines of the paragraph or item so far
    BlockKind kind_ = BlockKind::paragraph;
    std::string fence_;  // the mark that opened a code block, empty outside
    std::string code_;
    std::size_t item_indent_ = 0;  // of the text of the last list item
    bool in_comment_ = false;
    bool in_table_ = false;
    bool after_gap_ = true;
};

}  // namespace

Result<void> read_markdown(std::string_view text, BlockBuilder& blocks) {
    MarkdownReader(blocks).read(text);
    return {};
}

}  // namespace slipway::knowledge
