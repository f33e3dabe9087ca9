// Words of a text for comparing phrases word by word: unlike index terms, stop words are kept, so that "in order" is
// not "order".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::knowledge {

// One entry per position of store::analyse: the index term, or the folded word where that is a stop word. Linear;
// thread safe.
std::vector<std::string> phrase_words(std::string_view text, std::string_view language);

// True when `phrase` stands in `words` at `at`. An empty phrase never does.
bool stands_at(const std::vector<std::string>& phrase, const std::vector<std::string>& words, std::size_t at);

}  // namespace slipway::knowledge
