#include "model/encoder/encoder.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace slipway::model::encoder {

struct Encoder::Buffers {
    Buffers(const Shape& shape, std::size_t rows)
        : x(rows * shape.hidden),
          attended(rows * shape.hidden),
          added(rows * shape.hidden),
          wide(rows * std::max(3 * shape.hidden, shape.inner)),
          panel(std::max(shape.hidden, shape.inner) * kPanel),
          scratch(attention_scratch(rows)) {}

    std::vector<float> x, attended, added, wide, panel, scratch;
};

Result<Encoder> Encoder::open(std::span<const std::byte> weights, const Kernels& kernels) {
    Encoder encoder;
    SLIPWAY_TRY(encoder.packed_, read_packed(weights));
    encoder.kernels_ = &kernels;
    if (!encoder.word_piece_.open(encoder.packed_.vocabulary))
        return fail(ErrorCode::invalid, "The encoder's vocabulary lacks [CLS], [SEP] or [UNK].");
    return encoder;
}

void Encoder::run(const Layer& layer, Buffers& buffers, std::size_t rows) const {
    auto& [x, attended, added, wide, panel, scratch] = buffers;
    kernels_->multiply(layer.attention_input, x.data(), rows, wide.data(), panel.data());
    kernels_->attend(wide.data(), rows, packed_.shape.heads, attended.data(), scratch.data());
    kernels_->multiply(layer.attention_output, attended.data(), rows, added.data(), panel.data());
    kernels_->add_and_normalise(x.data(), added.data(), rows, layer.after_attention);
    kernels_->multiply(layer.inner, x.data(), rows, wide.data(), panel.data());
    kernels_->gelu(wide.data(), rows * packed_.shape.inner);
    kernels_->multiply(layer.outer, wide.data(), rows, added.data(), panel.data());
    kernels_->add_and_normalise(x.data(), added.data(), rows, layer.after_outer);
}

std::vector<float> Encoder::embed(std::string_view text) const {
    const auto pieces = word_piece_.encode(text, packed_.shape.length);
    const auto rows = pieces.size();
    const std::size_t hidden = packed_.shape.hidden;
    Buffers buffers(packed_.shape, rows);
    for (std::size_t row = 0; row < rows; ++row) {
        const auto* word = packed_.words + pieces[row] * hidden;
        const auto* scales = packed_.word_scales + pieces[row] * (hidden / kGroup);
        const auto* position = packed_.positions + row * hidden;
        for (std::size_t i = 0; i < hidden; ++i) {
            const auto scale = std::bit_cast<float>(static_cast<std::uint32_t>(scales[i / kGroup]) << 16);
            buffers.x[row * hidden + i] = static_cast<float>(word[i]) * scale + position[i];
        }
    }
    kernels_->add_and_normalise(buffers.x.data(), nullptr, rows, packed_.after_embedding);
    for (const auto& layer : packed_.layers) run(layer, buffers, rows);

    std::vector<float> mean(hidden);
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t i = 0; i < hidden; ++i) mean[i] += buffers.x[row * hidden + i];
    double squares = 0;
    for (const auto value : mean) squares += static_cast<double>(value) * value;
    const auto scale = static_cast<float>(1 / std::max(std::sqrt(squares), 1e-12));
    for (auto& value : mean) value *= scale;
    return mean;
}

}  // namespace slipway::model::encoder
