#include "model/local_embedding.h"

#include <algorithm>

#include "model/built_in/built_in.h"

namespace slipway::model {

Result<std::shared_ptr<LocalEmbedding>> LocalEmbedding::open(WorkerPool& pool, std::size_t at_once) {
    const auto weights = built_in_encoder();
    if (weights.empty())
        return fail(
            ErrorCode::unavailable,
            "This slipway was built without its embedding model: run scripts/install.sh encoder and build again.");
    SLIPWAY_TRY(auto encoder, encoder::Encoder::open(weights));
    return std::make_shared<LocalEmbedding>(std::move(encoder), fmt::format("local/{}", kBuiltInEncoder), pool,
                                            at_once);
}

Task<std::vector<store::Vector>> LocalEmbedding::embed(std::vector<std::string> texts) {
    if (std::ranges::any_of(texts, &std::string::empty))
        co_return fail(ErrorCode::invalid, "An empty text has no embedding.");
    std::vector<store::Vector> vectors(texts.size());
    auto embed_one = [&](std::size_t number) { vectors[number] = encoder_.embed(texts[number]); };
    SLIPWAY_CO_CHECK(co_await pool_.run_each(texts.size(), at_once_, embed_one));
    co_return vectors;
}

}  // namespace slipway::model
