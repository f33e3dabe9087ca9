// The inside of a Markdown paragraph: text without marks. Linear: searches for closing marks look a bounded way ahead
// and share a budget, so that a megabyte of "[[[[" is soon plain text.
#include <array>
#include <cctype>

#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kLinkBytesMax = 2000;
constexpr std::size_t kCodeBytesMax = 2000;
constexpr std::size_t kTagBytesMax = 500;

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

// What may begin a mark: what stands between is taken at once.
constexpr auto kBeginsMark = [] {
    std::array<bool, 256> begins{};
    for (const unsigned char c : {'\\', '`', '!', '[', '<', '*', '_', '~'}) begins[c] = true;
    return begins;
}();

class InlineReader {
 public:
    explicit InlineReader(std::string_view text) : text_(text), budget_(16 * text.size() + 10'000) {
        plain_.reserve(text.size());
    }

    std::string read() {
        while (at_ < text_.size()) {
            auto end = at_;
            while (end < text_.size() && !kBeginsMark[static_cast<unsigned char>(text_[end])]) ++end;
            plain_ += text_.substr(at_, end - at_);
            at_ = end;
            if (at_ == text_.size()) break;
            const bool taken = escape() || code() || link() || angle() || emphasis();
            if (!taken) plain_ += text_[at_++];
        }
        return std::move(plain_);
    }

 private:
    bool escape() {
        if (text_[at_] != '\\' || at_ + 1 >= text_.size() ||
            std::ispunct(static_cast<unsigned char>(text_[at_ + 1])) == 0)
            return false;
        plain_ += text_[at_ + 1];
        at_ += 2;
        return true;
    }

    bool code() {
        if (text_[at_] != '`') return false;
        const auto marks = std::min(text_.find_first_not_of('`', at_), text_.size()) - at_;
        if (marks > 8) return skip(marks);
        const auto inside = text_.substr(at_ + marks, kCodeBytesMax);
        if (!spend(0)) return skip(marks);
        const auto end = inside.find(text_.substr(at_, marks));
        if (end == std::string_view::npos) {
            spend(inside.size());
            return skip(marks);
        }
        plain_ += trim(inside.substr(0, end));
        at_ += marks + end + marks;
        return true;
    }

    // [text](address), ![text](address), [text][label], [text] alone (its brackets stay), [^note]
    bool link() {
        const bool image = text_[at_] == '!' && at_ + 1 < text_.size() && text_[at_ + 1] == '[';
        if (text_[at_] != '[' && !image) return false;
        const auto begin = at_ + (image ? 2 : 1);
        const auto close = matching(begin, '[', ']');
        if (!close) return false;
        const auto label = text_.substr(begin, *close - begin);
        auto after = *close + 1;
        const char next = after < text_.size() ? text_[after] : '\0';
        if (label.starts_with('^') && next != '(') {
            at_ = after;
            return true;
        }
        const auto end = next == '('   ? matching(after + 1, '(', ')')
                         : next == '[' ? matching(after + 1, '[', ']')
                                       : std::nullopt;
        if (!end) return false;
        plain_ += depth_ < kDepthMax ? nested(label) : std::string(label);
        at_ = *end + 1;
        return true;
    }

    // <https://…> keeps the address, <b> goes.
    bool angle() {
        if (text_[at_] != '<' || at_ + 1 >= text_.size()) return false;
        const char next = text_[at_ + 1];
        if (next != '/' && next != '!' && std::isalpha(static_cast<unsigned char>(next)) == 0) return false;
        const auto window = text_.substr(at_, kTagBytesMax);
        const auto end = spend(0) ? window.find('>') : std::string_view::npos;
        if (end == std::string_view::npos) {
            spend(window.size());
            return false;
        }
        const auto inside = text_.substr(at_ + 1, end - 1);
        if (inside.contains("://") && !inside.contains(' '))
            plain_ += inside;
        else if (equal_ignoring_case(inside.substr(0, 2), "br"))
            plain_ += ' ';
        at_ += end + 1;
        return true;
    }

