#include "store/index/vector.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace slipway::store {
namespace {

static_assert(std::endian::native == std::endian::little, "stored vectors are little endian");

constexpr std::size_t kLanes = 16;

// Sums f(a[i], b[i]) in kLanes independent sums.
template <typename F>
float sum(std::span<const float> a, std::span<const float> b, F f) {
    std::array<float, kLanes> lanes{};
    const float* x = a.data();
    const float* y = b.data();
    const std::size_t size = std::min(a.size(), b.size());
    std::size_t i = 0;
    for (; i + kLanes <= size; i += kLanes)
        for (std::size_t lane = 0; lane < kLanes; ++lane) lanes.data()[lane] += f(x[i + lane], y[i + lane]);
    float total = 0;
    for (; i < size; ++i) total += f(x[i], y[i]);
    for (const float lane : lanes) total += lane;
    return total;
}

double finite(double value) {
    if (std::isnan(value)) return std::numeric_limits<double>::lowest();
    return std::clamp(value, std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
}

}  // namespace

float dot_product(std::span<const float> a, std::span<const float> b) {
    return sum(a, b, [](float x, float y) { return x * y; });
}

float squared_distance(std::span<const float> a, std::span<const float> b) {
    return sum(a, b, [](float x, float y) { return (x - y) * (x - y); });
}

Vector prepared_vector(Metric metric, Vector vector) {
    if (metric != Metric::cosine) return vector;
    double square = 0;
    for (const float value : vector) square += static_cast<double>(value) * value;
    if (square == 0) return vector;
    const double scale = 1 / std::sqrt(square);
    for (float& value : vector) value = static_cast<float>(value * scale);
    return vector;
}

double nearness(Metric metric, std::span<const float> a, std::span<const float> b) {
    if (metric == Metric::euclid) return finite(-std::sqrt(static_cast<double>(squared_distance(a, b))));
    return finite(static_cast<double>(dot_product(a, b)));
}

std::string to_bytes(std::span<const float> vector) {
    return std::string(reinterpret_cast<const char*>(vector.data()), vector.size_bytes());
}

bool from_bytes(std::string_view bytes, std::span<float> vector) {
    if (bytes.size() != vector.size_bytes()) return false;
    std::memcpy(vector.data(), bytes.data(), bytes.size());
    return true;
}

std::string_view to_string(Metric metric) {
    switch (metric) {
        case Metric::cosine:
            return "cosine";
        case Metric::dot:
            return "dot";
        case Metric::euclid:
            return "euclid";
    }
    return "cosine";
}

std::optional<Metric> metric_from(std::string_view name) {
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::euclid})
        if (name == to_string(metric)) return metric;
    return std::nullopt;
}

}  // namespace slipway::store
