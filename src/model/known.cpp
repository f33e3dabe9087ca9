#include "model/known.h"

#include <algorithm>
#include <array>

namespace slipway::model {
namespace {

constexpr std::array<KnownProvider, 3> kProviders{{
    {"openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1", "", "gpt-4o-mini",
     "text-embedding-3-small", "max_completion_tokens"},
    {"groq", "GROQ_API_KEY", "GROQ_BASE_URL", "https://api.groq.com", "/openai/v1", "llama-3.3-70b-versatile", "",
     "max_completion_tokens"},
    {"openrouter", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1", "",
     "openai/gpt-4o-mini", "", "max_tokens"},
}};

constexpr std::array<KnownEmbedding, 3> kEmbeddings{{
    {"text-embedding-3-small", 1536, true},
    {"text-embedding-3-large", 3072, true},
    {"text-embedding-ada-002", 1536, false},
}};

}  // namespace

std::span<const KnownProvider> known_providers() { return kProviders; }

const KnownProvider* find_provider(std::string_view name) {
    const auto* const found = std::ranges::find(kProviders, name, &KnownProvider::name);
    return found == kProviders.end() ? nullptr : found;
}

std::string base_url_of(const KnownProvider& provider, const Environment& environment) {
    auto url = environment.get_or(provider.base_url_variable, provider.base_url);
    while (url.ends_with('/')) url.pop_back();
    // Some write the whole of it.
    if (!url.ends_with(provider.base_url_suffix)) url += provider.base_url_suffix;
    return url;
}

const KnownEmbedding* find_embedding(std::string_view model) {
    model.remove_prefix(model.rfind('/') + 1);  // of npos: 0
    const auto* const found = std::ranges::find(kEmbeddings, model, &KnownEmbedding::model);
    return found == kEmbeddings.end() ? nullptr : found;
}

}  // namespace slipway::model
