// The walk through a text that finds its terms by the rules of analyser.h, for whoever keeps them. Internal to this
// room.
//
// A sink has  void keep(const FoundTerm&),  void clear()  (what was kept of this text are stop words, and it has
// others),  std::size_t size()  (of what was kept of this text).
#pragma once

#include <optional>

#include "store/index/analyser.h"
#include "store/index/fold.h"
#include "store/index/segment.h"
#include "store/index/word_forms.h"

namespace slipway::store {

struct FoundTerm {
    std::optional<std::uint32_t> form;                 // its number in the word forms, which know its text
    std::string_view text;                             // else; until keep() returns
    std::size_t offset = 0, length = 0, position = 0;  // see Term
};

template <typename Sink>
class Analysis {
 public:
    Analysis(std::string_view text, WordForms& forms, Sink& sink) : text_(text), forms_(forms), sink_(sink) {}
    void run();

 private:
    void add_word(const Word& word);
    void add_pairs(const Word& run);
    std::string_view lowered(const Word& word);
    void keep(const FoundTerm& term, bool is_stop_word);

    std::string_view text_;
    WordForms& forms_;
    Sink& sink_;
    std::string buffer_;
    std::size_t position_ = 0;
    bool only_stop_words_ = true;  // so far; then the sink holds them
};

template <typename Sink>
void Analysis<Sink>::run() {
    Segmenter words(text_, forms_.splits_at_apostrophe());
    for (Word word; sink_.size() < kTermsMax && words.next(word);) {
        if (word.is_paired)
            add_pairs(word);
        else
            add_word(word);
    }
}

// The case-folded word with plain apostrophes, in buffer_.
template <typename Sink>
std::string_view Analysis<Sink>::lowered(const Word& word) {
    const auto bytes = text_.substr(word.begin, word.cut - word.begin);
    if (word.is_ascii) {
        buffer_.resize(bytes.size());
        std::ranges::transform(bytes, buffer_.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        return buffer_;
    }
    buffer_.clear();
    append_case_folded(buffer_, bytes);
    for (const std::string_view other : {"\u2019", "\u02BC"})
        for (std::size_t at = 0; (at = buffer_.find(other, at)) != std::string::npos;)
            buffer_.replace(at, other.size(), "'");
    return buffer_;
}

template <typename Sink>
void Analysis<Sink>::add_word(const Word& word) {
    const auto position = position_++;
    if (const auto form = forms_.find(lowered(word)); form.leaves_term)
        keep({form.number, {}, word.begin, word.end - word.begin, position}, form.is_stop_word);
}

// Every two neighbours; a character that stands alone is a term of one.
template <typename Sink>
void Analysis<Sink>::add_pairs(const Word& run) {
    std::size_t begin = run.begin;
    std::size_t middle = begin + character_length(text_, begin);
    do {
        const std::size_t end = middle < run.end ? middle + character_length(text_, middle) : run.end;
        const auto pair = text_.substr(begin, end - begin);
        std::string term;
        buffer_.clear();
        append_case_folded(buffer_, pair);
        append_unaccented(term, buffer_);
        const auto position = position_++;
        if (!term.empty()) keep({std::nullopt, term, begin, pair.size(), position}, false);
        begin = middle;
        middle = end;
    } while (middle < run.end && sink_.size() < kTermsMax);
}

template <typename Sink>
void Analysis<Sink>::keep(const FoundTerm& term, bool is_stop_word) {
    if (is_stop_word && !only_stop_words_) return;
    if (!is_stop_word && only_stop_words_) {
        sink_.clear();
        only_stop_words_ = false;
    }
    sink_.keep(term);
}

}  // namespace slipway::store
