#include "store/index/analyser.h"

#include <algorithm>
#include <array>

#include "store/index/fold.h"
#include "store/index/segment.h"
#include "store/index/word_forms.h"

namespace slipway::store {
namespace {

class Analysis {
 public:
    Analysis(std::string_view text, WordForms& forms) : text_(text), forms_(forms) {}
    std::vector<Term> run();

 private:
    void add_word(const Word& word);
    void add_pairs(const Word& run);
    std::string_view lowered(const Word& word);
    void keep(const WordForm& form, std::size_t offset, std::size_t length);

    std::string_view text_;
    WordForms& forms_;
    std::string buffer_;
    std::size_t position_ = 0;
    std::vector<Term> terms_;
    bool only_stop_words_ = true;  // so far; then terms_ holds them
};

std::vector<Term> Analysis::run() {
    Segmenter words(text_, forms_.splits_at_apostrophe());
    for (Word word; terms_.size() < kTermsMax && words.next(word);) {
        if (word.is_paired)
            add_pairs(word);
        else
            add_word(word);
    }
    return std::move(terms_);
}

// The case-folded word with plain apostrophes, in buffer_.
std::string_view Analysis::lowered(const Word& word) {
    const auto bytes = text_.substr(word.begin, word.cut - word.begin);
    buffer_.clear();
    if (word.is_ascii) {
        for (const char c : bytes) buffer_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return buffer_;
    }
    append_case_folded(buffer_, bytes);
    for (const std::string_view other : {"\u2019", "\u02BC"})
        for (std::size_t at = 0; (at = buffer_.find(other, at)) != std::string::npos;)
            buffer_.replace(at, other.size(), "'");
    return buffer_;
}

void Analysis::add_word(const Word& word) {
    keep(forms_.of(lowered(word)), word.begin, word.end - word.begin);
    ++position_;
}

// Every two neighbours; a character that stands alone is a term of one.
void Analysis::add_pairs(const Word& run) {
    std::size_t begin = run.begin;
    std::size_t middle = begin + character_length(text_, begin);
    do {
        const std::size_t end = middle < run.end ? middle + character_length(text_, middle) : run.end;
        const auto pair = text_.substr(begin, end - begin);
        WordForm form;
        buffer_.clear();
        append_case_folded(buffer_, pair);
        append_unaccented(form.term, buffer_);
        keep(form, begin, pair.size());
        ++position_;
        begin = middle;
        middle = end;
    } while (middle < run.end && terms_.size() < kTermsMax);
}

void Analysis::keep(const WordForm& form, std::size_t offset, std::size_t length) {
    if (form.term.empty()) return;
    if (form.is_stop_word && !only_stop_words_) return;
    if (!form.is_stop_word && only_stop_words_) {
        terms_.clear();
        only_stop_words_ = false;
    }
    terms_.push_back({form.term, offset, length, position_});
}

}  // namespace

std::vector<Term> analyse(std::string_view text, std::string_view language) {
    return Analysis(text, WordForms::of_this_thread(language)).run();
}

}  // namespace slipway::store
