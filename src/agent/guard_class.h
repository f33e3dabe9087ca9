// What a guard looks for, and where a text has it.
//
// A phrase is a sequence of whole words; case, accents, punctuation and line breaks do not count. Whom a match speaks
// of is decided by the nearest word for a person before it in its sentence ("my friend says she wants to …": she), at
// most kReach bytes away; in a text that is whole, else by the nearest one behind it. That is a rule of thumb: where it
// finds nobody, the match counts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::agent {

struct GuardClass {
    std::string name;
    std::vector<std::string> phrases;
    std::vector<std::string> exceptions;  // phrases inside which a match does not count ("kill time")
    bool question_too = true;             // look at the user's message as well
    std::string replacement;              // not empty: the answer ends with this
    std::string disclaimer;
    // With a replacement: a match that speaks of somebody else does not replace the answer, the text is appended.
    std::vector<std::string> others;   // words and phrases for somebody else ("friend", "she"), or around a match
                                       // ("suicidal friend")
    std::vector<std::string> speaker;  // words for who writes ("I", "my")
    std::string others_text;           // what is appended then; empty: the replacement
};

// A text as classes see it: its words, folded, one space before and after each.
struct GuardText {
    explicit GuardText(std::string_view text);
    // For texts that grow (guard_window.h): what follows, without and with the space after the last word.
    void append(std::string_view text);
    void close();
    std::string words;
    std::vector<std::size_t> sentences;  // where each begins in `words`, ascending; the first is 0
};

// Folds and sorts what a class was given. A phrase without a word is dropped.
void fold(GuardClass& rules);

inline constexpr std::size_t kReach = 120;

struct GuardSpan {  // of words: which matches are wanted
    std::size_t begins_min = 0;
    std::size_t ends_min = 0;  // only those that end behind this
    std::size_t ends_max = std::string::npos;
    bool whole = true;  // false: more text may follow, so nobody is looked for behind a match
};

struct GuardMatch {
    std::size_t at = std::string::npos;
    std::string phrase;
    bool of_another = false;  // it speaks of somebody else

    bool found() const { return at != std::string::npos; }
    bool counts() const { return found() && !of_another; }
};
// One that counts, else one that speaks of somebody else, else none. `rules` are folded.
GuardMatch find_match(const GuardClass& rules, const GuardText& text, GuardSpan span = {});

}  // namespace slipway::agent
