// Checks of the providers of models, and of what embeds.
#include <algorithm>

#include "app/manifest/checks.h"
#include "model/known.h"

namespace slipway::app {
namespace {

// The first provider of the order that can be used, for what follows.
void choose_embedding(Checks& checks) {
    auto& embedding = checks.manifest.knowledge.embedding;
    const auto names = provider_names(checks.manifest.models);
    for (const auto& name : embedding.order) {
        if (std::ranges::find(names, name) == names.end()) {
            checks.error("knowledge.embedding.order",
                         fmt::format("knowledge.embedding.order: there is no provider \"{}\".", name),
                         suggest(name, names));
            continue;
        }
        const auto* provider = checks.manifest.models.find(name);
        const bool usable = name == "local" || (provider != nullptr && provider->usable());
        if (usable && embedding.provider.empty()) embedding.provider = name;
    }
}

void check_embedding(Checks& checks) {
    choose_embedding(checks);
    auto& embedding = checks.manifest.knowledge.embedding;
    if (!embedding.configured() || embedding.provider == "local") return;
    if (embedding.model.empty())
        checks.error("knowledge.embedding", "knowledge.embedding.model is missing.", "Name the embedding model.");
    if (embedding.dimension != 0) return;
    if (const auto* known = model::find_embedding(embedding.model))
        embedding.dimension = known->dimension;
    else if (!embedding.model.empty())
        checks.error(
            "knowledge.embedding",
            fmt::format(
                "knowledge.embedding.dimension is missing; the vectors of {} have a length that is not known here.",
                embedding.model),
            "Look it up in the provider's documentation.");
}

}  // namespace

void check_models(Checks& checks) {
    auto& models = checks.manifest.models;
    const auto names = provider_names(models);
    for (const auto& name : models.order)
        if (std::ranges::find(names, name) == names.end())
            checks.error("models.order", fmt::format("models.order: there is no provider \"{}\".", name),
                         suggest(name, names));
    std::erase_if(models.order, [&](const auto& name) { return std::ranges::find(names, name) == names.end(); });
    complete(models, checks.environment);
    for (const auto& provider : models.providers) {
        const auto path = "models.providers." + provider.name;
        if (is_known_provider(provider.name)) continue;
        if (provider.base_url.empty())
            checks.error(path, fmt::format("{}.base_url is missing.", path), "Name the base URL of the API.");
        if (provider.model.empty())
            checks.error(path, fmt::format("{}.model is missing.", path), "Name the chat model.");
    }
    if (models.chosen() == nullptr)
        checks.error("models.order", "models.order: none of these has a key.", "Add local at the end: it needs none.");
    check_embedding(checks);
}

}  // namespace slipway::app
