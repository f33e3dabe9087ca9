#include "app/script/pattern.h"

#include <cctype>
#include <string>

namespace slipway::app {
namespace {

constexpr std::int64_t kStepsPerCharge = 4096;
constexpr char kEscape = '%';

[[noreturn]] void malformed(std::string text) { throw PatternError{std::move(text)}; }

unsigned char byte_of(char letter) { return static_cast<unsigned char>(letter); }

// %a, %D, … ; a letter that names no class stands for itself.
bool in_class(unsigned char byte, unsigned char name) {
    bool inside = false;
    switch (std::tolower(name)) {
        case 'a':
            inside = std::isalpha(byte) != 0;
            break;
        case 'c':
            inside = std::iscntrl(byte) != 0;
            break;
        case 'd':
            inside = std::isdigit(byte) != 0;
            break;
        case 'g':
            inside = std::isgraph(byte) != 0;
            break;
        case 'l':
            inside = std::islower(byte) != 0;
            break;
        case 'p':
            inside = std::ispunct(byte) != 0;
            break;
        case 's':
            inside = std::isspace(byte) != 0;
            break;
        case 'u':
            inside = std::isupper(byte) != 0;
            break;
        case 'w':
            inside = std::isalnum(byte) != 0;
            break;
        case 'x':
            inside = std::isxdigit(byte) != 0;
            break;
        case 'z':
            inside = byte == 0;
            break;
        default:
            return name == byte;
    }
    return std::isupper(name) != 0 ? !inside : inside;
}

// Counts one level of the C stack for as long as it lives.
struct Depth {
    explicit Depth(int& depth) : depth_(depth) {
        if (++depth_ > kPatternDepthMax) {
            --depth_;
            malformed("pattern too complex");
        }
    }
    ~Depth() { --depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    int& depth_;
};

}  // namespace

PatternMatch::PatternMatch(std::string_view subject, std::string_view pattern, StepMeter& meter)
    : subject_(subject), pattern_(pattern), meter_(meter) {}

void PatternMatch::step(std::int64_t steps) {
    steps_ += steps;
    if (steps_ < kStepsPerCharge) return;
    const auto due = steps_;
    steps_ = 0;
    if (!meter_.charge(due)) throw StepsExhausted();
}

std::size_t PatternMatch::match_at(std::size_t start) {
    level_ = 0;
    depth_ = 0;
    return match(start, 0);
}

const PatternCapture& PatternMatch::capture(int index) const {
    const auto& found = captures_.at(static_cast<std::size_t>(index));
    if (found.length == kCaptureOpen) malformed("unfinished capture");
    return found;
}

std::size_t PatternMatch::item_end(std::size_t item) const {
    const char first = pattern_[item++];
    if (first == kEscape) {
        if (item >= pattern_.size()) malformed("malformed pattern (ends with '%')");
        return item + 1;
    }
    if (first != '[') return item;
    if (item < pattern_.size() && pattern_[item] == '^') ++item;
    do {  // looks for the closing bracket; one that comes first is a member of the set
        if (item >= pattern_.size()) malformed("malformed pattern (missing ']')");
        if (pattern_[item++] == kEscape) ++item;
    } while (item >= pattern_.size() || pattern_[item] != ']');
    return item + 1;
}

bool PatternMatch::in_set(unsigned char byte, std::size_t set, std::size_t closing) {
    bool positive = true;
    ++set;
    if (pattern_[set] == '^') {
        positive = false;
        ++set;
    }
    for (; set < closing; ++set) {
        step();
        if (pattern_[set] == kEscape) {
            ++set;
            if (in_class(byte, byte_of(pattern_[set]))) return positive;
        } else if (set + 2 < closing && pattern_[set + 1] == '-') {
            if (byte_of(pattern_[set]) <= byte && byte <= byte_of(pattern_[set + 2])) return positive;
            set += 2;
        } else if (byte_of(pattern_[set]) == byte) {
            return positive;
        }
    }
    return !positive;
}

bool PatternMatch::matches_one(std::size_t at, std::size_t item, std::size_t end) {
    step();
    if (at >= subject_.size()) return false;
    const auto byte = byte_of(subject_[at]);
    switch (pattern_[item]) {
        case '.':
            return true;
        case kEscape:
            return in_class(byte, byte_of(pattern_[item + 1]));
        case '[':
            return in_set(byte, item, end - 1);
        default:
            return byte_of(pattern_[item]) == byte;
    }
}

std::size_t PatternMatch::match(std::size_t at, std::size_t item) {
    const Depth level(depth_);
    while (item < pattern_.size()) {
        step();
        const char first = pattern_[item];
        if (first == '(') {
            const bool position = item + 1 < pattern_.size() && pattern_[item + 1] == ')';
            return position ? open_capture(at, item + 2, kCapturePosition) : open_capture(at, item + 1, kCaptureOpen);
        }
        if (first == ')') return close_capture(at, item + 1);
        if (first == '$' && item + 1 == pattern_.size()) return at == subject_.size() ? at : npos;
        if (first == kEscape && item + 1 < pattern_.size()) {
            bool handled = false;
            const auto next = match_special(at, item, handled);
            if (handled) {
                if (next == npos) return npos;
                at = next;
                item = pattern_[item + 1] == 'b' ? item + 4 : pattern_[item + 1] == 'f' ? item_end(item + 2) : item + 2;
                continue;
            }
        }
        const auto end = item_end(item);
        bool go_on = false;
        const auto next = match_repeated(at, item, end, go_on);
        if (!go_on) return next;
        at = next;
        const bool quantified = end < pattern_.size() && std::string_view("?*-").contains(pattern_[end]);
        item = quantified ? end + 1 : end;
    }
    return at;
}

// %b, %f and %1…%9: items without quantifier.
std::size_t PatternMatch::match_special(std::size_t at, std::size_t item, bool& handled) {
    const char kind = pattern_[item + 1];
    handled = kind == 'b' || kind == 'f' || std::isdigit(byte_of(kind)) != 0;
    if (!handled) return npos;
    if (kind == 'b') return match_balance(at, item + 2);
    if (kind != 'f') return match_back_reference(at, byte_of(kind));
    if (item + 2 >= pattern_.size() || pattern_[item + 2] != '[') malformed("missing '[' after '%f' in pattern");
    return frontier(at, item + 2, item_end(item + 2)) ? at : npos;
}

// One item with its quantifier. `go_on`: it matched up to the returned place and the rest of the pattern follows;
// otherwise the returned value is the answer.
std::size_t PatternMatch::match_repeated(std::size_t at, std::size_t item, std::size_t end, bool& go_on) {
    const char quantifier = end < pattern_.size() ? pattern_[end] : '\0';
    const bool one = matches_one(at, item, end);
    if (!one) {
        go_on = quantifier == '*' || quantifier == '?' || quantifier == '-';
        return go_on ? at : npos;
    }
    if (quantifier == '*') return expand_most(at, item, end);
    if (quantifier == '+') return expand_most(at + 1, item, end);
    if (quantifier == '-') return expand_least(at, item, end);
    go_on = true;
    if (quantifier != '?') return at + 1;
    const auto rest = match(at + 1, end + 1);
    go_on = rest == npos;
    return go_on ? at : rest;
}

std::size_t PatternMatch::expand_most(std::size_t at, std::size_t item, std::size_t end) {
    std::size_t count = 0;
    while (matches_one(at + count, item, end)) ++count;
    for (;; --count) {
        const auto rest = match(at + count, end + 1);
        if (rest != npos || count == 0) return rest;
    }
}

std::size_t PatternMatch::expand_least(std::size_t at, std::size_t item, std::size_t end) {
    for (;; ++at) {
        const auto rest = match(at, end + 1);
        if (rest != npos) return rest;
        if (!matches_one(at, item, end)) return npos;
    }
}

std::size_t PatternMatch::open_capture(std::size_t at, std::size_t item, std::ptrdiff_t kind) {
    if (level_ >= kPatternCapturesMax) malformed("too many captures");
    captures_.at(static_cast<std::size_t>(level_)) = {at, kind};
    ++level_;
    const auto rest = match(at, item);
    if (rest == npos) --level_;
    return rest;
}

std::size_t PatternMatch::close_capture(std::size_t at, std::size_t item) {
    int open = level_ - 1;
    while (open >= 0 && captures_.at(static_cast<std::size_t>(open)).length != kCaptureOpen) --open;
    if (open < 0) malformed("invalid pattern capture");
    auto& capture = captures_.at(static_cast<std::size_t>(open));
    capture.length = static_cast<std::ptrdiff_t>(at - capture.begin);
    const auto rest = match(at, item);
    if (rest == npos) capture.length = kCaptureOpen;
    return rest;
}

std::size_t PatternMatch::match_balance(std::size_t at, std::size_t item) {
    if (item + 1 >= pattern_.size()) malformed("malformed pattern (missing arguments to '%b')");
    const char opening = pattern_[item];
    const char closing = pattern_[item + 1];
    if (at >= subject_.size() || subject_[at] != opening) return npos;
    std::size_t nested = 1;
    while (++at < subject_.size()) {
        step();
        if (subject_[at] == closing) {
            if (--nested == 0) return at + 1;
        } else if (subject_[at] == opening) {
            ++nested;
        }
    }
    return npos;
}

// Outside the subject stands the byte 0.
bool PatternMatch::frontier(std::size_t at, std::size_t set, std::size_t set_end) {
    const unsigned char before = at == 0 ? 0 : byte_of(subject_[at - 1]);
    const unsigned char here = at < subject_.size() ? byte_of(subject_[at]) : 0;
    return !in_set(before, set, set_end - 1) && in_set(here, set, set_end - 1);
}

std::size_t PatternMatch::match_back_reference(std::size_t at, unsigned char digit) {
    const int index = digit - '1';
    if (index < 0 || index >= level_ || captures_.at(static_cast<std::size_t>(index)).length == kCaptureOpen)
        malformed("invalid capture index %" + std::to_string(index + 1));
    const auto& capture = captures_.at(static_cast<std::size_t>(index));
    if (capture.length == kCapturePosition) return npos;
    const auto length = static_cast<std::size_t>(capture.length);
    step(static_cast<std::int64_t>(length / 16));
    if (subject_.size() - at < length) return npos;
    return subject_.substr(capture.begin, length) == subject_.substr(at, length) ? at + length : npos;
}

bool is_plain_pattern(std::string_view pattern) {
    return pattern.find_first_of("^$*+?.([%-") == std::string_view::npos;
}

}  // namespace slipway::app
