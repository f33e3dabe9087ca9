// The catalogue of models: a provider's name and what is configured for it, to an adapter.
//
// openai, groq and openrouter are known (known.h). Any other name is an OpenAI-compatible server at an explicit base
// URL (vLLM, Ollama, llama.cpp, a gateway); its key, if it wants one, is in NAME_API_KEY. A base URL in the settings
// wins over the variable. Of openai, OPENAI_ORG_ID and OPENAI_PROJECT_ID count, too.
#pragma once

#include <memory>
#include <string>

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
    bool keyless = false;           // used without a key; none of a variable is sent either
    std::size_t dimension = 0;      // of an embedding model; 0: the model's own, where it is known
    Milliseconds connect_time_max{5'000};
    Milliseconds first_byte_time_max{60'000}, silence_max{60'000};  // of a stream: before its head, between its pieces
    Milliseconds time_max{120'000};                                 // for everything, retries included
};

// Where a provider's key is when the settings have none: "OPENAI_API_KEY" for openai.
std::string key_variable_of(std::string_view provider);

// True when a call could be authorized: there is a key, or none is needed (keyless; one that is not known, at an
// explicit base URL).
bool has_key(const ModelSettings& settings, const Environment& environment);

// `invalid` names what is missing: the key's variable, a base URL, a model.
Result<std::shared_ptr<ChatModel>> make_chat_model(const ModelSettings& settings, const Environment& environment,
                                                   std::shared_ptr<net::Client> client);
Result<std::shared_ptr<EmbeddingModel>> make_embedding_model(const ModelSettings& settings,
                                                             const Environment& environment,
                                                             std::shared_ptr<net::Client> client);

}  // namespace slipway::model
