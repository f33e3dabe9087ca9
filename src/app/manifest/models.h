// Section `models`: which model answers. Providers speak OpenAI's chat completions; `local` needs nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/manifest/keys.h"
#include "base/environment.h"

namespace slipway::app {

struct ModelTimeouts {
    Milliseconds connect{5'000};
    Milliseconds first_byte{60'000};
    Milliseconds between_bytes{60'000};
    Milliseconds total{120'000};
};

struct ProviderSection {
    std::string name;
    bool enabled = true;
    Secret key;
    bool keyless = false;  // used without a key
    std::string base_url;
    std::string model;
    double temperature = 0.3;
    int tokens_max = 1500;
    ModelTimeouts timeouts;

    bool usable() const { return enabled && (name == "local" || keyless || !key.empty()); }
};

struct ModelsSection {
    std::vector<std::string> order = {"openai", "groq", "openrouter", "local"};
    std::vector<ProviderSection> providers;  // after loading: the known ones, too

    const ProviderSection* find(std::string_view name) const;
    // The first of `order` that has what it needs; never null after loading without errors.
    const ProviderSection* chosen() const;
};

void describe(Keys& keys, ModelsSection& models);
// Adds the known providers that the manifest does not describe. Fills in keys from NAME_API_KEY, and what is known of
// openai, groq and openrouter: NAME_BASE_URL, a base URL and a model.
void complete(ModelsSection& models, const Environment& environment);
// Of these a manifest need not say anything: local, openai, groq, openrouter.
bool is_known_provider(std::string_view name);
// The known ones, then those that the manifest describes.
std::vector<std::string> provider_names(const ModelsSection& models);

}  // namespace slipway::app
