#include "base/sentence.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace slipway {
namespace {

// Words after which a full stop does not end a sentence, in lower case, sorted. Those of the second list do end one
// when an upper-case letter follows ("at 5 p.m. We left").
constexpr auto kAlwaysAbbreviated = std::to_array<std::string_view>(
    {"al",   "approx", "bzw",  "ca",  "capt", "cf",  "col",  "d.h", "dipl", "dr",  "e.g",    "ed",  "eds",
     "evtl", "fig",    "figs", "gen", "ggf",  "gov", "hon",  "i.e", "ing",  "lt",  "messrs", "mr",  "mrs",
     "ms",   "mt",     "mwst", "nr",  "op",   "pp",  "prof", "rep", "rev",  "s.o", "s.u",    "sen", "sgt",
     "st",   "str",    "u.a",  "usf", "viz",  "vol", "vols", "vs",  "z.b",  "z.t"});
static_assert(std::ranges::is_sorted(kAlwaysAbbreviated));
constexpr auto kMayEnd = std::to_array<std::string_view>(
    {"a.m", "apr", "aug", "bros", "co", "corp", "dec",  "dept", "est", "etc",  "feb", "inc", "jan", "jr",   "ltd",
     "min", "no",  "nov", "oct",  "p",  "p.m",  "ph.d", "sec",  "sep", "sept", "sr",  "u.k", "u.s", "u.s.a"});
static_assert(std::ranges::is_sorted(kMayEnd));

// After an ordinal ("am 3. Mai").
constexpr auto kMonths = std::to_array<std::string_view>({"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli",
                                                          "August", "September", "Oktober", "November", "Dezember"});

constexpr auto kWideStops = std::to_array<std::string_view>({"。", "！", "？", "｡"});
constexpr auto kClosers = std::to_array<std::string_view>(
    {"\"", "'", ")", "]", "}", "”", "’", "»", "」", "』", "）", "】", "〉", "》", "*", "_"});
constexpr auto kOpeners =
    std::to_array<std::string_view>({"\"", "'", "(", "[", "“", "‘", "«", "„", "「", "¿", "¡", "*", "_"});

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// Where a sentence may end; most characters are none of these.
bool may_end(char c) { return c == '\n' || c == '.' || c == '!' || c == '?' || static_cast<unsigned char>(c) >= 0x80; }

std::size_t length_of_any(std::string_view text, std::span<const std::string_view> marks) {
    if (text.empty()) return 0;
    for (const auto mark : marks)
        if (text.front() == mark.front() && text.starts_with(mark)) return mark.size();
    return 0;
}

// The letters, digits and inner full stops before `at`: "p.m" for "at 5 p.m.". Nothing longer than an abbreviation is
// looked at.
std::string_view word_before(std::string_view text, std::size_t at) {
    constexpr std::size_t kLongest = 12;
    std::size_t begin = at;
    while (begin > 0 && at - begin <= kLongest &&
           (is_letter(text[begin - 1]) || text[begin - 1] == '.' || is_digit(text[begin - 1])))
        --begin;
    return text.substr(begin, at - begin);
}

// Whether the text after the stop's white space looks like the middle of a sentence.
bool continues(std::string_view rest) {
    while (const auto length = length_of_any(rest, kOpeners)) rest.remove_prefix(length);
    return !rest.empty() &&
           (is_lower(rest.front()) || rest.front() == ',' || rest.front() == ';' || rest.front() == ':');
}

// Whether the full stop at `at` belongs to the word before it, given the text after the white space.
bool is_abbreviation(std::string_view text, std::size_t at, std::string_view rest) {
    const auto word = word_before(text, at);
    if (word.empty()) return false;
    const auto lowered = lower_ascii(word);
    if (std::ranges::binary_search(kAlwaysAbbreviated, lowered)) return true;
    // An initial: "J. Smith". "I" ends sentences more often than it starts a name.
    if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z' && word[0] != 'I') return true;
    if (std::ranges::binary_search(kMayEnd, lowered))
        return !rest.empty() && (continues(rest) || is_digit(rest.front()));
    // An ordinal or a list's number: "am 3. Mai", "der 2. und", "1. Wash the rice".
    const bool number = std::ranges::all_of(word, is_digit);
    const bool starts_line = at == word.size() || text[at - word.size() - 1] == '\n';
    return number && word.size() <= 3 && (starts_line || continues(rest) || length_of_any(rest, kMonths) > 0);
}

class Splitter {
 public:
    Splitter(std::string_view text, SentenceOptions options) : text_(text), options_(options) {}

    std::vector<std::string_view> split() {
        while (true) {
            while (at_ < text_.size() && !may_end(text_[at_])) ++at_;
            if (at_ >= text_.size()) break;
            step();
        }
        cut(text_.size());
        return std::move(sentences_);
    }

 private:
    void step() {
        const char c = text_[at_];
        if (c == '\n') return line_end();
        if (c == '.' || c == '!' || c == '?') return stop();
        if (static_cast<unsigned char>(c) >= 0x80) {
            if (const auto length = length_of_any(text_.substr(at_), kWideStops)) {
                at_ += length;
                skip_closers();
                return cut(at_);
            }
            if (text_.substr(at_).starts_with("…")) return stop();
        }
        ++at_;
    }

    void line_end() {
        std::size_t next = at_ + 1;
        while (next < text_.size() && (text_[next] == ' ' || text_[next] == '\t' || text_[next] == '\r')) ++next;
        const bool empty_line = next < text_.size() && text_[next] == '\n';
        if (options_.line_ends_sentence || empty_line) cut(at_);
        at_ = next;
    }

    void stop() {
        const auto mark = at_;
        const bool full_stop = text_[at_] == '.';
        std::size_t marks = 0;
        while (at_ < text_.size()) {
            const auto length = text_.substr(at_).starts_with("…") ? std::string_view("…").size()
                                : text_[at_] == '.' || text_[at_] == '!' || text_[at_] == '?' ? std::size_t{1}
                                                                                              : 0;
            if (length == 0) break;
            at_ += length;
            ++marks;
        }
        skip_closers();
        if (at_ < text_.size() && !is_space(text_[at_])) return;  // 3.14, example.org, "?!" inside a word
        std::size_t next = at_;
        while (next < text_.size() && is_space(text_[next])) ++next;
        const auto rest = text_.substr(next);
        if (next < text_.size() && continues(rest)) return;
        if (full_stop && marks == 1 && is_abbreviation(text_, mark, rest)) return;
        cut(at_);
    }

    void skip_closers() {
        while (at_ < text_.size()) {
            const auto length = length_of_any(text_.substr(at_, 4), kClosers);
            if (length == 0) return;
            at_ += length;
        }
    }

    void cut(std::size_t end) {
        const auto sentence = trim(text_.substr(begin_, end - begin_));
        if (!sentence.empty()) sentences_.push_back(sentence);
        begin_ = end;
    }

    std::string_view text_;
    SentenceOptions options_;
    std::size_t at_ = 0;
    std::size_t begin_ = 0;
    std::vector<std::string_view> sentences_;
};

}  // namespace

std::vector<std::string_view> split_sentences(std::string_view text, SentenceOptions options) {
    return Splitter(text, options).split();
}

}  // namespace slipway
