#include "store/index/term_numbers.h"

#include "store/index/analysis.h"

namespace slipway::store {

class TermNumbers::Sink {
 public:
    Sink(TermNumbers& numbers, std::vector<std::uint32_t>& out) : numbers_(numbers), out_(out), begin_(out.size()) {}
    void keep(const FoundTerm& term) {
        out_.push_back(term.form ? numbers_.number_of_form(*term.form) : numbers_.number_of(term.text));
    }
    void clear() { out_.resize(begin_); }
    std::size_t size() const { return out_.size() - begin_; }

 private:
    TermNumbers& numbers_;
    std::vector<std::uint32_t>& out_;
    std::size_t begin_;
};

void TermNumbers::append(std::string_view text, std::vector<std::uint32_t>& numbers) {
    Sink sink(*this, numbers);
    Analysis(text, forms_, sink).run();
}

std::uint32_t TermNumbers::number_of(std::string_view term) {
    if (const auto known = known_.find(term); known != known_.end()) return known->second;
    const auto number = static_cast<std::uint32_t>(terms_.size());
    terms_.emplace_back(term);
    known_.emplace(std::string_view(terms_.back()), number);
    return number;
}

// Most words come again: then no string is compared, or even looked at.
std::uint32_t TermNumbers::number_of_form(std::uint32_t form) {
    auto& known = forms_.note(form, whose_);
    if (known == 0) known = number_of(forms_.term(form)) + 1;
    return known - 1;
}

}  // namespace slipway::store
