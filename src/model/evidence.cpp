#include "model/evidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "base/text.h"

namespace slipway::model {
namespace {

constexpr double kIntercept = -6.85;
constexpr double kPassage = 12.7;
constexpr double kSentence = 6.5;
constexpr double kFact = -3.0;

template <std::size_t Count>
bool is_one_of(std::string_view word, const std::array<std::string_view, Count>& words) {
    return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 3> kLinks{"and", "so", "but"};
constexpr std::array<std::string_view, 7> kPrepositions{"in", "on", "at", "by", "for", "from", "to"};
constexpr std::array<std::string_view, 3> kAlways{"which", "whose", "who"};
constexpr std::array<std::string_view, 10> kAuxiliaries{"is",   "was", "are",  "were", "do",
                                                        "does", "did", "will", "can",  "should"};
constexpr std::array<std::string_view, 4> kForms{"is", "are", "was", "were"};
constexpr std::array<std::string_view, 4> kMeasures{"year", "time", "date", "day"};

// The first words in lower case, apostrophes and other marks as separators.
std::vector<std::string> first_words(std::string_view question, std::size_t count) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : question) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        if (lower >= 'a' && lower <= 'z') {
            word += lower;
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
            if (words.size() == count) return words;
        }
    }
    if (!word.empty()) words.push_back(std::move(word));
    return words;
}

bool asks(std::span<const std::string> words) {
    const auto at = [&](std::size_t i) { return i < words.size() ? std::string_view(words[i]) : std::string_view(); };
    if (is_one_of(at(0), kAlways)) return true;
    if (at(0) == "how") return at(1) == "many" || at(1) == "much";
    if (at(0) == "when") return is_one_of(at(1), kAuxiliaries);  // not "when I sit"
    if (at(0) != "what") return false;
    return is_one_of(at(1), kMeasures) || (at(2) == "the" && (at(1) == "s" || is_one_of(at(1), kForms)));
}

}  // namespace

double Evidence::chance() const {
    return 1 / (1 + std::exp(-(kIntercept + kPassage * passage + kSentence * sentence + (asks_for_fact ? kFact : 0))));
}

bool asks_for_fact(std::string_view question, std::string_view language) {
    if (language != "english") return false;
    const auto words = first_words(question, 6);
    std::span<const std::string> rest(words);
    if (!rest.empty() && is_one_of(rest.front(), kLinks)) rest = rest.subspan(1);
    if (!rest.empty() && is_one_of(rest.front(), kPrepositions)) rest = rest.subspan(1);
    return asks(rest);
}

}  // namespace slipway::model
