// Embeddings from any API that speaks OpenAI's: OpenAI, vLLM, Ollama, text-embeddings-inference …
#pragma once

#include <memory>
#include <string>

#include "model/embedding_model.h"
#include "model/provider.h"

namespace slipway::model {

struct OpenAiEmbeddingOptions {
    ProviderOptions provider;
    std::string model;
    std::size_t dimension = 0;                // of the vectors that come back; anything else is `upstream`
    bool ask_for_dimension = false;           // send it: text-embedding-3-* can shorten its vectors
    std::size_t batch_texts_max = 256;        // per request; OpenAI takes 2,048
    std::int64_t batch_tokens_max = 100'000;  // estimated; OpenAI takes 300,000
    Milliseconds time_max{60'000};            // per request, retries included
};

class OpenAiEmbedding final : public EmbeddingModel {
 public:
    OpenAiEmbedding(std::shared_ptr<net::Client> client, OpenAiEmbeddingOptions options);

    Task<std::vector<store::Vector>> embed(std::vector<std::string> texts) override;
    std::size_t dimension() const override { return options_.dimension; }
    std::string name() const override { return provider_.options().name + "/" + options_.model; }

 private:
    Task<std::vector<store::Vector>> embed_batch(std::span<const std::string> texts) const;
    Result<std::vector<store::Vector>> read_vectors(const json::object& body, std::size_t count) const;

    OpenAiEmbeddingOptions options_;
    Provider provider_;
};

}  // namespace slipway::model
