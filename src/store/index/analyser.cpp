#include "store/index/analyser.h"

#include "store/index/analysis.h"

namespace slipway::store {
namespace {

struct Terms {
    void keep(const FoundTerm& term) {
        const auto text = term.form ? std::string_view(forms.term(*term.form)) : term.text;
        all.push_back({std::string(text), term.offset, term.length, term.position});
    }
    void clear() { all.clear(); }
    std::size_t size() const { return all.size(); }

    const WordForms& forms;
    std::vector<Term> all;
};

}  // namespace

std::vector<Term> analyse(std::string_view text, std::string_view language) {
    auto& forms = WordForms::of_this_thread(language);
    Terms terms{forms, {}};
    Analysis(text, forms, terms).run();
    return std::move(terms.all);
}

}  // namespace slipway::store
