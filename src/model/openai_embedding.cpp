#include "model/openai_embedding.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/crypto.h"
#include "base/text.h"
#include "model/tokens.h"

namespace slipway::model {
namespace {

// Little-endian floats in base64, which some servers send whatever they were asked for.
std::optional<store::Vector> from_base64_floats(std::string_view text) {
    static_assert(std::endian::native == std::endian::little);
    while (text.ends_with('=')) text.remove_suffix(1);
    const auto bytes = from_base64url(replace_all(replace_all(std::string(text), "+", "-"), "/", "_"));
    if (!bytes || bytes->size() % sizeof(float) != 0) return std::nullopt;
    store::Vector vector(bytes->size() / sizeof(float));
    if (!vector.empty()) std::memcpy(vector.data(), bytes->data(), bytes->size());
    return vector;
}

std::optional<store::Vector> vector_of(const json::object& item) {
    const auto* embedding = find(item, "embedding");
    if (embedding == nullptr) return std::nullopt;
    if (embedding->is_string()) return from_base64_floats(embedding->get_string());
    if (!embedding->is_array()) return std::nullopt;
    store::Vector vector;
    vector.reserve(embedding->get_array().size());
    for (const auto& number : embedding->get_array()) {
        if (!number.is_number()) return std::nullopt;
        vector.push_back(static_cast<float>(number.to_number<double>()));
    }
    return vector;
}

bool is_finite(const store::Vector& vector) {
    return std::ranges::all_of(vector, [](float value) { return std::isfinite(value); });
}

}  // namespace

OpenAiEmbedding::OpenAiEmbedding(std::shared_ptr<net::Client> client, OpenAiEmbeddingOptions options)
    : options_(std::move(options)), provider_(std::move(client), options_.provider) {}

Task<std::vector<store::Vector>> OpenAiEmbedding::embed(std::vector<std::string> texts) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (trim(texts[i]).empty())
            co_return fail(ErrorCode::invalid, "Text {} of {} to embed is empty.", i + 1, texts.size());
    }
    std::vector<store::Vector> vectors;
    vectors.reserve(texts.size());
    const std::span<const std::string> all(texts);
    while (vectors.size() < texts.size()) {
        const auto rest = all.subspan(vectors.size());
        std::size_t count = 0;
        std::int64_t tokens = 0;
        while (count < rest.size() && count < options_.batch_texts_max) {
            tokens += estimate_tokens(std::string_view(rest[count]));
            if (count > 0 && tokens > options_.batch_tokens_max) break;
            ++count;
        }
        SLIPWAY_CO_TRY(auto batch, co_await embed_batch(rest.first(count)));
        std::ranges::move(batch, std::back_inserter(vectors));
    }
    co_return vectors;
}

Task<std::vector<store::Vector>> OpenAiEmbedding::embed_batch(std::span<const std::string> texts) const {
    json::array input;
    for (const auto& text : texts) input.emplace_back(text);
    json::object body{{"model", options_.model}, {"input", std::move(input)}, {"encoding_format", "float"}};
    if (options_.ask_for_dimension) body["dimensions"] = options_.dimension;
    const auto end = std::chrono::steady_clock::now() + options_.time_max;
    SLIPWAY_CO_TRY(auto response, co_await provider_.post("/embeddings", std::move(body), end, false));
    SLIPWAY_CO_TRY(const auto answer, co_await provider_.read(std::move(response)));
    co_return read_vectors(answer, texts.size());
}

Result<std::vector<store::Vector>> OpenAiEmbedding::read_vectors(const json::object& body, std::size_t count) const {
    const auto* data = array_in(body, "data");
    if (data == nullptr || data->size() != count)
        return provider_.nonsense(fmt::format("{} vectors for {} texts", data == nullptr ? 0 : data->size(), count));
    std::vector<store::Vector> vectors(count);
    for (std::size_t position = 0; position < count; ++position) {
        const auto& item = (*data)[position];
        if (!item.is_object()) return provider_.nonsense("an embedding that is not an object");
        const auto index = integer_or(item.get_object(), "index", static_cast<std::int64_t>(position));
        if (index < 0 || static_cast<std::size_t>(index) >= count || !vectors[static_cast<std::size_t>(index)].empty())
            return provider_.nonsense("embeddings whose order is unclear");
        auto vector = vector_of(item.get_object());
        if (!vector || !is_finite(*vector)) return provider_.nonsense("an embedding that is not a list of numbers");
        if (vector->empty() || vector->size() != options_.dimension)
            return provider_.nonsense(fmt::format("vectors of {} dimensions, but {} is configured with {}",
                                                  vector->size(), name(), options_.dimension));
        vectors[static_cast<std::size_t>(index)] = std::move(*vector);
    }
    return vectors;
}

}  // namespace slipway::model
