// A short piece of a passage that shows why it was found.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::knowledge {

inline constexpr std::size_t kSnippetCharacters = 240;

// The question's index terms, each once, for snippet().
std::vector<std::string> query_terms(std::string_view question, std::string_view language);

// The stretch of at most `characters_max` characters with the most different terms (as store::analyse makes them) of
// the first 32 KiB of the passage; its beginning when none occurs. Starts with a sentence where that loses no term,
// ends with one where that loses little, else at a word's border with "…". White space is collapsed. Pure.
std::string snippet(std::string_view passage, std::span<const std::string> terms, std::string_view language,
                    std::size_t characters_max = kSnippetCharacters);

}  // namespace slipway::knowledge
