#include "model/quotation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "base/sentence.h"
#include "base/text.h"
#include "store/index/analyser.h"

namespace slipway::model {
namespace {

constexpr std::size_t kFreeSentences = 2;  // of a stretch; further ones must bring something
constexpr std::size_t kQuotationsMax = 2;
// What a further sentence must bring, as a share of all that is asked, to be worth reading.
constexpr double kWorthASentence = 0.08;
// What a second passage must add to the first, the same.
constexpr double kWorthAPassage = 0.25;
constexpr std::size_t kHeadingBytesMax = 120;
// What the nearness of a stretch's nearest sentence is worth beside its share of the words.
constexpr double kNearnessWorth = 1;

// First words that point at the sentence before. Words of languages that are not here point at nothing.
constexpr auto kPointingBack = std::to_array<std::string_view>(
    {"it",   "its",     "this", "that",  "these", "those",   "they",      "them",      "their",
     "he",   "she",     "his",  "her",   "him",   "then",    "so",        "but",       "and",
     "or",   "also",    "such", "there", "here",  "instead", "otherwise", "therefore", "however",
     "both", "neither", "es",   "das",   "dies",  "diese",   "dieser",    "dieses",    "er",
     "sie",  "dann",    "aber", "und",   "oder",  "deshalb", "daher",     "dabei",     "dort"});

struct Sentence {
    std::string_view text;
    bool quotable = false;
    bool points_back = false;
    std::vector<std::size_t> words;  // of the question, each once
    double nearness = 0;
};

struct Passage {
    const GroundingPassage* source = nullptr;
    std::vector<Sentence> sentences;
};

// The words that count, as numbers, with what they are worth.
struct Words {
    std::unordered_map<std::string, std::size_t> numbers;
    std::vector<double> worth;
    double total = 0;
};

bool ends_like_a_sentence(std::string_view text) {
    constexpr auto kEnds = std::to_array<std::string_view>({".", "!", "?", "…", ":", ";", "。", "！", "？"});
    constexpr auto kClosers = std::to_array<std::string_view>({"\"", "'", ")", "]", "”", "’", "»", "」", "』"});
    for (bool again = true; again;) {
        again = false;
        for (const auto closer : kClosers)
            if (text.ends_with(closer)) {
                text.remove_suffix(closer.size());
                again = true;
            }
    }
    return std::ranges::any_of(kEnds, [&](auto end) { return text.ends_with(end); });
}

// A short line without a full stop that begins a block and has text of its own below it.
bool is_heading(std::string_view passage, std::string_view line) {
    const auto begin = static_cast<std::size_t>(line.data() - passage.data());
    const auto end = begin + line.size();
    const bool begins_block = begin == 0 || passage.substr(0, begin).ends_with("\n\n");
    const bool ends_line = end < passage.size() && passage[end] == '\n' && passage.substr(end, 2) != "\n\n";
    if (!begins_block || !ends_line || line.size() > kHeadingBytesMax) return false;
    // A list begins a block as well: its items are like the line that follows.
    const auto next = passage.substr(end + 1, passage.find('\n', end + 1) - end - 1);
    return line.ends_with('?') || (!ends_like_a_sentence(line) && ends_like_a_sentence(next));
}

bool points_back(std::string_view sentence) {
    const auto word = sentence.substr(0, sentence.find_first_of(" ,'’"));
    return std::ranges::find(kPointingBack, lower_ascii(word)) != kPointingBack.end();
}

Passage read(const GroundingPassage& source, const Words& words, std::string_view language,
             const QuotationLimits& limits, const Nearness& nearness) {
    Passage passage{&source, {}};
    const auto text = cut_utf8(source.text, limits.passage_bytes);
    for (const auto part : split_sentences(text)) {
        Sentence sentence{
            part, part.size() <= limits.sentence_bytes && !is_heading(text, part), points_back(part), {}, 0};
        if (passage.sentences.size() < nearness.size()) sentence.nearness = nearness[passage.sentences.size()];
        for (const auto& term : store::analyse(part, language)) {
            const auto known = words.numbers.find(term.text);
            if (known != words.numbers.end() &&
                std::ranges::find(sentence.words, known->second) == sentence.words.end())
                sentence.words.push_back(known->second);
        }
        passage.sentences.push_back(std::move(sentence));
    }
    return passage;
}

// The question's words and, where the passages say so, what was searched beside them.
Words words_of(std::string_view question, std::span<const GroundingPassage* const> passages,
               std::string_view language) {
    Words words;
    const auto add = [&](const std::string& term, double worth) {
        const auto [known, is_new] = words.numbers.emplace(term, words.worth.size());
        if (is_new)
            words.worth.push_back(worth);
        else
            words.worth[known->second] = std::max(words.worth[known->second], worth);
    };
    for (const auto& term : store::analyse(question, language)) add(term.text, 0);
    for (const auto* passage : passages)
        for (const auto& term : passage->terms) add(term.term, term.score);
    return words;
}

// Words about which the passages say nothing count by their rarity in the sentences.
void weigh_by_rarity(Words& words, const std::vector<Passage>& passages) {
    const bool known = std::ranges::any_of(words.worth, [](double worth) { return worth > 0; });
    std::vector<std::size_t> held(words.worth.size());
    std::size_t sentences = 0;
    for (const auto& passage : passages)
        for (const auto& sentence : passage.sentences) {
            ++sentences;
            for (const auto word : sentence.words) ++held[word];
        }
    for (std::size_t word = 0; word < words.worth.size(); ++word) {
        if (!known && held[word] > 0)
            words.worth[word] = std::log1p(static_cast<double>(sentences) / static_cast<double>(held[word]));
        words.total += words.worth[word];
    }
}

// Sentences begin … end - 1 of a passage.
struct Stretch {
    const Passage* passage = nullptr;
    std::size_t begin = 0, end = 0;
    double gain = 0;   // less what its sentences cost
    double worth = 0;  // of the words, as a share of all that is asked, and of its nearness
};

class Chooser {
 public:
    explicit Chooser(const Words& words) : words_(words), said_(words.worth.size()) {}

