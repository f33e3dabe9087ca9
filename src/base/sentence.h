// Splits text into sentences by rules, for several languages at once: no model, no locale, linear time.
#pragma once

#include <string_view>
#include <vector>

namespace slipway {

struct SentenceOptions {
    // Extracted text has one paragraph, list item or row per line, so a line's end is a sentence's end. Set to false
    // for text that is wrapped at some width; an empty line ends a sentence in either case.
    bool line_ends_sentence = true;
};

// The sentences in order, as views into `text` (which must outlive them), each with its closing quotes and brackets and
// without white space at the ends; none is empty, and nothing but white space is left out between them. Knows common
// English and German abbreviations, initials, decimals, ellipses, quotes, and the full stops of Chinese and Japanese,
// which need no space after them. `text` must be valid UTF-8. A sentence has no maximum length: text without a full
// stop is one sentence.
std::vector<std::string_view> split_sentences(std::string_view text, SentenceOptions options = {});

}  // namespace slipway
