#include "app/manifest/models.h"

#include <algorithm>

#include "model/known.h"
#include "model/models.h"

namespace slipway::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

}  // namespace

const ProviderSection* ModelsSection::find(std::string_view name) const {
    const auto found = std::ranges::find(providers, name, &ProviderSection::name);
    return found == providers.end() ? nullptr : &*found;
}

const ProviderSection* ModelsSection::chosen() const {
    for (const auto& name : order)
        if (const auto* provider = find(name); provider != nullptr && provider->usable()) return provider;
    return nullptr;
}

static void describe(Keys& keys, ModelTimeouts& timeouts) {
    keys.duration("connect", timeouts.connect, milliseconds(100), minutes(5), "To open a connection.");
    keys.duration("first_byte", timeouts.first_byte, milliseconds(100), hours(1), "To the beginning of the answer.");
    keys.duration("between_bytes", timeouts.between_bytes, milliseconds(100), hours(1),
                  "Between two pieces of a stream.");
    keys.duration("total", timeouts.total, milliseconds(100), hours(6), "For everything, retries included.");
}

static void describe(Keys& keys, ProviderSection& provider) {
    keys.boolean("enabled", provider.enabled, "Whether the provider is used at all.");
    keys.secret(
        "key", provider.key,
        "API key. Left out: NAME_API_KEY, such as OPENAI_API_KEY. Without a key the next provider of `order` is "
        "used.");
    keys.boolean("keyless", provider.keyless, "Use it without a key: a model server of your own.");
    keys.text("base_url", provider.base_url,
              "Base URL of the API. Left out for the known ones: their own, or OPENAI_BASE_URL and the like.",
              {Form::url});
    keys.text("model", provider.model, "The chat model. Left out for the known ones: an inexpensive one.");
    keys.number("temperature", provider.temperature, 0, 2, "How freely it writes.");
    keys.integer("tokens_max", provider.tokens_max, 16, 1'000'000, "Most tokens of an answer.");
    keys.section("timeouts", provider.timeouts, "How long to wait for it.");
}

void describe(Keys& keys, ModelsSection& models) {
    keys.texts(
        "order", models.order,
        "The first of these that has a key answers. `local` needs none: it answers with sentences of the documents.",
        {Form::identifier});
    keys.named("providers", models.providers,
               "APIs in the format of OpenAI. openai, groq and openrouter are known and need no entry.");
}

bool is_known_provider(std::string_view name) { return name == "local" || model::find_provider(name) != nullptr; }

std::vector<std::string> provider_names(const ModelsSection& models) {
    std::vector<std::string> names{"local"};
    for (const auto& known : model::known_providers()) names.emplace_back(known.name);
    for (const auto& provider : models.providers)
        if (!is_known_provider(provider.name)) names.push_back(provider.name);
    return names;
}

void complete(ModelsSection& models, const Environment& environment) {
    for (auto& name : provider_names(models)) {
        if (models.find(name) != nullptr) continue;
        auto& added = models.providers.emplace_back();
        added.name = std::move(name);
    }
    for (auto& provider : models.providers) {
        if (provider.key.empty() && !provider.keyless && provider.name != "local")
            provider.key = Secret(environment.get_or(model::key_variable_of(provider.name), ""));
        const auto* known = model::find_provider(provider.name);
        if (known == nullptr) continue;
        if (provider.base_url.empty()) provider.base_url = model::base_url_of(*known, environment);
        if (provider.model.empty()) provider.model = known->chat_model;
    }
}

}  // namespace slipway::app
