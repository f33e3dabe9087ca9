#include "store/index/word_forms.h"

#include <algorithm>
#include <map>

#include <libstemmer.h>

#include "base/text.h"
#include "store/index/analyser.h"
#include "store/index/fold.h"
#include "store/index/stop_words.h"

namespace slipway::store {
namespace {

bool has_digit(std::string_view word) {
    return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

void remove_apostrophes(std::string& word) { std::erase(word, '\''); }

// The English stemmers know no accents: "résumés" must be folded first. The others want theirs.
bool stems_plain_letters(std::string_view language) {
    return language == "english" || language == "porter" || language == "lovins";
}

}  // namespace

bool is_language(std::string_view language) {
    if (language == "none") return true;
    for (const char** name = sb_stemmer_list(); *name; ++name)
        if (language == *name) return true;
    return false;
}

WordForms::WordForms(std::string language)
    : language_(std::move(language)),
      splits_at_apostrophe_(language_ == "french" || language_ == "italian" || language_ == "catalan"),
      stemmer_(is_language(language_) && language_ != "none" ? sb_stemmer_new(language_.c_str(), "UTF_8") : nullptr,
               sb_stemmer_delete) {}

WordForms& WordForms::of_this_thread(std::string_view language) {
    thread_local std::map<std::string, std::unique_ptr<WordForms>, std::less<>> all;
    auto found = all.find(language);
    if (found != all.end()) return *found->second;
    if (!is_language(language)) return of_this_thread("none");
    found = all.emplace(language, std::make_unique<WordForms>(std::string(language))).first;
    return *found->second;
}

WordForm WordForms::find(std::string_view word) {
    if (const auto found = known_.find(word); found != known_.end()) return found->second;
    if (known_.size() >= kRemembered) {
        known_.clear();
        terms_.clear();
        notes_.clear();
    }
    const auto& term = terms_.emplace_back(term_of(word));
    notes_.emplace_back();
    const WordForm form{static_cast<std::uint32_t>(terms_.size() - 1), !term.empty(), is_stop_word(word, language_)};
    known_.emplace(std::string(word), form);
    return form;
}

std::string WordForms::term_of(std::string_view word) {
    std::string letters;
    if (stems_plain_letters(language_))
        append_unaccented(letters, word);
    else
        letters = word;
    if (!has_digit(letters)) letters = stem(letters);
    std::string term;
    append_unaccented(term, letters);
    remove_apostrophes(term);
    return std::string(cut_utf8(term, kTermBytesMax));
}

std::string_view WordForms::stem(std::string_view word) {
    if (!stemmer_) return word;
    const auto* stemmed =
        sb_stemmer_stem(stemmer_.get(), reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
    if (!stemmed) return word;  // out of memory
    return {reinterpret_cast<const char*>(stemmed), static_cast<std::size_t>(sb_stemmer_length(stemmer_.get()))};
}

}  // namespace slipway::store
