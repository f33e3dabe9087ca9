// The models that the manifest chooses.
#pragma once

#include "app/manifest/manifest.h"
#include "model/chat_model.h"
#include "model/embedding_model.h"
#include "net/client.h"

namespace slipway::serve {

Result<std::shared_ptr<model::ChatModel>> make_chat_model(const app::Manifest& manifest, const Environment& environment,
                                                          std::shared_ptr<net::Client> client);
// Null when the manifest wants no vectors, or its provider has no key.
Result<std::shared_ptr<model::EmbeddingModel>> make_embedding_model(const app::Manifest& manifest,
                                                                    const Environment& environment,
                                                                    std::shared_ptr<net::Client> client);

}  // namespace slipway::serve
