#include "knowledge/question.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "store/index/analyser.h"
#include "store/index/fold.h"
#include "store/index/stop_words.h"

namespace slipway::knowledge {
namespace {

// A question of so few words that say something is taken as leaning, whatever they are.
constexpr std::size_t kTooFewWords = 1;
// One that points back ("it", "them") leans when it has no more than these: longer ones usually say whom they mean.
constexpr std::size_t kPointingWordsMax = 5;

using Words = std::span<const std::string_view>;

struct Language {
    std::string_view name;
    Words openings;  // how a question begins that goes on from another
    Words pointers;  // words that stand for something said before
    Words asides;    // words that are no topic: "more", "example"
};

constexpr auto kEnglishOpenings = std::to_array<std::string_view>(
    {"and",       "but",      "or",      "also",   "then",        "what if",   "what about", "how about",
     "what else", "why",      "why not", "how so", "how come",    "really",    "what then",  "so what",
     "ok and",    "okay and", "yes but", "no but", "for example", "like what", "such as",    "instead"});
constexpr auto kEnglishPointers = std::to_array<std::string_view>(
    {"it", "its", "that", "this", "these", "those", "them", "they", "their",  "theirs",
     "he", "him", "his",  "she",  "her",   "hers",  "one",  "ones", "former", "latter"});
constexpr auto kEnglishAsides = std::to_array<std::string_view>(
    {"long",   "much",    "many", "often", "more",   "else",  "example",   "examples", "mean",    "explain", "tell",
     "detail", "details", "go",   "thing", "things", "again", "elaborate", "continue", "happens", "work"});
constexpr auto kGermanOpenings = std::to_array<std::string_view>(
    {"und", "aber", "oder", "auch", "dann", "was wenn", "wie wäre", "was ist mit", "wie ist es mit", "warum", "wieso",
     "weshalb", "warum nicht", "wirklich", "und dann", "zum beispiel"});
constexpr auto kGermanPointers = std::to_array<std::string_view>(
    {"es",   "das",   "dies",  "diese",  "dieser",  "dieses", "diesem", "diesen", "ihn",
     "ihm",  "ihnen", "sie",   "er",     "deren",   "dessen", "damit",  "dabei",  "davon",
     "dazu", "dafür", "daran", "darauf", "darüber", "dort",   "so"});
constexpr auto kGermanAsides =
    std::to_array<std::string_view>({"lange", "viel", "viele", "oft", "mehr", "beispiel", "beispiele", "genauer",
                                     "erkläre", "erklären", "weiter", "nochmal", "sonst"});

constexpr std::array<Language, 2> kLanguages{{{"english", kEnglishOpenings, kEnglishPointers, kEnglishAsides},
                                              {"german", kGermanOpenings, kGermanPointers, kGermanAsides}}};

const Language* language_named(std::string_view name) {
    const auto found = std::ranges::find(kLanguages, name, &Language::name);
    return found == kLanguages.end() ? nullptr : &*found;
}

// Folded, separated by single spaces, with one at each end.
std::string padded_words(std::string_view question) {
    std::string words = " ";
    for (const auto& term : store::analyse(question, "none")) words += term.text + " ";
    return words;
}

bool begins_with_any(std::string_view words, Words openings) {
    return std::ranges::any_of(openings,
                               [&](auto opening) { return words.starts_with(" " + store::fold(opening) + " "); });
}

bool holds_any(std::string_view words, Words wanted) {
    return std::ranges::any_of(
        wanted, [&](auto word) { return words.find(" " + store::fold(word) + " ") != std::string_view::npos; });
}

// Different words that say something.
std::size_t content_words(std::string_view question, std::string_view language, Words asides) {
    std::vector<std::string> seen;
    for (auto& term : store::analyse(question, language)) {
        const auto written = question.substr(term.offset, term.length);
        const auto word = store::fold(written);
        std::string lower;
        store::append_case_folded(lower, written);
        if (store::is_stop_word(lower, language)) continue;  // the analyser keeps them where nothing else is said
        const bool aside = std::ranges::any_of(asides, [&](auto one) { return store::fold(one) == word; });
        if (!aside && std::ranges::find(seen, term.text) == seen.end()) seen.push_back(std::move(term.text));
    }
    return seen.size();
}

}  // namespace

bool leans_on_context(std::string_view question, std::string_view language) {
    question = cut_utf8(question, QuestionLimits::bytes);
    const auto* words_of = language_named(language);
    const auto content = content_words(question, language, words_of ? words_of->asides : Words());
    if (content <= kTooFewWords) return true;
    if (words_of == nullptr) return false;
    const auto words = padded_words(question);
    if (begins_with_any(words, words_of->openings)) return true;
    return content <= kPointingWordsMax && holds_any(words, words_of->pointers);
}

std::string context_of(std::string_view question, const std::vector<std::string>& earlier, std::string_view language) {
    if (earlier.empty() || !leans_on_context(question, language)) return "";
    std::string context;
    std::size_t looked_at = 0;
    for (auto before = earlier.rbegin(); before != earlier.rend() && looked_at < QuestionLimits::earlier_questions;
         ++before) {
        const auto text = collapse_spaces(cut_utf8(*before, QuestionLimits::earlier_bytes));
        if (text.empty() || text == collapse_spaces(question)) continue;
        ++looked_at;
        context = context.empty() ? text : text + " " + context;
        if (!leans_on_context(text, language)) break;
    }
    return context;
}

std::string complete_question(std::string_view question, const std::vector<std::string>& earlier,
                              std::string_view language) {
    const auto asked = trim(question);
    auto completed = context_of(asked, earlier, language);
    if (!completed.empty()) completed += ' ';
    return completed += asked;
}

}  // namespace slipway::knowledge
