#include "serve/models.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "model/local_chat.h"
#include "model/local_embedding.h"
#include "model/models.h"

namespace slipway::serve {
namespace {

model::ModelSettings settings_of(const app::ProviderSection& provider) {
    model::ModelSettings settings;
    settings.provider = provider.name;
    settings.model = provider.model;
    settings.base_url = provider.base_url;
    settings.key = provider.key.reveal();
    settings.keyless = provider.keyless;
    settings.connect_time_max = provider.timeouts.connect;
    settings.first_byte_time_max = provider.timeouts.first_byte;
    settings.silence_max = provider.timeouts.between_bytes;
    settings.time_max = provider.timeouts.total;
    return settings;
}

}  // namespace

Result<std::shared_ptr<model::ChatModel>> make_chat_model(const app::Manifest& manifest, const Environment& environment,
                                                          std::shared_ptr<net::Client> client,
                                                          const std::shared_ptr<model::EmbeddingModel>& embedding) {
    const auto* provider = manifest.models.chosen();
    if (provider != nullptr && provider->name != "local")
        return model::make_chat_model(settings_of(*provider), environment, std::move(client));
    model::LocalChatOptions options;
    options.language = manifest.knowledge.language;
    // Sentences are compared for every answer: not over the network.
    const bool in_process = manifest.knowledge.embedding.provider == "local";
    return std::make_shared<model::LocalChat>(std::move(options), in_process ? embedding : nullptr);
}

Result<std::shared_ptr<model::EmbeddingModel>> make_embedding_model(const app::Manifest& manifest,
                                                                    const Environment& environment,
                                                                    std::shared_ptr<net::Client> client,
                                                                    WorkerPool& pool) {
    const auto& section = manifest.knowledge.embedding;
    if (!section.configured()) return std::shared_ptr<model::EmbeddingModel>();
    if (section.provider == "local") {
        auto local = model::LocalEmbedding::open(pool, std::max(1U, std::thread::hardware_concurrency()));
        if (local) return std::move(*local);
        log::warning("no embeddings, words alone are searched", {{"reason", local.error().message}});
        return std::shared_ptr<model::EmbeddingModel>();
    }
    const auto* provider = manifest.models.find(section.provider);
    model::ModelSettings settings;
    if (provider != nullptr) settings = settings_of(*provider);
    settings.provider = section.provider;
    settings.model = section.model;
    settings.dimension = section.dimension;
    return model::make_embedding_model(settings, environment, std::move(client));
}

}  // namespace slipway::serve
