#include "store/index/embedded_prepare.h"

#include <algorithm>
#include <unordered_map>

#include "store/index/posting_batch.h"
#include "store/index/term_numbers.h"
#include "store/index/vector.h"

namespace slipway::store::embedded {
namespace {

// Prepares passages of one call, with terms in the order in which they are found.
class Preparation {
 public:
    explicit Preparation(const CollectionOptions& options) : options_(options), numbers_(options.language) {}

    void add(Passage passage);
    PreparedPassages finish();

 private:
    void count_terms(PreparedPassage& prepared);

    const CollectionOptions& options_;
    TermNumbers numbers_;
    std::vector<std::uint32_t> found_;   // in the passage at hand
    std::vector<std::uint32_t> counts_;  // by number, of the passage at hand
    PreparedPassages prepared_;
};

void Preparation::add(Passage passage) {
    PreparedPassage prepared;
    prepared.metadata = write_json(passage.metadata);
    if (passage.vector) prepared.vector = to_bytes(prepared_vector(options_.metric, *std::move(passage.vector)));
    prepared.id = std::move(passage.id);
    prepared.name_space = std::move(passage.name_space);
    prepared.text = std::move(passage.text);
    prepared.extra_text = std::move(passage.extra_text);
    count_terms(prepared);
    prepared_.all.push_back(std::move(prepared));
}

void Preparation::count_terms(PreparedPassage& prepared) {
    found_.clear();
    numbers_.append(prepared.text, found_);
    numbers_.append(prepared.extra_text, found_);
    counts_.resize(numbers_.terms().size());
    std::size_t different = 0;
    for (const auto number : found_)
        if (++counts_[number] == 1) ++different;
    prepared.length = found_.size();
    prepared.terms.reserve(different);
    for (const auto number : found_)
        if (const auto occurrences = std::exchange(counts_[number], 0); occurrences > 0)
            prepared.terms.push_back({number, occurrences});
}

// From numbers to places in the sorted list.
PreparedPassages Preparation::finish() {
    const auto& terms = numbers_.terms();
    std::vector<std::pair<std::uint64_t, std::uint32_t>> sorted(terms.size());  // by prefix first
    for (std::uint32_t number = 0; number < terms.size(); ++number) sorted[number] = {prefix_of(terms[number]), number};
    std::ranges::sort(sorted, [&terms](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : terms[a.second] < terms[b.second];
    });
    std::vector<std::uint32_t> places(terms.size());
    prepared_.terms.reserve(terms.size());
    for (const auto& [prefix, number] : sorted) {
        places[number] = static_cast<std::uint32_t>(prepared_.terms.size());
        prepared_.terms.push_back(terms[number]);
    }
    for (auto& passage : prepared_.all)
        for (auto& term : passage.terms) term.term = places[term.term];
    return std::move(prepared_);
}

}  // namespace

PreparedPassages prepare_passages(std::vector<Passage> passages, const CollectionOptions& options) {
    std::unordered_map<std::string_view, std::size_t> last;
    for (std::size_t i = 0; i < passages.size(); ++i) last[passages[i].id] = i;
    std::vector<bool> stays(passages.size());
    for (const auto& [id, index] : last) stays[index] = true;
    Preparation preparation(options);
    for (std::size_t i = 0; i < passages.size(); ++i)
        if (stays[i]) preparation.add(std::move(passages[i]));
    return preparation.finish();
}

}  // namespace slipway::store::embedded
