// A text to its vector, in this process: the forward pass of a BERT encoder with the mean of its last layer as the
// vector, of length 1, as the sentence-transformers library computes it. About 3 ms of one core for a question and 25
// for a passage of 120 word pieces (AVX-512); memory of a few hundred kilobytes per call.
#pragma once

#include <memory>

#include "model/encoder/packed.h"

namespace slipway::model::encoder {

class Encoder {
 public:
    // `weights` (packed.h) outlives the encoder. `kernels`: those of this processor unless a test says otherwise.
    static Result<Encoder> open(std::span<const std::byte> weights, const Kernels& kernels = encoder::kernels());

    // `text` is valid UTF-8; what lies beyond length() word pieces is not read. Deterministic on one kind of processor.
    // Thread safe. Blocks: belongs on a pool.
    std::vector<float> embed(std::string_view text) const;

    std::size_t dimension() const { return packed_.shape.hidden; }
    std::size_t length() const { return packed_.shape.length; }
    const WordPiece& word_piece() const { return word_piece_; }

 private:
    struct Buffers;
    void run(const Layer& layer, Buffers& buffers, std::size_t rows) const;

    Packed packed_;
    WordPiece word_piece_;
    const Kernels* kernels_ = nullptr;
};

}  // namespace slipway::model::encoder