    // The best stretch of the passage for what is not said yet, within `room` sentences; empty when it brings too
    // little.
    Stretch choose(const Passage& passage, std::size_t room, double worth_min);

 private:
    Stretch measure(const Passage& passage, std::size_t begin, std::size_t end) const;

    const Words& words_;
    std::vector<bool> said_;
    double nearest_said_ = 0;
};

Stretch Chooser::measure(const Passage& passage, std::size_t begin, std::size_t end) const {
    Stretch stretch{&passage, begin, end, 0, 0};
    auto seen = said_;
    double nearest = nearest_said_;
    for (auto i = begin; i < end; ++i) {
        nearest = std::max(nearest, passage.sentences[i].nearness);
        for (const auto word : passage.sentences[i].words) {
            if (!seen[word]) stretch.worth += words_.worth[word] / words_.total;
            seen[word] = true;
        }
    }
    stretch.worth += kNearnessWorth * (nearest - nearest_said_);
    const auto paid = std::max(end - begin, kFreeSentences) - kFreeSentences;
    stretch.gain = stretch.worth - static_cast<double>(paid) * kWorthASentence;
    return stretch;
}

Stretch Chooser::choose(const Passage& passage, std::size_t room, double worth_min) {
    const auto& sentences = passage.sentences;
    Stretch best{&passage, 0, 0, 0, 0};
    for (std::size_t begin = 0; begin < sentences.size(); ++begin) {
        const bool needs_the_one_before = sentences[begin].points_back && begin > 0 && sentences[begin - 1].quotable;
        if (needs_the_one_before) continue;
        for (auto end = begin; end < std::min(sentences.size(), begin + room) && sentences[end].quotable; ++end) {
            const auto stretch = measure(passage, begin, end + 1);
            if (stretch.gain > best.gain) best = stretch;
        }
    }
    if (best.worth <= worth_min) return {&passage, 0, 0, 0, 0};
    for (auto i = best.begin; i < best.end; ++i) {
        nearest_said_ = std::max(nearest_said_, sentences[i].nearness);
        for (const auto word : sentences[i].words) said_[word] = true;
    }
    return best;
}

// People ask in the words with which a text begins a thought; what it says about them follows. Returns what is left of
// the room.
std::size_t extend(Stretch& stretch, std::size_t room) {
    const auto& sentences = stretch.passage->sentences;
    for (; room > 0 && stretch.end < sentences.size() && sentences[stretch.end].quotable; --room) ++stretch.end;
    return room;
}

Quotation quote(const Stretch& stretch) {
    Quotation quotation{stretch.passage->source, {}};
    for (auto i = stretch.begin; i < stretch.end; ++i)
        quotation.sentences.push_back(stretch.passage->sentences[i].text);
    return quotation;
}

}  // namespace

std::vector<Quotation> choose_quotations(std::span<const GroundingPassage* const> passages, std::string_view question,
                                         std::string_view language, const QuotationLimits& limits,
                                         std::span<const Nearness> nearness) {
    auto words = words_of(question, passages, language);
    std::vector<Passage> read_passages;
    for (std::size_t i = 0; i < passages.size(); ++i)
        read_passages.push_back(
            read(*passages[i], words, language, limits, i < nearness.size() ? nearness[i] : Nearness()));
    weigh_by_rarity(words, read_passages);
    std::vector<Quotation> quotations;
    if (words.total <= 0) {
        if (nearness.empty()) return quotations;
        words.total = 1;
    }
    Chooser chooser(words);
    std::vector<Stretch> stretches;
    std::size_t room = limits.sentences;
    for (const auto& passage : read_passages) {
        if (room == 0 || stretches.size() == kQuotationsMax) break;
        const auto stretch = chooser.choose(passage, room, stretches.empty() ? 0 : kWorthAPassage);
        if (stretch.begin == stretch.end) continue;
        room -= stretch.end - stretch.begin;
        stretches.push_back(stretch);
    }
    for (auto& stretch : stretches) room = extend(stretch, room);
    for (const auto& stretch : stretches) quotations.push_back(quote(stretch));
    return quotations;
}

}  // namespace slipway::model
