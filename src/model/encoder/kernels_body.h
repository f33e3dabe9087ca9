// Written once with the compiler's vectors, compiled per instruction set: the file that includes this defines
// SLIPWAY_KERNELS (a namespace of its own, so that the linker never mixes two sets), SLIPWAY_WIDTH (floats of a vector)
// and SLIPWAY_ROWS (rows of a tile: as many as the registers hold). No function of the standard library is called that
// could be compiled for one processor and chosen for another.
#include "model/encoder/kernels.h"

namespace slipway::model::encoder::SLIPWAY_KERNELS {
namespace {

constexpr std::size_t kWidth = SLIPWAY_WIDTH;
constexpr std::size_t kParts = kPanel / kWidth;
constexpr std::size_t kRows = SLIPWAY_ROWS;

using Floats = float __attribute__((ext_vector_type(SLIPWAY_WIDTH)));
using Integers = std::int32_t __attribute__((ext_vector_type(SLIPWAY_WIDTH)));
using Bytes = std::int8_t __attribute__((ext_vector_type(SLIPWAY_WIDTH)));
using Halves = std::uint16_t __attribute__((ext_vector_type(SLIPWAY_WIDTH)));
using Words = std::uint32_t __attribute__((ext_vector_type(SLIPWAY_WIDTH)));

template <typename Vector, typename Value>
inline Vector load(const Value* from) {
    Vector vector;
    __builtin_memcpy(&vector, from, sizeof vector);
    return vector;
}
inline void store(float* to, Floats vector) { __builtin_memcpy(to, &vector, sizeof vector); }
inline Floats all(float value) { return Floats(value); }

inline Integers counting() {
    Integers numbers;
    for (std::size_t i = 0; i < kWidth; ++i) numbers[i] = static_cast<std::int32_t>(i);
    return numbers;
}
inline float sum(Floats vector) {
    float total = 0;
    for (std::size_t i = 0; i < kWidth; ++i) total += vector[i];
    return total;
}
inline float largest(Floats vector) {
    float most = vector[0];
    for (std::size_t i = 1; i < kWidth; ++i) most = vector[i] > most ? vector[i] : most;
    return most;
}

// e^x to a few units in the last place: 2^n · e^r with |r| ≤ ln 2 / 2, e^r as a polynomial.
inline Floats exponential(Floats x) {
    x = __builtin_elementwise_min(__builtin_elementwise_max(x, all(-87.0F)), all(88.0F));
    const Floats n = __builtin_elementwise_roundeven(x * 1.44269504F);
    const Floats r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
    Floats p = all(1.9875691500e-4F);
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    const Integers power = (__builtin_convertvector(n, Integers) + 127) << 23;
    return p * __builtin_bit_cast(Floats, power);
}

// Abramowitz and Stegun 7.1.26.
inline Floats error_function(Floats x) {
    const Floats size = __builtin_elementwise_abs(x);
    const Floats t = 1.0F / (1.0F + 0.3275911F * size);
    Floats p = all(1.061405429F);
    p = p * t - 1.453152027F;
    p = p * t + 1.421413741F;
    p = p * t - 0.284496736F;
    p = p * t + 0.254829592F;
    const Floats value = 1.0F - p * t * exponential(-size * size);
    return x < 0.0F ? -value : value;
}

void expand(const Matrix& matrix, std::size_t panel, float* to) {
    const auto* values = matrix.values + panel * matrix.inputs * kPanel;
    const auto* scales = matrix.scales + panel * matrix.inputs / kGroup * kPanel;
    for (std::size_t group = 0; group < matrix.inputs / kGroup; ++group) {
        Floats scale[kParts];
        for (std::size_t part = 0; part < kParts; ++part) {
            const auto half = load<Halves>(scales + group * kPanel + part * kWidth);
            const Words bits = __builtin_convertvector(half, Words) << 16;
            scale[part] = __builtin_bit_cast(Floats, bits);
        }
        for (std::size_t i = group * kGroup; i < (group + 1) * kGroup; ++i)
            for (std::size_t part = 0; part < kParts; ++part) {
                const auto bytes = load<Bytes>(values + i * kPanel + part * kWidth);
                store(to + i * kPanel + part * kWidth, __builtin_convertvector(bytes, Floats) * scale[part]);
            }
    }
}

template <std::size_t Rows>
void tile(const Matrix& matrix, std::size_t panel, const float* x, const float* weights, float* out) {
    Floats sums[Rows][kParts];
    for (std::size_t part = 0; part < kParts; ++part) {
        const auto bias = load<Floats>(matrix.bias + panel * kPanel + part * kWidth);
        for (std::size_t row = 0; row < Rows; ++row) sums[row][part] = bias;
    }
    for (std::size_t i = 0; i < matrix.inputs; ++i) {
        Floats weight[kParts];
        for (std::size_t part = 0; part < kParts; ++part)
            weight[part] = load<Floats>(weights + i * kPanel + part * kWidth);
        for (std::size_t row = 0; row < Rows; ++row) {
            const Floats value = all(x[row * matrix.inputs + i]);
            for (std::size_t part = 0; part < kParts; ++part) sums[row][part] += value * weight[part];
        }
    }
    for (std::size_t row = 0; row < Rows; ++row)
        for (std::size_t part = 0; part < kParts; ++part)
            store(out + row * matrix.outputs + panel * kPanel + part * kWidth, sums[row][part]);
}

template <std::size_t Rows>
std::size_t tiles(const Matrix& matrix, std::size_t panel, const float* x, const float* weights, std::size_t row,
                  std::size_t rows, float* out) {
    for (; row + Rows <= rows; row += Rows)
        tile<Rows>(matrix, panel, x + row * matrix.inputs, weights, out + row * matrix.outputs);
    if constexpr (Rows > 1) return tiles<Rows / 2>(matrix, panel, x, weights, row, rows, out);
    return row;
}

void multiply(const Matrix& matrix, const float* x, std::size_t rows, float* out, float* weights) {
    for (std::size_t panel = 0; panel < matrix.outputs / kPanel; ++panel) {
        expand(matrix, panel, weights);
        tiles<kRows>(matrix, panel, x, weights, 0, rows, out);
    }
}

void gelu(float* x, std::size_t size) {
    for (std::size_t i = 0; i < size; i += kWidth) {
        const auto value = load<Floats>(x + i);
        store(x + i, 0.5F * value * (1.0F + error_function(value * 0.707106781F)));
    }
}

void add_and_normalise(float* x, const float* added, std::size_t rows, const Normalisation& normalisation) {
    const auto size = normalisation.size;
    for (std::size_t row = 0; row < rows; ++row) {
        float* values = x + row * size;
        Floats total = all(0);
        for (std::size_t i = 0; i < size; i += kWidth) {
            auto value = load<Floats>(values + i);
            if (added != nullptr) value += load<Floats>(added + row * size + i);
            store(values + i, value);
            total += value;
        }
        const float mean = sum(total) / static_cast<float>(size);
        Floats squares = all(0);
        for (std::size_t i = 0; i < size; i += kWidth) {
            const Floats difference = load<Floats>(values + i) - mean;
            squares += difference * difference;
        }
        const float variance = sum(squares) / static_cast<float>(size);
        const float scale = 1.0F / __builtin_sqrtf(variance + kNormalisationEpsilon);
        for (std::size_t i = 0; i < size; i += kWidth) {
            const Floats difference = (load<Floats>(values + i) - mean) * scale;
            store(values + i,
                  difference * load<Floats>(normalisation.weight + i) + load<Floats>(normalisation.bias + i));
        }
    }
}

// The shares that `Queries` queries give to the values of all rows, and the values so weighed.
template <std::size_t Queries>
void attend_queries(const float* query, std::size_t stride, const float* keys, const float* values, std::size_t rows,
                    float* shares, float* out, std::size_t out_stride) {
    const auto columns = padded(rows);
    float share_of_one[Queries];
    for (std::size_t q = 0; q < Queries; ++q) {
        Floats most = all(-1e30F);
        for (std::size_t column = 0; column < columns; column += kWidth) {
            Floats score = all(0);
            for (std::size_t d = 0; d < kHeadSize; ++d)
                score += all(query[q * stride + d]) * load<Floats>(keys + d * columns + column);
            score *= 0.176776695F;  // 1 / √kHeadSize
            const Integers index = counting() + static_cast<std::int32_t>(column);
            score = index < Integers(static_cast<std::int32_t>(rows)) ? score : all(-1e30F);  // padding has no share
            store(shares + q * columns + column, score);
            most = __builtin_elementwise_max(most, score);
        }
        const float best = largest(most);
        Floats total = all(0);
        for (std::size_t column = 0; column < columns; column += kWidth) {
            const Floats share = exponential(load<Floats>(shares + q * columns + column) - best);
            store(shares + q * columns + column, share);
            total += share;
        }
        share_of_one[q] = 1.0F / sum(total);
    }
    Floats sums[Queries][kParts];
    for (auto& row : sums)
        for (auto& part : row) part = all(0);
    for (std::size_t j = 0; j < rows; ++j)
        for (std::size_t part = 0; part < kParts; ++part) {
            const auto value = load<Floats>(values + j * stride + part * kWidth);
            for (std::size_t q = 0; q < Queries; ++q) sums[q][part] += all(shares[q * columns + j]) * value;
        }
    for (std::size_t q = 0; q < Queries; ++q)
        for (std::size_t part = 0; part < kParts; ++part)
            store(out + q * out_stride + part * kWidth, sums[q][part] * share_of_one[q]);
}

void attend(const float* qkv, std::size_t rows, std::size_t heads, float* out, float* scratch) {
    const auto hidden = heads * kHeadSize;
    const auto stride = 3 * hidden;
    const auto columns = padded(rows);
    float* keys = scratch;
    float* shares = scratch + kHeadSize * columns;
    for (std::size_t i = 0; i < kHeadSize * columns; ++i) keys[i] = 0;
    for (std::size_t head = 0; head < heads; ++head) {
        const float* query = qkv + head * kHeadSize;
        const float* key = query + hidden;
        const float* value = key + hidden;
        for (std::size_t row = 0; row < rows; ++row)
            for (std::size_t d = 0; d < kHeadSize; ++d) keys[d * columns + row] = key[row * stride + d];
        float* to = out + head * kHeadSize;
        std::size_t row = 0;
        for (; row + kQueries <= rows; row += kQueries)
            attend_queries<kQueries>(query + row * stride, stride, keys, value, rows, shares, to + row * hidden,
                                     hidden);
        for (; row < rows; ++row)
            attend_queries<1>(query + row * stride, stride, keys, value, rows, shares, to + row * hidden, hidden);
    }
}

}  // namespace

extern const Kernels set;
const Kernels set{SLIPWAY_KERNELS_NAME, multiply, gelu, add_and_normalise, attend};

}  // namespace slipway::model::encoder::SLIPWAY_KERNELS
