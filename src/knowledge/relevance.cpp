#include "knowledge/relevance.h"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <unordered_map>

#include "base/text.h"
#include "store/index/analyser.h"
#include "store/index/bm25.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kTermsMax = 1024;  // of the question and its synonyms together; further synonyms do not count
using Terms = std::bitset<kTermsMax>;

void add_words(Asked& asked, std::string_view text, double weight, const Synonyms* synonyms,
               std::string_view language) {
    const auto expansions = synonyms ? synonyms->expand(text) : std::vector<Expansion>();
    for (const auto& term : store::analyse(text, language)) {
        auto word = std::ranges::find(asked.words, term.text, &QuestionWord::term);
        if (word == asked.words.end()) {
            if (asked.words.size() == kQuestionWordsMax) break;
            asked.words.push_back({term.text, weight});
            word = std::prev(asked.words.end());
            // The index weighs the words of a query by 1; words of the conversation go to it as expansions.
            if (weight < 1) asked.expansions.push_back({term.text, weight});
        }
        for (const auto& expansion : expansions)
            if (term.position >= expansion.position && term.position < expansion.position + expansion.words &&
                !expansion.terms->empty())
                word->synonyms.push_back(expansion.terms);
    }
    auto weighted = Synonyms::weighted(expansions, weight * kSynonymWeight);
    asked.expansions.insert(asked.expansions.end(), std::make_move_iterator(weighted.begin()),
                            std::make_move_iterator(weighted.end()));
}

// The question's words and their synonyms as numbers.
class Vocabulary {
 public:
    explicit Vocabulary(const Asked& asked) {
        for (const auto& word : asked.words) number(word.term);
        for (const auto& word : asked.words) {
            auto& alternatives = alternatives_.emplace_back();
            for (const auto* phrase : word.synonyms) {
                Terms terms;
                bool all = true;
                for (const auto& term : *phrase) {
                    const auto known = number(term);
                    all = all && known < kTermsMax;
                    if (known < kTermsMax) terms.set(known);
                }
                if (all && terms.any()) alternatives.push_back(terms);
            }
        }
    }

    std::optional<std::size_t> find(TermHash term) const {
        if (!seen_.test(term % kSeen)) return std::nullopt;  // as most words of a passage
        const auto known = numbers_.find(term);
        return known == numbers_.end() ? std::nullopt : std::optional(known->second);
    }
    // How far `terms` cover the word: 0, kSynonymShare or 1.
    double cover(std::size_t word, const Terms& terms) const {
        if (terms.test(word)) return 1;
        const auto stands_in = [&](const Terms& phrase) { return (phrase & terms) == phrase; };
        return std::ranges::any_of(alternatives_[word], stands_in) ? kSynonymShare : 0;
    }

 private:
    static constexpr std::size_t kSeen = 8192;

    std::size_t number(std::string_view term) {
        const auto hash = hash_of_term(term);
        if (const auto known = find(hash)) return *known;
        if (numbers_.size() == kTermsMax) return kTermsMax;
        const auto next = numbers_.size();
        numbers_.emplace(hash, next);
        seen_.set(hash % kSeen);
        return next;
    }

    std::unordered_map<TermHash, std::size_t> numbers_;
    std::bitset<kSeen> seen_;
    std::vector<std::vector<Terms>> alternatives_;  // by word
};

// A passage in those numbers.
struct Read {
    std::vector<Terms> sentences;
    Terms heading;  // title and headings
    Terms all;
    std::vector<std::size_t> occurrences;  // by word of the question
    std::size_t length = 0;                // as BM25 counts it
};

Read in_numbers(const Reading& reading, const Vocabulary& vocabulary, std::size_t words) {
    Read result;
    result.occurrences.resize(words);
    result.length = reading.terms.size();
    std::size_t at = 0;
    for (std::size_t part = 0; part < reading.ends.size(); ++part) {
        Terms terms;
        for (; at < reading.ends[part]; ++at) {
            const auto known = vocabulary.find(reading.terms[at]);
            if (!known) continue;
            terms.set(*known);
            if (*known < words) ++result.occurrences[*known];
        }
        result.all |= terms;
        if (part == 0)
            result.heading = terms;
        else
            result.sentences.push_back(terms);
    }
    return result;
}

// The idf that a word's BM25 score came from, see bm25.h.
double rarity_behind(double score, double weight, std::size_t occurrences, double relative_length) {
    const auto f = static_cast<double>(occurrences);
    const double k = store::kBm25Saturation;
    const double b = store::kBm25LengthNormalisation;
    return score / weight * (f + k * (1 - b + b * relative_length)) / (f * (k + 1));
}