    // Runs of *, _ and ~~ at a word's border. Inside a word only * is a mark: snake_case stays. A mark with space on
    // both sides is text.
    bool emphasis() {
        const char c = text_[at_];
        if (c != '*' && c != '_' && c != '~') return false;
        const auto marks = std::min(text_.find_first_not_of(c, at_), text_.size()) - at_;
        const char before = at_ > 0 ? text_[at_ - 1] : ' ';
        const char after = at_ + marks < text_.size() ? text_[at_ + marks] : ' ';
        const bool lonely = before == ' ' && after == ' ';
        const bool inside_word = is_word(before) && is_word(after);
        const bool kept = lonely || (c == '~' && marks != 2) || (c == '_' && inside_word) ||
                          (c == '*' && std::isdigit(static_cast<unsigned char>(before)) != 0 &&
                           std::isdigit(static_cast<unsigned char>(after)) != 0);
        if (kept) plain_ += text_.substr(at_, marks);
        at_ += marks;
        return true;
    }

    bool skip(std::size_t count) {
        plain_ += text_.substr(at_, count);
        at_ += count;
        return true;
    }

    // False when the budget for looking ahead is used up.
    bool spend(std::size_t bytes) {
        budget_ -= std::min(budget_, bytes);
        return budget_ > 0;
    }

    // The place of the bracket that closes the one before `from`.
    std::optional<std::size_t> matching(std::size_t from, char open, char close) {
        std::size_t depth = 0;
        const auto end = std::min(text_.size(), from + kLinkBytesMax);
        for (std::size_t i = from; i < end && spend(1); ++i) {
            if (text_[i] == '\\')
                ++i;
            else if (text_[i] == open)
                ++depth;
            else if (text_[i] == close && depth-- == 0)
                return i;
        }
        return std::nullopt;
    }

    // A picture inside a link, emphasis inside a link's text.
    std::string nested(std::string_view label) const {
        InlineReader reader(label);
        reader.depth_ = depth_ + 1;
        return reader.read();
    }

    static constexpr int kDepthMax = 3;
    std::string_view text_;
    std::string plain_;
    std::size_t at_ = 0;
    std::size_t budget_;
    int depth_ = 0;
};

constexpr auto kEntities = std::to_array<std::pair<std::string_view, std::string_view>>({{"amp", "&"},
                                                                                         {"lt", "<"},
                                                                                         {"gt", ">"},
                                                                                         {"quot", "\""},
                                                                                         {"apos", "'"},
                                                                                         {"nbsp", " "},
                                                                                         {"lrm", ""},
                                                                                         {"rlm", ""},
                                                                                         {"mdash", "—"},
                                                                                         {"ndash", "–"},
                                                                                         {"hellip", "…"},
                                                                                         {"copy", "©"}});

// "#65" or "#x41".
std::optional<char32_t> code_point_of(std::string_view name) {
    if (name.size() < 2 || name.size() > 8 || name[0] != '#') return std::nullopt;
    const bool hex = name[1] == 'x' || name[1] == 'X';
    char32_t value = 0;
    for (const char c : name.substr(hex ? 2 : 1)) {
        const auto byte = static_cast<unsigned char>(c);
        if (hex ? std::isxdigit(byte) == 0 : std::isdigit(byte) == 0) return std::nullopt;
        const int digit = std::isdigit(byte) != 0 ? c - '0' : std::tolower(byte) - 'a' + 10;
        value = value * (hex ? 16 : 10) + static_cast<char32_t>(digit);
    }
    return value < 0x20 ? U' ' : value;
}

}  // namespace

std::string strip_markdown(std::string_view text) { return decode_entities(InlineReader(text).read()); }

std::string decode_entities(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    while (true) {
        const auto mark = text.find('&');
        decoded += text.substr(0, mark);
        if (mark == std::string_view::npos) return decoded;
        text.remove_prefix(mark);
        const auto end = text.substr(0, 12).find(';');
        const auto name = end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
        const auto known = std::ranges::find(kEntities, name, [](const auto& entity) { return entity.first; });
        if (const auto code_point = code_point_of(name))
            append_utf8(decoded, *code_point);
        else if (known != kEntities.end())
            decoded += known->second;
        else {
            decoded += '&';
            text.remove_prefix(1);
            continue;
        }
        text.remove_prefix(end + 1);
    }
}

}  // namespace slipway::knowledge
