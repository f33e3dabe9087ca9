// The models that the manifest chooses.
#pragma once

#include "app/manifest/manifest.h"
#include "base/pool.h"
#include "model/chat_model.h"
#include "model/embedding_model.h"
#include "net/client.h"

namespace slipway::serve {

// `embedding`, where it runs in this process, helps the local model to judge; may be null.
Result<std::shared_ptr<model::ChatModel>> make_chat_model(const app::Manifest& manifest, const Environment& environment,
                                                          std::shared_ptr<net::Client> client,
                                                          const std::shared_ptr<model::EmbeddingModel>& embedding);
// Null when the manifest wants no vectors, none of its providers has a key, or the one chosen is not in this build (a
// warning is logged). `pool` outlives the model.
Result<std::shared_ptr<model::EmbeddingModel>> make_embedding_model(const app::Manifest& manifest,
                                                                    const Environment& environment,
                                                                    std::shared_ptr<net::Client> client,
                                                                    WorkerPool& pool);

}  // namespace slipway::serve
