#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "model/encoder/packed.h"

namespace slipway::model::encoder {
namespace {

constexpr std::size_t kAlignment = 64;

struct Tensor {
    std::vector<std::size_t> shape;
    std::vector<float> values;
};

// https://github.com/huggingface/safetensors: a length of 64 bits, that much JSON, the tensors' bytes.
class Tensors {
 public:
    static Result<Tensors> open(std::string_view file) {
        std::uint64_t length = 0;
        if (file.size() < sizeof length) return fail(ErrorCode::invalid, "The safetensors file is cut short.");
        std::memcpy(&length, file.data(), sizeof length);
        if (length > file.size() - sizeof length) return fail(ErrorCode::invalid, "The safetensors file is cut short.");
        boost::system::error_code broken;
        auto header = json::parse(file.substr(sizeof length, length), broken);
        if (broken || !header.is_object())
            return fail(ErrorCode::invalid, "The header of the safetensors file is not JSON.");
        Tensors tensors;
        tensors.header_ = std::move(header.as_object());
        tensors.data_ = file.substr(sizeof length + length);
        return tensors;
    }

    // By the end of its name, so that a prefix does not matter.
    Result<Tensor> get(std::string_view name, std::vector<std::size_t> shape) const {
        for (const auto& [key, value] : header_) {
            if (!std::string_view(key).ends_with(name) || !value.is_object()) continue;
            return read(name, value.as_object(), std::move(shape));
        }
        return fail(ErrorCode::invalid, "The safetensors file has no tensor {}.", name);
    }
    std::optional<std::vector<std::size_t>> shape_of(std::string_view name) const {
        for (const auto& [key, value] : header_) {
            if (!std::string_view(key).ends_with(name) || !value.is_object()) continue;
            std::vector<std::size_t> shape;
            for (const auto& size : value.at("shape").as_array()) shape.push_back(size.to_number<std::size_t>());
            return shape;
        }
        return std::nullopt;
    }

 private:
    Result<Tensor> read(std::string_view name, const json::object& entry, std::vector<std::size_t> wanted) const {
        Tensor tensor;
        for (const auto& size : entry.at("shape").as_array()) tensor.shape.push_back(size.to_number<std::size_t>());
        if (entry.at("dtype") != "F32" || tensor.shape != wanted)
            return fail(ErrorCode::invalid, "The tensor {} has another type or shape than expected: {} {}.", name,
                        write_json(entry.at("dtype")), write_json(entry.at("shape")));
        const auto begin = entry.at("data_offsets").as_array().at(0).to_number<std::size_t>();
        const auto end = entry.at("data_offsets").as_array().at(1).to_number<std::size_t>();
        const auto count = std::accumulate(wanted.begin(), wanted.end(), std::size_t{1}, std::multiplies<>());
        if (begin > end || end > data_.size() || end - begin != count * sizeof(float))
            return fail(ErrorCode::invalid, "The tensor {} is cut short.", name);
        tensor.values.resize(count);
        std::memcpy(tensor.values.data(), data_.data() + begin, end - begin);
        return tensor;
    }

    json::object header_;
    std::string_view data_;
};

class Writer {
 public:
    template <typename Value>
    void put(const std::vector<Value>& values) {
        bytes_.resize((bytes_.size() + kAlignment - 1) / kAlignment * kAlignment);
        bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
    }
    void put_raw(std::string_view bytes) { bytes_.append(bytes); }
    std::string take() { return std::move(bytes_); }

