#include "agent/guard_class.h"

#include <algorithm>

#include "store/index/analyser.h"

namespace slipway::agent {
namespace {

constexpr std::string_view kSentenceEnds = ".!?;\n";

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// The dashes and quotation marks of typography (U+2010 to U+203E, « and ») as their plain counterparts.
std::string plain_punctuation(std::string text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto rest = std::string_view(text).substr(i);
        const auto third = rest.size() > 2 ? static_cast<unsigned char>(rest[2]) : 0U;
        if (rest.starts_with("\xE2\x80") && third >= 0x90 && third <= 0xBE) {
            plain += third == 0x98 || third == 0x99 ? '\'' : ' ';
            i += 2;
        } else if (rest.starts_with("\xC2\xAB") || rest.starts_with("\xC2\xBB")) {
            plain += ' ';
            i += 1;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::string folded(std::string_view phrase) { return GuardText(phrase).words; }

void fold(std::vector<std::string>& phrases) {
    for (auto& phrase : phrases) phrase = folded(phrase);
    std::erase(phrases, " ");
}

// Phrases that stand around [at, at + length).
bool stands_inside(const std::vector<std::string>& phrases, std::string_view text, std::size_t at, std::size_t length) {
    return std::ranges::any_of(phrases, [&](const std::string& phrase) {
        const auto earliest = at + length > phrase.size() ? at + length - phrase.size() : 0;
        for (auto found = text.find(phrase, earliest); found != std::string_view::npos && found <= at;
             found = text.find(phrase, found + 1))
            if (found + phrase.size() >= at + length) return true;
        return false;
    });
}

// Where the last of these ends in the text; 0: nowhere.
std::size_t last_end(const std::vector<std::string>& phrases, std::string_view text) {
    std::size_t last = 0;
    for (const auto& phrase : phrases)
        if (const auto at = text.rfind(phrase); at != std::string_view::npos) last = std::max(last, at + phrase.size());
    return last;
}

struct Stretch {
    std::size_t begin = std::string_view::npos, end = std::string_view::npos;
};

Stretch first_of(const std::vector<std::string>& phrases, std::string_view text) {
    Stretch first;
    for (const auto& phrase : phrases)
        if (const auto at = text.find(phrase); at < first.begin) first = {at, at + phrase.size()};
    return first;
}

bool speaks_of_another(const GuardClass& rules, const GuardText& text, std::size_t at, std::size_t length, bool whole) {
    if (rules.others.empty()) return false;
    const std::string_view words = text.words;
    if (stands_inside(rules.others, words, at, length)) return true;
    const auto next = std::ranges::upper_bound(text.sentences, at);
    const auto sentence = *std::prev(next);
    // Neighbours share the space between them.
    const auto begin = std::max(sentence, at > kReach ? at - kReach : 0);
    const auto before = words.substr(begin, at + 1 - begin);
    const auto other = last_end(rules.others, before), speaker = last_end(rules.speaker, before);
    if (other != speaker) return other > speaker;
    if (!whole) return false;
    const auto end = next == text.sentences.end() ? words.size() : *next + 1;
    const auto behind = words.substr(at + length - 1, std::min(kReach, end - std::min(end, at + length - 1)));
    // "My friend": the speaker's word directly before another's is about the other.
    const auto first = first_of(rules.others, behind);
    return first.begin != std::string_view::npos && first.begin < first_of(rules.speaker, behind).end;
}

}  // namespace

GuardText::GuardText(std::string_view text) : words(" "), sentences{0} {
    append(text);
    close();
}

void GuardText::append(std::string_view text) {
    if (text.empty()) return;
    for (const char c : plain_punctuation(store::fold(text))) {
        if (is_word_byte(c)) {
            words += c;
            continue;
        }
        if (c == '\'') continue;
        if (words.back() != ' ') words += ' ';
        const auto here = words.size() - 1;
        if (kSentenceEnds.find(c) != std::string_view::npos && sentences.back() != here) sentences.push_back(here);
    }
}

void GuardText::close() {
    if (words.back() != ' ') words += ' ';
}

void fold(GuardClass& rules) {
    for (auto* phrases : {&rules.phrases, &rules.exceptions, &rules.others, &rules.speaker}) fold(*phrases);
    std::ranges::sort(rules.phrases);
}

// Every phrase begins with a space, so where a word begins only those of its first letter are compared: a stream is
// looked at with each piece that comes.
GuardMatch find_match(const GuardClass& rules, const GuardText& text, GuardSpan span) {
    const std::string_view words = text.words;
    const auto first_letter = [](std::string_view phrase) { return static_cast<unsigned char>(phrase[1]); };
    GuardMatch of_another;
    const auto end = words.size() - 1;  // the space behind the last word
    for (auto at = words.find(' ', span.begins_min); at < end; at = words.find(' ', at + 1)) {
        const auto rest = words.substr(at);
        for (const auto& phrase : std::ranges::equal_range(rules.phrases, first_letter(rest), {}, first_letter)) {
            const auto ends = at + phrase.size();
            if (ends <= span.ends_min || ends > span.ends_max || !rest.starts_with(phrase)) continue;
            if (stands_inside(rules.exceptions, words, at, phrase.size())) continue;
            if (!speaks_of_another(rules, text, at, phrase.size(), span.whole)) return {at, phrase};
            of_another = {at, phrase, true};
        }
    }
    return of_another;
}

}  // namespace slipway::agent
