// The file of an encoder's weights: written by pack() from the published files, read in place. Little-endian:
//
//   header   8 bytes "SLWENC01", then 8 numbers of 32 bits: layers, hidden, inner, heads, pieces, positions, text
//   bytes,
//            the length the model was made for
//   sections each begins at a multiple of 64 bytes, in this order: vocabulary (offsets, sorted ids, text), word
//            embeddings (bytes, scales), positions with the type of the first sentence added (floats), their
//            normalisation; for each layer: queries, keys and values as one matrix, attention output, normalisation,
//            inner, outer, normalisation. A matrix is values, scales, bias as kernels.h lays them out; the word
//            embeddings are [pieces][hidden] with a scale for each kGroup.
//
// Only the architecture of BERT with heads of 32: all-MiniLM-L6-v2 and its kin.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/encoder/kernels.h"
#include "model/encoder/word_piece.h"

namespace slipway::model::encoder {

struct Shape {
    std::uint32_t layers = 0, hidden = 0, inner = 0, heads = 0;
    std::uint32_t pieces = 0, positions = 0, text_bytes = 0;
    std::uint32_t length = 0;  // pieces that an input is cut to
};

struct Layer {
    Matrix attention_input, attention_output, inner, outer;
    Normalisation after_attention, after_outer;
};

// Views of the bytes, which outlive this.
struct Packed {
    Shape shape;
    Vocabulary vocabulary;
    const std::int8_t* words = nullptr;          // [pieces][hidden]
    const std::uint16_t* word_scales = nullptr;  // bfloat16, [pieces][hidden / kGroup]
    const float* positions = nullptr;            // [positions][hidden]
    Normalisation after_embedding;
    std::vector<Layer> layers;
};

// `bytes` begins at a multiple of 64. `invalid` when it is not such a file, or not whole.
Result<Packed> read_packed(std::span<const std::byte> bytes);

// From model.safetensors (floats of 32 bits, names as Hugging Face writes them, with or without a prefix) and vocab.txt
// to the bytes of the file. `length`: what an input is cut to. `invalid` names what is missing or has another shape.
Result<std::string> pack(std::string_view safetensors, std::string_view vocabulary, std::uint32_t heads,
                         std::uint32_t length);

}  // namespace slipway::model::encoder
