// How well a passage answers a question, from 0 to 1 and comparable between questions: the share of what was asked that
// stands together in the passage. Internal to retrieval.
//
// Every word of the question weighs what it is worth as evidence: its rarity in the index (Robertson's idf), taken back
// from the BM25 scores of the hits; a word that occurs in none of them counts as one that the index does not know. A
// word is covered by itself, or for kSynonymShare by a synonym. What counts most is how much a stretch of
// kStretchSentences sentences covers together with the passage's title and headings; the rest is what the passage, or
// at least its document, covers anywhere.
//
// Where there are vectors, the words count for kWordsShare of the score and the similarity of the vectors for the rest,
// and the passages are put into the order of their scores: measured on the tuning questions of
// tests/retrieval that finds twice as many first answers to questions which share no word as fusing ranks does.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/reading.h"
#include "knowledge/synonyms.h"
#include "knowledge/types.h"

namespace slipway::knowledge {

inline constexpr std::size_t kQuestionWordsMax = 64;  // further words do not count
inline constexpr std::size_t kStretchSentences = 4;
inline constexpr double kStretchShare = 0.85;
inline constexpr double kSynonymShare = 0.8;
inline constexpr double kDocumentShare = 0.4;  // of a word that stands elsewhere in the document
// A word taken over from the conversation, relative to one of the question itself.
inline constexpr double kContextWeight = 0.6;
inline constexpr double kWordsShare = 0.4;

struct QuestionWord {
    std::string term;
    double weight = 1;
    std::vector<const std::vector<std::string>*> synonyms = {};  // any of these phrases may stand for it
};

// What is asked: the question's own words and those of the conversation it leans on, with what may stand for them.
struct Asked {
    std::vector<QuestionWord> words;
    std::vector<store::WeightedTerm> expansions;  // for Query::expansions
};
// `synonyms` may be null, else it outlives the result.
Asked understand(std::string_view question, std::string_view context, const Synonyms* synonyms,
                 std::string_view language);

struct Candidate {
    Found found;
    std::size_t rank = 0;                         // in the order of the index
    std::shared_ptr<const Reading> reading = {};  // of its text; not null where it is judged
};

// Fills Found::score of all. `by_meaning`: the question had a vector, so they are sorted anew. `passages_in_index` is
// for the rarity of words that occur nowhere.
void judge(std::vector<Candidate>& candidates, const Asked& asked, std::uint64_t passages_in_index, bool by_meaning);

// The first of passages with almost the same words, and of those the first `limit`.
std::vector<Found> fold_near_equal(std::vector<Candidate> candidates, std::size_t limit);

}  // namespace slipway::knowledge