// Of each word: the mean over the passages that hold it, or what a word is worth that no passage holds.
std::vector<double> rarities(const std::vector<Candidate>& found, const std::vector<Read>& reads, const Asked& asked,
                             std::uint64_t passages) {
    double length = 0;
    for (const auto& one : reads) length += static_cast<double>(one.length);
    const double average = std::max(1.0, length / static_cast<double>(std::max<std::size_t>(1, reads.size())));
    const double unknown =
        std::log1p((static_cast<double>(std::max<std::uint64_t>(passages, found.size())) + 0.5) / 0.5);
    std::vector<double> result;
    for (std::size_t word = 0; word < asked.words.size(); ++word) {
        double sum = 0;
        std::size_t seen = 0, held = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (reads[i].occurrences[word] == 0) continue;
            ++held;
            const auto& terms = found[i].found.terms;
            const auto term = std::ranges::find(terms, asked.words[word].term, &store::TermScore::term);
            if (term == terms.end()) continue;
            ++seen;
            sum += rarity_behind(term->score, asked.words[word].weight, reads[i].occurrences[word],
                                 static_cast<double>(reads[i].length) / average);
        }
        const double among_found =
            std::log1p((static_cast<double>(found.size() - held) + 0.5) / (static_cast<double>(held) + 0.5));
        result.push_back(seen > 0 ? sum / static_cast<double>(seen) : held > 0 ? among_found : unknown);
    }
    return result;
}

class Judge {
 public:
    Judge(const Asked& asked, const Vocabulary& vocabulary, std::vector<double> rarity)
        : vocabulary_(vocabulary), worth_(std::move(rarity)) {
        for (std::size_t word = 0; word < worth_.size(); ++word) total_ += worth_[word] *= asked.words[word].weight;
    }

    double score(const Read& passage, const Terms& document) const {
        if (total_ <= 0) return 0;
        double anywhere = 0;
        for (std::size_t word = 0; word < worth_.size(); ++word)
            anywhere += worth_[word] * std::max(vocabulary_.cover(word, passage.all),
                                                kDocumentShare * vocabulary_.cover(word, document));
        return std::clamp((kStretchShare * best_stretch(passage) + (1 - kStretchShare) * anywhere) / total_, 0.0, 1.0);
    }

 private:
    double best_stretch(const Read& passage) const {
        double best = covered(passage.heading);
        for (std::size_t begin = 0; begin < passage.sentences.size(); ++begin) {
            auto terms = passage.heading;
            for (std::size_t i = begin; i < std::min(begin + kStretchSentences, passage.sentences.size()); ++i)
                terms |= passage.sentences[i];
            best = std::max(best, covered(terms));
        }
        return best;
    }
    double covered(const Terms& terms) const {
        double sum = 0;
        for (std::size_t word = 0; word < worth_.size(); ++word) sum += worth_[word] * vocabulary_.cover(word, terms);
        return sum;
    }

    const Vocabulary& vocabulary_;
    std::vector<double> worth_;  // by word: rarity and weight
    double total_ = 0;
};

double weigh(double words, const std::optional<double>& similarity) {
    return kWordsShare * words + (1 - kWordsShare) * std::clamp(similarity.value_or(0), 0.0, 1.0);
}

// The share of the shorter one's words that the longer one has too, if they are of similar size; else 0.
double likeness(const std::vector<TermHash>& a, const std::vector<TermHash>& b) {
    const auto [smaller, larger] = std::minmax(a.size(), b.size());
    if (smaller == 0 || smaller * 2 < larger) return 0;
    std::size_t common = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        common += a[i] == b[j] ? 1 : 0;
        const bool next_of_a = a[i] <= b[j], next_of_b = b[j] <= a[i];
        i += next_of_a ? 1 : 0;
        j += next_of_b ? 1 : 0;
    }
    return static_cast<double>(common) / static_cast<double>(smaller);
}

}  // namespace

Asked understand(std::string_view question, std::string_view context, const Synonyms* synonyms,
                 std::string_view language) {
    Asked asked;
    add_words(asked, question, 1, synonyms, language);
    if (!context.empty()) add_words(asked, context, kContextWeight, synonyms, language);
    return asked;
}

void judge(std::vector<Candidate>& candidates, const Asked& asked, std::uint64_t passages_in_index, bool by_meaning) {
    const Vocabulary vocabulary(asked);
    std::vector<Read> reads;
    for (const auto& one : candidates) reads.push_back(in_numbers(*one.reading, vocabulary, asked.words.size()));
    std::unordered_map<std::string_view, Terms> documents;
    for (std::size_t i = 0; i < candidates.size(); ++i) documents[candidates[i].found.document.id] |= reads[i].all;
    const Judge judge(asked, vocabulary, rarities(candidates, reads, asked, passages_in_index));
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        auto& found = candidates[i].found;
        found.score = judge.score(reads[i], documents[found.document.id]);
        if (by_meaning) found.score = weigh(found.score, found.vector_score);
    }
    const auto order = [](const Candidate& one) { return std::pair(-one.found.score, one.rank); };
    if (by_meaning) std::ranges::sort(candidates, {}, order);
}

std::vector<Found> fold_near_equal(std::vector<Candidate> candidates, std::size_t limit) {
    constexpr double kNearEqual = 0.9;
    std::vector<Found> kept;
    std::vector<std::shared_ptr<const Reading>> readings;
    for (auto& [found, rank, reading] : candidates) {
        if (kept.size() == limit) break;
        const auto says_the_same = [&](const auto& other) {
            return likeness(reading->different_ones, other->different_ones) >= kNearEqual;
        };
        if (std::ranges::any_of(readings, says_the_same)) continue;
        readings.push_back(std::move(reading));
        kept.push_back(std::move(found));
    }
    return kept;
}

}  // namespace slipway::knowledge
