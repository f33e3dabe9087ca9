// The catalogue of models: a provider's name and what is configured for it, to an adapter.
//
// Known providers, with the variables that their official clients read:
//   openai      OPENAI_API_KEY, OPENAI_BASE_URL (ends in /v1), OPENAI_ORG_ID, OPENAI_PROJECT_ID
//   groq        GROQ_API_KEY, GROQ_BASE_URL (without /openai/v1, which the client appends)
//   openrouter  OPENROUTER_API_KEY, OPENROUTER_BASE_URL
//   local       no key; built by the caller (local_chat.h) and given to choose_chat_model
// Any other name is an OpenAI-compatible server at an explicit base URL (vLLM, Ollama, llama.cpp, a gateway); its key,
// if it wants one, is in NAME_API_KEY. A base URL in the settings wins over the variable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/environment.h"
#include "model/chat_model.h"
#include "model/embedding_model.h"
#include "net/client.h"

namespace slipway::model {

struct ModelSettings {
    std::string provider;
    std::string model = {};  // empty: the provider's default
    std::string base_url = {};
    std::string key = {};           // empty: from the variable
    std::string key_variable = {};  // empty: the provider's own
    std::size_t dimension = 0;      // of an embedding model; 0: the model's own, where it is known
    Milliseconds connect_time_max{5'000};
    Milliseconds first_byte_time_max{60'000}, silence_max{60'000};  // of a stream: before its head, between its pieces
    Milliseconds time_max{120'000};                                 // for everything, retries included
};

// Where a provider's key is when the settings have none: "OPENAI_API_KEY" for openai.
std::string key_variable_of(std::string_view provider);

// True when a call could be authorized: there is a key, or the provider needs none (local, an explicit base URL).
bool has_key(const ModelSettings& settings, const Environment& environment);

// `invalid` names what is missing: the key's variable, a base URL, a model.
Result<std::shared_ptr<ChatModel>> make_chat_model(const ModelSettings& settings, const Environment& environment,
                                                   std::shared_ptr<net::Client> client);
Result<std::shared_ptr<EmbeddingModel>> make_embedding_model(const ModelSettings& settings,
                                                             const Environment& environment,
                                                             std::shared_ptr<net::Client> client);

// The first of `order` that has a key; `local` where the order names it, or when nothing of the order has a key.
Result<std::shared_ptr<ChatModel>> choose_chat_model(const std::vector<ModelSettings>& order,
                                                     const Environment& environment,
                                                     std::shared_ptr<net::Client> client,
                                                     std::shared_ptr<ChatModel> local);
// The same for embeddings; nullptr when nothing of the order has a key ("local" has no embeddings).
Result<std::shared_ptr<EmbeddingModel>> choose_embedding_model(const std::vector<ModelSettings>& order,
                                                               const Environment& environment,
                                                               std::shared_ptr<net::Client> client);

}  // namespace slipway::model
