// Found passages as numbered sources of an answer.
#pragma once

#include "knowledge/types.h"

namespace slipway::knowledge {

// Numbered from 1 in the order given; the snippet is the part of the passage that has most of the question's words.
std::vector<Source> sources_of(const std::vector<Found>& found, std::string_view question,
                               std::size_t snippet_characters, std::string_view language = "english");

// What a document's metadata gives as an address, when it is one of the web: "javascript:…" must not become a link.
std::string_view web_address(const Document& document, std::string_view field);

}  // namespace slipway::knowledge
