#include "model/models.h"

#include <algorithm>
#include <array>

#include "model/openai_chat.h"
#include "model/openai_embedding.h"

namespace slipway::model {
namespace {

constexpr std::string_view kLocal = "local";

struct Preset {
    std::string_view name, key_variable, base_variable, base_url, base_suffix, chat_model, embedding_model,
        tokens_field;
};
constexpr std::array kPresets = {
    Preset{"openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1", "", "gpt-4o-mini",
           "text-embedding-3-small", "max_completion_tokens"},
    Preset{"groq", "GROQ_API_KEY", "GROQ_BASE_URL", "https://api.groq.com", "/openai/v1", "openai/gpt-oss-120b", "",
           "max_completion_tokens"},
    Preset{"openrouter", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1", "",
           "openai/gpt-4o-mini", "", "max_tokens"},
};

struct KnownEmbedding {
    std::string_view model;
    std::size_t dimension;
    bool can_shorten;
};
constexpr std::array kKnownEmbeddings = {
    KnownEmbedding{"text-embedding-3-small", 1536, true},
    KnownEmbedding{"text-embedding-3-large", 3072, true},
    KnownEmbedding{"text-embedding-ada-002", 1536, false},
};

const Preset* preset_of(std::string_view provider) {
    const auto found = std::ranges::find(kPresets, provider, &Preset::name);
    return found == kPresets.end() ? nullptr : &*found;
}

std::string key_variable_in(const ModelSettings& settings) {
    return settings.key_variable.empty() ? key_variable_of(settings.provider) : settings.key_variable;
}

std::string key_of(const ModelSettings& settings, const Environment& environment) {
    return settings.key.empty() ? environment.get_or(key_variable_in(settings), "") : settings.key;
}

std::string base_url_of(const ModelSettings& settings, const Preset* preset, const Environment& environment) {
    if (!settings.base_url.empty() || preset == nullptr) return settings.base_url;
    auto base = environment.get_or(preset->base_variable, preset->base_url);
    while (base.ends_with('/')) base.pop_back();
    return base + std::string(preset->base_suffix);
}

Result<void> check_known(const ModelSettings& settings) {
    if (preset_of(settings.provider) != nullptr || !settings.base_url.empty()) return {};
    return fail(ErrorCode::invalid,
                "The model provider {} is not known; give it a base URL (http://…/v1) or use openai, groq, openrouter "
                "or local.",
                settings.provider);
}

Result<ProviderOptions> provider_options(const ModelSettings& settings, const Environment& environment) {
    SLIPWAY_CHECK(check_known(settings));
    const auto* preset = preset_of(settings.provider);
    ProviderOptions options;
    options.name = settings.provider;
    options.key = key_of(settings, environment);
    options.key_variable = key_variable_in(settings);
    options.base_url = base_url_of(settings, preset, environment);
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

Result<std::string> model_name(const ModelSettings& settings, std::string_view preset_model, std::string_view purpose) {
    if (!settings.model.empty()) return settings.model;
    if (preset_model.empty())
        return fail(ErrorCode::invalid, "The model provider {} has no default model for {}; name one.",
                    settings.provider, purpose);
    return std::string(preset_model);
}

}  // namespace

std::string key_variable_of(std::string_view provider) {
    if (const auto* preset = preset_of(provider)) return std::string(preset->key_variable);
    std::string name;
    for (const char c : provider)
        name += std::isalnum(static_cast<unsigned char>(c)) != 0
                    ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                    : '_';
    return name + "_API_KEY";
}

bool has_key(const ModelSettings& settings, const Environment& environment) {
    if (settings.provider == kLocal || !key_of(settings, environment).empty()) return true;
    return preset_of(settings.provider) == nullptr && !settings.base_url.empty();
}

Result<std::shared_ptr<ChatModel>> make_chat_model(const ModelSettings& settings, const Environment& environment,
                                                   std::shared_ptr<net::Client> client) {
    const auto* preset = preset_of(settings.provider);
    OpenAiChatOptions options;
    SLIPWAY_TRY(options.provider, provider_options(settings, environment));
    SLIPWAY_TRY(options.model, model_name(settings, preset == nullptr ? "" : preset->chat_model, "chat"));
    if (preset != nullptr) options.tokens_field = preset->tokens_field;
    return std::make_shared<OpenAiChat>(std::move(client), std::move(options));
}

Result<std::shared_ptr<EmbeddingModel>> make_embedding_model(const ModelSettings& settings,
                                                             const Environment& environment,
                                                             std::shared_ptr<net::Client> client) {
    const auto* preset = preset_of(settings.provider);
    OpenAiEmbeddingOptions options;
    SLIPWAY_TRY(options.provider, provider_options(settings, environment));
    SLIPWAY_TRY(options.model, model_name(settings, preset == nullptr ? "" : preset->embedding_model, "embeddings"));
    const auto known = std::ranges::find(kKnownEmbeddings, options.model, &KnownEmbedding::model);
    const bool is_known = known != kKnownEmbeddings.end();
    options.dimension = settings.dimension != 0 ? settings.dimension : is_known ? known->dimension : 0;
    if (options.dimension == 0)
        return fail(ErrorCode::invalid, "How many dimensions the vectors of {} have is not known; give the dimension.",
                    options.model);
    options.ask_for_dimension = is_known && known->can_shorten && options.dimension != known->dimension;
    return std::make_shared<OpenAiEmbedding>(std::move(client), std::move(options));
}

Result<std::shared_ptr<ChatModel>> choose_chat_model(const std::vector<ModelSettings>& order,
                                                     const Environment& environment,
                                                     std::shared_ptr<net::Client> client,
                                                     std::shared_ptr<ChatModel> local) {
    for (const auto& settings : order) {
        if (settings.provider == kLocal) return local;
        SLIPWAY_CHECK(check_known(settings));
        if (has_key(settings, environment)) return make_chat_model(settings, environment, std::move(client));
    }
    return local;
}

Result<std::shared_ptr<EmbeddingModel>> choose_embedding_model(const std::vector<ModelSettings>& order,
                                                               const Environment& environment,
                                                               std::shared_ptr<net::Client> client) {
    for (const auto& settings : order) {
        if (settings.provider == kLocal) break;
        SLIPWAY_CHECK(check_known(settings));
        if (has_key(settings, environment)) return make_embedding_model(settings, environment, std::move(client));
    }
    return std::shared_ptr<EmbeddingModel>();
}

}  // namespace slipway::model
