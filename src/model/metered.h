// Chat and embedding models that count what they do (base/metrics.h): requests by outcome, time, tokens, calls under
// way. Labels are the model's name, "openai/gpt-4o-mini", and nothing of what was asked.
#pragma once

#include <memory>

#include "model/chat_model.h"
#include "model/embedding_model.h"

namespace slipway::model {

std::shared_ptr<ChatModel> metered(std::shared_ptr<ChatModel> model);
std::shared_ptr<EmbeddingModel> metered(std::shared_ptr<EmbeddingModel> model);

}  // namespace slipway::model
