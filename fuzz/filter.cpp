// The bytes are read as a filter, then as a query: whatever conditions are put together, the embedded index counts,
// lists and finds the very passages that the reference semantics let through, and none of another workspace.
#include <algorithm>

#include <unistd.h>

#include "store/index/embedded.h"
#include "store/index/pushdown.h"
#include "store/index/validation.h"
#include "target.h"

namespace {

using namespace slipway;
using store::Filter;

constexpr std::array<std::string_view, 7> kFields{"namespace", "id", "kind", "year", "tags", "open", "missing"};
constexpr std::array<std::string_view, 8> kTexts{"money", "sleep", "", "p3", "p11", "a", "Ä", "nothing"};

class Reader {
 public:
    explicit Reader(std::string_view input) : input_(input) {}
    std::size_t number(std::size_t below) {
        if (input_.empty()) return 0;
        const auto byte = static_cast<unsigned char>(input_.front());
        input_.remove_prefix(1);
        return byte % below;
    }
    std::string_view rest() const { return input_; }

    Filter filter(int depth) {
        Filter filter;
        filter.kind = static_cast<Filter::Kind>(number(7));
        if (filter.kind <= Filter::Kind::none_of) {
            const auto children = depth > 0 ? number(4) : 0;
            for (std::size_t i = 0; i < children; ++i) filter.children.push_back(this->filter(depth - 1));
            return filter;
        }
        filter.field = kFields.at(number(kFields.size()));
        if (filter.kind == Filter::Kind::range) {
            filter.at_least = bound();
            filter.at_most = bound();
            filter.above = bound();
            filter.below = bound();
        } else if (filter.kind != Filter::Kind::exists) {
            const auto values = filter.kind == Filter::Kind::equals ? 1 : number(4);
            for (std::size_t i = 0; i < values; ++i) filter.values.push_back(value());
        }
        return filter;
    }

 private:
    std::optional<double> bound() {
        const auto byte = number(8);
        return byte < 5 ? std::nullopt : std::optional(static_cast<double>(number(256)) / 2 - 20);
    }
    json::value value() {
        switch (number(6)) {
            case 0:
                return nullptr;
            case 1:
                return number(2) == 1;
            case 2:
                return static_cast<std::int64_t>(number(16));
            case 3:
                return static_cast<double>(number(32)) / 2;
            case 4:
                return json::value(std::string("mo\0ney", 6));
            default:
                return json::value(kTexts.at(number(kTexts.size())));
        }
    }

    std::string_view input_;
};

std::vector<store::Passage> make_passages(std::string_view workspace) {
    std::vector<store::Passage> passages;
    for (int i = 0; i < 24; ++i) {
        store::Passage passage;
        passage.id = fmt::format("p{}", i);
        passage.name_space = i % 3 == 0 ? "" : i % 3 == 1 ? "money" : "sleep";
        passage.text = fmt::format("Save money, sleep well. Number {} of {}.", i, workspace);
        if (i % 2 == 0) passage.metadata["kind"] = kTexts.at(static_cast<std::size_t>(i) % kTexts.size());
        if (i % 4 != 0) passage.metadata["year"] = i;
        if (i % 5 == 0) passage.metadata["year"] = i / 2.0;
        if (i % 3 == 0) passage.metadata["tags"] = json::array{"a", kTexts.at(static_cast<std::size_t>(i) % 4)};
        passage.metadata["open"] = i % 2 == 1;
        passages.push_back(std::move(passage));
    }
    return passages;
}

struct Place {
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("slipway-fuzz-index-" + std::to_string(::getpid()));
    WorkspaceId ours{"ours"}, theirs{"theirs"};
    std::vector<store::Passage> passages = make_passages("ours");
    std::unique_ptr<store::Index> index;
    Place() {
        std::filesystem::create_directories(folder);
        index = store::open_embedded(folder / "index.db").value();
        const bool made = run_to_end(index->ensure("c", {})) && run_to_end(index->upsert(ours, "c", passages)) &&
                          run_to_end(index->upsert(theirs, "c", make_passages("theirs")));
        fuzz::require(made, "the index can be filled");
    }
    ~Place() {
        index.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
};

void check_pushdown(const Filter& filter, const std::vector<store::Passage>& passages) {
    const auto pushed = store::pushdown(filter);
    const auto one_of = [](const auto& allowed, const std::string& value) {
        return !allowed || std::ranges::find(*allowed, value) != allowed->end();
    };
    for (const auto& passage : passages) {
        const bool in = one_of(pushed.namespaces, passage.name_space) && one_of(pushed.ids, passage.id);
        const bool wanted = matches(filter, passage);
        fuzz::require(!wanted || in, "what is pushed down loses nothing");
        fuzz::require(!pushed.is_complete || wanted == in, "what is complete needs no second look");
    }
}

}  // namespace

SLIPWAY_FUZZ_TARGET(filter) {
    static Place place;
    Reader reader(input);
    const auto filter = reader.filter(4);
    check_pushdown(filter, place.passages);
    std::vector<std::string> wanted;
    for (const auto& passage : place.passages)
        if (matches(filter, passage)) wanted.push_back(passage.id);
    std::ranges::sort(wanted);

    const auto count = run_to_end(place.index->count(place.ours, "c", filter));
    fuzz::require(count.has_value() == store::check_filter(filter).has_value(), "what is valid is answered");
    if (!count) return;
    fuzz::require(*count == wanted.size(), "as many as match");
    const auto page = run_to_end(place.index->scroll(place.ours, "c", filter, 1000, std::nullopt));
    fuzz::require(page && page->passages.size() == wanted.size() && !page->next, "all on one page");
    for (std::size_t i = 0; i < wanted.size(); ++i)
        fuzz::require(page->passages[i].id == wanted[i] && page->passages[i].text.contains("ours"),
                      "in the order of ids");

    store::Query query{.text = std::string(reader.rest()), .filter = filter, .limit = 1 + reader.number(30)};
    query.text += " money";
    const auto valid = store::check_query(query).has_value();
    const auto limit = query.limit;
    const auto hits = run_to_end(place.index->search(place.ours, "c", std::move(query)));
    fuzz::require(hits.has_value() == valid, "what is valid is searched");
    if (!hits) return;
    fuzz::require(hits->size() == std::min(limit, wanted.size()), "each passage holds the word money");
    for (std::size_t i = 0; i < hits->size(); ++i) {
        const auto& hit = (*hits)[i];
        fuzz::require(std::ranges::binary_search(wanted, hit.passage.id) && hit.passage.text.contains("ours"),
                      "only what matches, only of this workspace");
        fuzz::require(i == 0 || hit.score <= (*hits)[i - 1].score, "best first");
    }
}
