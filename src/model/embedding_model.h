// The port for embedding models: texts to vectors. Adapters: openai_embedding.h; models.h chooses one by name.
//
// Thread safe, cancellable and with the errors of chat_model.h.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/task.h"
#include "store/index/index.h"

namespace slipway::model {

class EmbeddingModel {
 public:
    virtual ~EmbeddingModel() = default;

    // One vector per text, in the order of the texts, each of dimension(). Any number of texts: the adapter sends as
    // many requests as its limits ask for. All or nothing. `invalid` for an empty text (providers refuse it).
    virtual Task<std::vector<store::Vector>> embed(std::vector<std::string> texts) = 0;

    virtual std::size_t dimension() const = 0;
    // Remembered with a collection: vectors of another name cannot be compared with these.
    // "openai/text-embedding-3-small".
    virtual std::string name() const = 0;
};

}  // namespace slipway::model
