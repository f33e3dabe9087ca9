// Any text becomes word pieces within the limit, and the same ones when its case differs; the weights' file is read
// only where it is whole.
#include "model/encoder/word_piece.h"

#include "base/text.h"
#include "model/built_in/built_in.h"
#include "model/encoder/packed.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(word_piece) {
    using namespace slipway;
    using namespace slipway::model;
    const auto foreign = encoder::read_packed(std::as_bytes(std::span(input)));
    fuzz::require(!foreign.has_value(), "a file of a few bytes is not whole");
    if (built_in_encoder().empty()) return;
    static const auto packed = encoder::read_packed(built_in_encoder());
    static encoder::WordPiece word_piece;
    static const bool opened = packed.has_value() && word_piece.open(packed->vocabulary);
    fuzz::require(opened, "the built-in vocabulary opens");

    const auto text = to_valid_utf8(input);
    constexpr std::size_t kLimit = 64;
    const auto pieces = word_piece.encode(text, kLimit);
    fuzz::require(pieces.size() >= 2 && pieces.size() <= kLimit, "between the marks and the limit");
    fuzz::require(pieces.front() == packed->vocabulary.find("[CLS]"), "it begins with its mark");
    fuzz::require(pieces.back() == packed->vocabulary.find("[SEP]"), "it ends with its mark");
    for (const auto piece : pieces) fuzz::require(piece < packed->vocabulary.size(), "a piece that exists");
    fuzz::require(word_piece.encode(lower_ascii(text), kLimit) == pieces, "case does not matter");
}
