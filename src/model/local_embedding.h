// The embedding model that needs nothing: no key, no network, no file beside the program. all-MiniLM-L6-v2 on this
// processor (model/encoder), 384 numbers, for text in English; a text beyond 256 word pieces (about 1,000 characters)
// is read to there.
//
// Texts are spread over the threads of the pool; a batch of many takes turns with other work there, text by text.
#pragma once

#include <memory>

#include "base/pool.h"
#include "model/embedding_model.h"
#include "model/encoder/encoder.h"

namespace slipway::model {

class LocalEmbedding final : public EmbeddingModel {
 public:
    // `unavailable` when this program was built without the weights. `pool` outlives the model; `at_once`: how many of
    // its threads one batch may use.
    static Result<std::shared_ptr<LocalEmbedding>> open(WorkerPool& pool, std::size_t at_once);

    LocalEmbedding(encoder::Encoder encoder, std::string name, WorkerPool& pool, std::size_t at_once)
        : encoder_(std::move(encoder)), name_(std::move(name)), pool_(pool), at_once_(at_once) {}

    Task<std::vector<store::Vector>> embed(std::vector<std::string> texts) override;
    std::size_t dimension() const override { return encoder_.dimension(); }
    std::string name() const override { return name_; }

 private:
    encoder::Encoder encoder_;
    std::string name_;
    WorkerPool& pool_;
    std::size_t at_once_;
};

}  // namespace slipway::model
