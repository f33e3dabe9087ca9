#include "model/encoder/packed.h"

#include <cstring>

namespace slipway::model::encoder {
namespace {

constexpr std::string_view kMagic = "SLWENC01";
constexpr std::size_t kAlignment = 64;
// Far above any encoder one would run here; keeps the products below from overflowing.
constexpr std::uint32_t kSizeMax = 1u << 20;

class Reader {
 public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    template <typename Value>
    const Value* take(std::size_t count) {
        const auto begin = (at_ + kAlignment - 1) / kAlignment * kAlignment;
        if (begin > bytes_.size() || count > (bytes_.size() - begin) / sizeof(Value)) {
            whole_ = false;
            return nullptr;
        }
        at_ = begin + count * sizeof(Value);
        return reinterpret_cast<const Value*>(bytes_.data() + begin);
    }
    Matrix matrix(std::size_t inputs, std::size_t outputs) {
        Matrix matrix{inputs, outputs, nullptr, nullptr, nullptr};
        matrix.values = take<std::int8_t>(inputs * outputs);
        matrix.scales = take<std::uint16_t>(inputs / kGroup * outputs);
        matrix.bias = take<float>(outputs);
        return matrix;
    }
    Normalisation normalisation(std::size_t size) {
        Normalisation normalisation{size, nullptr, nullptr};
        normalisation.weight = take<float>(size);
        normalisation.bias = take<float>(size);
        return normalisation;
    }
    bool whole() const { return whole_; }

 private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
    bool whole_ = true;
};

bool is_sensible(const Shape& shape) {
    const auto in_range = [](std::uint32_t value) { return value > 0 && value <= kSizeMax; };
    return in_range(shape.layers) && in_range(shape.hidden) && in_range(shape.inner) && in_range(shape.heads) &&
           in_range(shape.pieces) && in_range(shape.positions) && shape.layers <= 256 &&
           shape.hidden == shape.heads * kHeadSize && shape.inner % kPanel == 0 && shape.length >= 2 &&
           shape.length <= shape.positions;
}

}  // namespace

Result<Packed> read_packed(std::span<const std::byte> bytes) {
    Reader reader(bytes);
    Packed packed;
    const auto* magic = reader.take<char>(kMagic.size() + sizeof(Shape));
    if (magic == nullptr || std::string_view(magic, kMagic.size()) != kMagic)
        return fail(ErrorCode::invalid, "This is no file of encoder weights: it does not begin with {}.", kMagic);
    std::memcpy(&packed.shape, magic + kMagic.size(), sizeof(Shape));
    const auto& shape = packed.shape;
    if (!is_sensible(shape)) return fail(ErrorCode::invalid, "The header of the encoder's weights makes no sense.");

    packed.vocabulary.offsets = {reader.take<std::uint32_t>(shape.pieces + 1), shape.pieces + 1};
    packed.vocabulary.sorted = {reader.take<std::uint32_t>(shape.pieces), shape.pieces};
    packed.vocabulary.bytes = {reader.take<char>(shape.text_bytes), shape.text_bytes};
    const std::size_t hidden = shape.hidden;
    packed.words = reader.take<std::int8_t>(shape.pieces * hidden);
    packed.word_scales = reader.take<std::uint16_t>(shape.pieces * (hidden / kGroup));
    packed.positions = reader.take<float>(shape.positions * hidden);
    packed.after_embedding = reader.normalisation(hidden);
    for (std::uint32_t i = 0; i < shape.layers && reader.whole(); ++i) {
        Layer layer;
        layer.attention_input = reader.matrix(hidden, 3 * hidden);
        layer.attention_output = reader.matrix(hidden, hidden);
        layer.after_attention = reader.normalisation(hidden);
        layer.inner = reader.matrix(hidden, shape.inner);
        layer.outer = reader.matrix(shape.inner, hidden);
        layer.after_outer = reader.normalisation(hidden);
        packed.layers.push_back(layer);
    }
    if (!reader.whole()) return fail(ErrorCode::invalid, "The encoder's weights are cut short.");
    return packed;
}

}  // namespace slipway::model::encoder
