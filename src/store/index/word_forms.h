// From a word to the form that is indexed: case folded, stop words recognised, stemmed by language, accents removed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

struct sb_stemmer;

namespace slipway::store {

struct WordForm {
    std::uint32_t number = 0;  // of the term, see WordForms::term()
    bool leaves_term = true;   // false for a word of which nothing is left
    bool is_stop_word = false;
};

// Not thread safe, as Snowball's stemmers are not: each thread has its own, see of_this_thread().
class WordForms {
 public:
    // Recently seen words are remembered; the memory is emptied when it is full.
    static constexpr std::size_t kRemembered = 16'384;
    // Of a term, after folding (some characters fold to many).
    static constexpr std::size_t kTermBytesMax = 256;

    explicit WordForms(std::string language);
    // For the named language, or plain folding for one that Snowball does not know. Lives as long as the thread.
    static WordForms& of_this_thread(std::string_view language);

    // The word may have inner apostrophes ('). The number holds until the next call.
    WordForm find(std::string_view case_folded_word);
    // Numbers are below kRemembered.
    const std::string& term(std::uint32_t number) const { return terms_[number]; }
    // What somebody notes at a term; gone when the form is forgotten, and anew when somebody else asks.
    std::uint32_t& note(std::uint32_t number, std::uint64_t whose) {
        auto& note = notes_[number];
        if (note.whose != whose) note = {whose, 0};
        return note.value;
    }
    std::uint64_t next_whose() { return ++last_whose_; }
    const std::string& language() const { return language_; }
    // French and Italian glue articles to words: l'homme, dell'anno.
    bool splits_at_apostrophe() const { return splits_at_apostrophe_; }

 private:
    // Not noexcept: only then does the table keep the hashes of its keys, instead of hashing each that it walks past.
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
    };
    // Looked into for each word of each text.
    using Known = boost::unordered_flat_map<std::string, WordForm, Hash, std::equal_to<>>;
    std::string term_of(std::string_view word);
    std::string_view stem(std::string_view word);

    std::string language_;
    bool splits_at_apostrophe_;
    std::unique_ptr<sb_stemmer, void (*)(sb_stemmer*)> stemmer_;
    Known known_;
    struct Note {
        std::uint64_t whose = 0;
        std::uint32_t value = 0;
    };
    std::vector<std::string> terms_;
    std::vector<Note> notes_;  // of terms_
    std::uint64_t last_whose_ = 0;
};

}  // namespace slipway::store
