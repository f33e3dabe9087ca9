// The arithmetic of a transformer's encoder on rows of floats, once per instruction set; kernels() chooses by what this
// processor has. All sizes are in floats. Rows lie one after another. Nothing here allocates or blocks.
//
// Weights are bytes with one scale for each kGroup inputs of an output (0.9994 or better in cosine to the floats they
// came from, tests/model); they become floats a panel of kPanel outputs at a time, on their way into the cache, so that
// a model costs its bytes in memory and not four times as many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slipway::model::encoder {

inline constexpr std::size_t kPanel = 32;
inline constexpr std::size_t kGroup = 32;
inline constexpr std::size_t kHeadSize = 32;
inline constexpr std::size_t kQueries = 4;  // that attend() takes at a time

// A linear layer: y = W x + bias. `inputs` and `outputs` are multiples of 32.
struct Matrix {
    std::size_t inputs = 0, outputs = 0;
    const std::int8_t* values = nullptr;    // [outputs / kPanel][inputs][kPanel]
    const std::uint16_t* scales = nullptr;  // bfloat16, [outputs / kPanel][inputs / kGroup][kPanel]
    const float* bias = nullptr;            // [outputs]
};

struct Normalisation {
    std::size_t size = 0;  // a multiple of 32
    const float* weight = nullptr;
    const float* bias = nullptr;
};
inline constexpr float kNormalisationEpsilon = 1e-12F;

struct Kernels {
    std::string_view name;
    // out[rows][outputs] = x[rows][inputs] · W + bias. `panel` has room for inputs × kPanel.
    void (*multiply)(const Matrix& matrix, const float* x, std::size_t rows, float* out, float* panel);
    // x = x · Φ(x), the exact form by the error function (to 2e-7). `size` is a multiple of 32.
    void (*gelu)(float* x, std::size_t size);
    // x[rows][size] = normalised (x + added); `added` may be null.
    void (*add_and_normalise)(float* x, const float* added, std::size_t rows, const Normalisation& normalisation);
    // qkv[rows][3 · heads · kHeadSize] holds queries, keys and values side by side; out[rows][heads · kHeadSize].
    // `scratch` has room for attention_scratch(rows).
    void (*attend)(const float* qkv, std::size_t rows, std::size_t heads, float* out, float* scratch);
};

constexpr std::size_t padded(std::size_t rows) { return (rows + kPanel - 1) / kPanel * kPanel; }
constexpr std::size_t attention_scratch(std::size_t rows) { return padded(rows) * (kHeadSize + kQueries); }

// Those for this processor; the same for the life of the process.
const Kernels& kernels();

// For tests: every set that this processor can run, the portable one first.
struct KernelSets {
    const Kernels* sets[3] = {};
    std::size_t count = 0;
};
KernelSets all_kernels();

}  // namespace slipway::model::encoder