 private:
    std::string bytes_;
};

// The scale of a group as bfloat16, rounded up so that the largest value still fits, and the float it stands for.
std::uint16_t scale_of(std::span<const float> group) {
    float most = 0;
    for (const auto value : group) most = std::max(most, std::abs(value));
    const auto bits = std::bit_cast<std::uint32_t>(most / 127);
    return static_cast<std::uint16_t>((bits >> 16) + ((bits & 0xFFFF) != 0 ? 1 : 0));
}
std::int8_t rounded(float value, std::uint16_t scale) {
    const float unit = std::bit_cast<float>(static_cast<std::uint32_t>(scale) << 16);
    return unit == 0 ? std::int8_t{0} : static_cast<std::int8_t>(std::lround(value / unit));
}

void put_words(Writer& writer, const Tensor& words) {
    std::vector<std::int8_t> values;
    std::vector<std::uint16_t> scales;
    for (std::size_t begin = 0; begin < words.values.size(); begin += kGroup) {
        const std::span group(words.values.data() + begin, kGroup);
        scales.push_back(scale_of(group));
        for (const auto value : group) values.push_back(rounded(value, scales.back()));
    }
    writer.put(values);
    writer.put(scales);
}

// `weight` is [outputs][inputs].
void put_matrix(Writer& writer, const Tensor& weight, const std::vector<float>& bias) {
    const auto outputs = weight.shape[0], inputs = weight.shape[1];
    std::vector<std::int8_t> values(outputs * inputs);
    std::vector<std::uint16_t> scales(outputs * inputs / kGroup);
    for (std::size_t output = 0; output < outputs; ++output) {
        const auto panel = output / kPanel, lane = output % kPanel;
        for (std::size_t group = 0; group < inputs / kGroup; ++group) {
            const std::span part(weight.values.data() + output * inputs + group * kGroup, kGroup);
            const auto scale = scale_of(part);
            scales[(panel * (inputs / kGroup) + group) * kPanel + lane] = scale;
            for (std::size_t i = 0; i < kGroup; ++i)
                values[(panel * inputs + group * kGroup + i) * kPanel + lane] = rounded(part[i], scale);
        }
    }
    writer.put(values);
    writer.put(scales);
    writer.put(bias);
}

Result<void> put_linear(Writer& writer, const Tensors& tensors, const std::vector<std::string>& names,
                        std::size_t inputs, std::size_t outputs) {
    Tensor all{{names.size() * outputs, inputs}, {}};
    std::vector<float> biases;
    for (const auto& name : names) {
        SLIPWAY_TRY(const auto weight, tensors.get(name + ".weight", {outputs, inputs}));
        SLIPWAY_TRY(const auto bias, tensors.get(name + ".bias", {outputs}));
        all.values.insert(all.values.end(), weight.values.begin(), weight.values.end());
        biases.insert(biases.end(), bias.values.begin(), bias.values.end());
    }
    put_matrix(writer, all, biases);
    return {};
}

Result<void> put_normalisation(Writer& writer, const Tensors& tensors, const std::string& name, std::size_t size) {
    SLIPWAY_TRY(const auto weight, tensors.get(name + ".weight", {size}));
    SLIPWAY_TRY(const auto bias, tensors.get(name + ".bias", {size}));
    writer.put(weight.values);
    writer.put(bias.values);
    return {};
}

void put_vocabulary(Writer& writer, const std::vector<std::string_view>& pieces) {
    std::vector<std::uint32_t> offsets{0}, sorted(pieces.size());
    std::vector<char> text;
    for (const auto piece : pieces) {
        text.insert(text.end(), piece.begin(), piece.end());
        offsets.push_back(static_cast<std::uint32_t>(text.size()));
    }
    std::iota(sorted.begin(), sorted.end(), 0u);
    std::ranges::sort(sorted, {}, [&](std::uint32_t id) { return pieces[id]; });
    writer.put(offsets);
    writer.put(sorted);
    writer.put(text);
}

Result<void> put_embeddings(Writer& writer, const Tensors& tensors, const Shape& shape) {
    SLIPWAY_TRY(const auto words, tensors.get("embeddings.word_embeddings.weight", {shape.pieces, shape.hidden}));
    put_words(writer, words);
    SLIPWAY_TRY(auto positions, tensors.get("embeddings.position_embeddings.weight", {shape.positions, shape.hidden}));
    SLIPWAY_TRY(const auto types, tensors.get("embeddings.token_type_embeddings.weight", {2, shape.hidden}));
    for (std::size_t i = 0; i < positions.values.size(); ++i) positions.values[i] += types.values[i % shape.hidden];
    writer.put(positions.values);
    return put_normalisation(writer, tensors, "embeddings.LayerNorm", shape.hidden);
}

Result<void> put_layer(Writer& writer, const Tensors& tensors, const Shape& shape, std::uint32_t number) {
    const auto prefix = fmt::format("encoder.layer.{}.", number);
    const auto self = prefix + "attention.self.";
    SLIPWAY_CHECK(
        put_linear(writer, tensors, {self + "query", self + "key", self + "value"}, shape.hidden, shape.hidden));
    SLIPWAY_CHECK(put_linear(writer, tensors, {prefix + "attention.output.dense"}, shape.hidden, shape.hidden));
    SLIPWAY_CHECK(put_normalisation(writer, tensors, prefix + "attention.output.LayerNorm", shape.hidden));
    SLIPWAY_CHECK(put_linear(writer, tensors, {prefix + "intermediate.dense"}, shape.hidden, shape.inner));
    SLIPWAY_CHECK(put_linear(writer, tensors, {prefix + "output.dense"}, shape.inner, shape.hidden));
    return put_normalisation(writer, tensors, prefix + "output.LayerNorm", shape.hidden);
}

Result<Shape> shape_of(const Tensors& tensors, std::uint32_t heads, std::uint32_t length) {
    const auto words = tensors.shape_of("embeddings.word_embeddings.weight");
    const auto positions = tensors.shape_of("embeddings.position_embeddings.weight");
    const auto inner = tensors.shape_of("encoder.layer.0.intermediate.dense.weight");
    if (!words || !positions || !inner || words->size() != 2 || positions->size() != 2 || inner->size() != 2)
        return fail(ErrorCode::invalid, "This is not the safetensors file of a BERT encoder.");
    Shape shape;
    shape.pieces = static_cast<std::uint32_t>((*words)[0]);
    shape.hidden = static_cast<std::uint32_t>((*words)[1]);
    shape.positions = static_cast<std::uint32_t>((*positions)[0]);
    shape.inner = static_cast<std::uint32_t>((*inner)[0]);
    shape.heads = heads;
    shape.length = length;
    while (tensors.shape_of(fmt::format("encoder.layer.{}.output.dense.weight", shape.layers))) ++shape.layers;
    if (shape.hidden != heads * kHeadSize || shape.inner % kPanel != 0 || length > shape.positions)
        return fail(ErrorCode::invalid, "Only encoders whose heads have {} numbers can be packed.", kHeadSize);
    return shape;
}

}  // namespace

Result<std::string> pack(std::string_view safetensors, std::string_view vocabulary, std::uint32_t heads,
                         std::uint32_t length) {
    SLIPWAY_TRY(const auto tensors, Tensors::open(safetensors));
    SLIPWAY_TRY(auto shape, shape_of(tensors, heads, length));
    while (vocabulary.ends_with('\n')) vocabulary.remove_suffix(1);
    const auto pieces = split(vocabulary, '\n');
    if (pieces.size() != shape.pieces)
        return fail(ErrorCode::invalid, "The vocabulary has {} pieces, the weights {}.", pieces.size(), shape.pieces);
    for (const auto piece : pieces) shape.text_bytes += static_cast<std::uint32_t>(piece.size());

    Writer writer;
    writer.put_raw("SLWENC01");
    writer.put_raw({reinterpret_cast<const char*>(&shape), sizeof shape});
    put_vocabulary(writer, pieces);
    SLIPWAY_CHECK(put_embeddings(writer, tensors, shape));
    for (std::uint32_t i = 0; i < shape.layers; ++i) SLIPWAY_CHECK(put_layer(writer, tensors, shape, i));
    return writer.take();
}

}  // namespace slipway::model::encoder
