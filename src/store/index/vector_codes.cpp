#include "store/index/vector_codes.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "store/index/code_kernels.h"

namespace slipway::store {
namespace {

constexpr double kCodeMax = 127, kQueryCodeMax = 8191;

std::size_t padded(std::size_t dimension) { return (dimension + kCodeLanes - 1) / kCodeLanes * kCodeLanes; }

double largest(std::span<const float> vector) {
    double most = 0;
    for (const auto value : vector) most = std::max(most, std::abs(static_cast<double>(value)));
    return most;
}

struct Lengths {
    double rest = 0, whole = 0;
};

// Writes the codes and says how long the vector is, and what the codes leave out of it.
template <typename Code>
Lengths encode(std::span<const float> vector, double scale, Code* codes) {
    Lengths squares;
    for (std::size_t i = 0; i < vector.size(); ++i) {
        const auto value = static_cast<double>(vector[i]);
        const auto code = scale > 0 ? std::nearbyint(value / scale) : 0.0;
        codes[i] = static_cast<Code>(code);
        squares.rest += (value - code * scale) * (value - code * scale);
        squares.whole += value * value;
    }
    return {std::sqrt(squares.rest), std::sqrt(squares.whole)};
}

float not_below(double value) {
    const auto rounded = static_cast<float>(value);
    return static_cast<double>(rounded) >= value ? rounded
                                                 : std::nextafter(rounded, std::numeric_limits<float>::infinity());
}

// What float32 may have lost in the sum that a score is made of (vector.cpp), where products have this size in all:
// each addition rounds, and what is too small becomes nothing.
double rounding(std::size_t dimension, double products) {
    constexpr double kUlp = 1.0 / (1 << 23), kLeast = std::numeric_limits<float>::denorm_min();
    const auto count = static_cast<double>(dimension);
    return (count / 16 + 32) * kUlp * products + count * kLeast;
}

}  // namespace

VectorCodes::VectorCodes(std::size_t dimension) : stride_(padded(dimension)) {}

std::size_t VectorCodes::bytes_of(std::size_t count, std::size_t dimension) {
    return count * (padded(dimension) + sizeof(Coded));
}

void VectorCodes::reserve(std::size_t count) {
    codes_.reserve(count * stride_);
    vectors_.reserve(count);
}

void VectorCodes::add(std::uint64_t number, std::span<const float> vector) {
    codes_.resize(codes_.size() + stride_);
    // As a float, since that is what is kept.
    const auto scale = static_cast<float>(largest(vector) / kCodeMax);
    const auto usable = std::isfinite(scale) ? scale : 0.0F;
    const auto lengths = encode(vector, usable, codes_.data() + codes_.size() - stride_);
    vectors_.push_back({number, usable, not_below(lengths.rest), not_below(lengths.whole)});
}

CodedQuery::CodedQuery(Metric metric, std::span<const float> query)
    : metric_(metric), dimension_(query.size()), scale_(largest(query) / kQueryCodeMax), codes_(padded(query.size())) {
    const auto lengths = encode(query, scale_, codes_.data());
    rest_ = lengths.rest;
    length_ = lengths.whole;
}

double CodedQuery::bound(double product, const VectorCodes::Coded& vector) const {
    constexpr double kAnything = std::numeric_limits<double>::max();
    const double length = vector.length, rest = vector.rest;
    const auto unsure = rest_ * (length + rest) + length_ * rest + rounding(dimension_, length_ * length);
    const auto most = scale_ * vector.scale * product + unsure;
    if (!std::isfinite(most)) return kAnything;
    if (metric_ != Metric::euclid) return most;
    const auto squares = length_ * length_ + length * length;
    const auto least = squares - 2 * most - 2 * rounding(dimension_, squares);
    return std::isfinite(least) ? -std::sqrt(std::max(0.0, least)) : kAnything;
}

void CodedQuery::bound(const VectorCodes& codes, std::vector<Ranked>& bounds) const {
    const auto product = code_product();
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const auto& vector = codes.vectors_[i];
        const auto sum = product(codes_.data(), codes.codes_.data() + i * codes.stride_, codes.stride_);
        bounds.push_back({vector.number, bound(static_cast<double>(sum), vector)});
    }
}

}  // namespace slipway::store
