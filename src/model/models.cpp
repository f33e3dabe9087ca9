#include "model/models.h"

#include "model/known.h"
#include "model/openai_chat.h"
#include "model/openai_embedding.h"

namespace slipway::model {
namespace {

std::string key_variable_in(const ModelSettings& settings) {
    return settings.key_variable.empty() ? key_variable_of(settings.provider) : settings.key_variable;
}

std::string key_of(const ModelSettings& settings, const Environment& environment) {
    // A server of one's own is not told the provider's key.
    if (!settings.key.empty() || settings.keyless) return settings.key;
    return environment.get_or(key_variable_in(settings), "");
}

Result<void> check_known(const ModelSettings& settings) {
    if (find_provider(settings.provider) != nullptr || !settings.base_url.empty()) return {};
    return fail(ErrorCode::invalid,
                "The model provider {} is not known; give it a base URL (http://…/v1) or use openai, groq, openrouter "
                "or local.",
                settings.provider);
}

Result<ProviderOptions> provider_options(const ModelSettings& settings, const Environment& environment) {
    SLIPWAY_CHECK(check_known(settings));
    const auto* known = find_provider(settings.provider);
    ProviderOptions options;
    options.name = settings.provider;
    options.key = key_of(settings, environment);
    options.key_variable = key_variable_in(settings);
    options.base_url =
        settings.base_url.empty() && known != nullptr ? base_url_of(*known, environment) : settings.base_url;
    options.connect_time_max = settings.connect_time_max;
    options.first_byte_time_max = settings.first_byte_time_max;
    options.silence_max = settings.silence_max;
    options.time_max = settings.time_max;
    if (!has_key(settings, environment))
        return fail(ErrorCode::invalid, "The model provider {} needs a key; set {}.", settings.provider,
                    options.key_variable);
    if (settings.provider == "openai") {
        if (const auto organization = environment.get("OPENAI_ORG_ID"))
            options.headers.set("OpenAI-Organization", *organization);
        if (const auto project = environment.get("OPENAI_PROJECT_ID")) options.headers.set("OpenAI-Project", *project);
    }
    return options;
}

Result<std::string> model_name(const ModelSettings& settings, std::string_view known_model, std::string_view purpose) {
    if (!settings.model.empty()) return settings.model;
    if (known_model.empty())
        return fail(ErrorCode::invalid, "The model provider {} has no default model for {}; name one.",
                    settings.provider, purpose);
    return std::string(known_model);
}

}  // namespace

std::string key_variable_of(std::string_view provider) {
    if (const auto* known = find_provider(provider)) return std::string(known->key_variable);
    std::string name;
    for (const char c : provider)
        name += std::isalnum(static_cast<unsigned char>(c)) != 0
                    ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                    : '_';
    return name + "_API_KEY";
}

bool has_key(const ModelSettings& settings, const Environment& environment) {
    if (settings.keyless || !key_of(settings, environment).empty()) return true;
    return find_provider(settings.provider) == nullptr && !settings.base_url.empty();
}

Result<std::shared_ptr<ChatModel>> make_chat_model(const ModelSettings& settings, const Environment& environment,
                                                   std::shared_ptr<net::Client> client) {
    const auto* known = find_provider(settings.provider);
    OpenAiChatOptions options;
    SLIPWAY_TRY(options.provider, provider_options(settings, environment));
    SLIPWAY_TRY(options.model, model_name(settings, known == nullptr ? "" : known->chat_model, "chat"));
    if (known != nullptr) options.tokens_field = known->tokens_field;
    return std::make_shared<OpenAiChat>(std::move(client), std::move(options));
}

Result<std::shared_ptr<EmbeddingModel>> make_embedding_model(const ModelSettings& settings,
                                                             const Environment& environment,
                                                             std::shared_ptr<net::Client> client) {
    const auto* known = find_provider(settings.provider);
    OpenAiEmbeddingOptions options;
    SLIPWAY_TRY(options.provider, provider_options(settings, environment));
    SLIPWAY_TRY(options.model, model_name(settings, known == nullptr ? "" : known->embedding_model, "embeddings"));
    const auto* embedding = find_embedding(options.model);
    options.dimension = settings.dimension != 0 ? settings.dimension : embedding != nullptr ? embedding->dimension : 0;
    if (options.dimension == 0)
        return fail(ErrorCode::invalid, "How many dimensions the vectors of {} have is not known; give the dimension.",
                    options.model);
    options.ask_for_dimension =
        embedding != nullptr && embedding->can_shorten && options.dimension != embedding->dimension;
    return std::make_shared<OpenAiEmbedding>(std::move(client), std::move(options));
}

}  // namespace slipway::model
