// What is known of providers and models beforehand; manifests and adapters read the same table.
//
//   openai      OPENAI_API_KEY, OPENAI_BASE_URL (ends in /v1)
//   groq        GROQ_API_KEY, GROQ_BASE_URL (without /openai/v1, which Groq's own client appends)
//   openrouter  OPENROUTER_API_KEY, OPENROUTER_BASE_URL
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/environment.h"

namespace slipway::model {

struct KnownProvider {
    std::string_view name;
    std::string_view key_variable;  // this and the next as the provider's own client reads them
    std::string_view base_url_variable;
    std::string_view base_url;
    std::string_view base_url_suffix;  // which the provider's own client appends
    std::string_view chat_model;       // an inexpensive one
    std::string_view embedding_model;  // empty: it has none
    std::string_view tokens_field;     // how the most tokens of an answer are called on the wire
};

std::span<const KnownProvider> known_providers();
const KnownProvider* find_provider(std::string_view name);  // nullptr when it is not known
// The variable's, where it is set, else the provider's own; complete, without a slash at the end.
std::string base_url_of(const KnownProvider& provider, const Environment& environment);

struct KnownEmbedding {
    std::string_view model;
    std::size_t dimension;
    bool can_shorten;  // makes shorter vectors when it is asked
};
// By its name, also as a gateway calls it ("openai/text-embedding-3-small"); nullptr when it is not known.
const KnownEmbedding* find_embedding(std::string_view model);

}  // namespace slipway::model
