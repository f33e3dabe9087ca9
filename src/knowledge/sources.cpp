#include "knowledge/sources.h"

#include "base/text.h"
#include "knowledge/snippet.h"

namespace slipway::knowledge {
namespace {

// The title stands beside the place already.
Place without_title(Place place, std::string_view title) {
    if (!place.headings.empty() && place.headings.front() == title) place.headings.erase(place.headings.begin());
    return place;
}

}  // namespace

std::vector<Source> sources_of(const std::vector<Found>& found, std::string_view question,
                               std::size_t snippet_characters, std::string_view language) {
    const auto terms = query_terms(question, language);
    std::vector<Source> sources;
    sources.reserve(found.size());
    for (const auto& one : found) {
        // Synonyms show why a passage was found as well as the question's own words do.
        auto shown = terms;
        for (const auto& term : one.terms)
            if (std::ranges::find(shown, term.term) == shown.end()) shown.push_back(term.term);
        Source source;
        source.number = static_cast<int>(sources.size()) + 1;
        source.document_id = one.document.id;
        source.document_number = one.document.number;
        source.chunk_id = one.chunk_id;
        source.title = one.document.title;
        source.name_space = one.document.name_space;
        source.snippet = snippet(one.text, shown, language, snippet_characters);
        source.place = describe(without_title(one.place, one.document.title));
        source.url = link_of(one.document, one.place);
        source.source_url = web_address(one.document, "source_url");
        source.youtube_url = web_address(one.document, "youtube_url");
        source.page = one.place.page;
        source.seconds = one.place.seconds;
        source.score = one.score;
        sources.push_back(std::move(source));
    }
    return sources;
}

}  // namespace slipway::knowledge
