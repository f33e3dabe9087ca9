// Nearness of vectors, larger is nearer: the cosine, the dot product, or the negative Euclidean distance. float32,
// exact. The loops keep independent sums, so that the compiler turns them into vector instructions without relaxing
// IEEE rules.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "store/index/index.h"

namespace slipway::store {

float dot_product(std::span<const float> a, std::span<const float> b);
float squared_distance(std::span<const float> a, std::span<const float> b);

// What is stored and asked with: for the cosine the vector scaled to length 1 (a zero vector stays, its cosine counts
// as 0).
Vector prepared_vector(Metric metric, Vector vector);
// Of two prepared vectors of the same size. Never NaN: a sum that overflows counts as the largest or smallest number.
double nearness(Metric metric, std::span<const float> a, std::span<const float> b);

// float32, little endian, without padding.
std::string to_bytes(std::span<const float> vector);
// False when the bytes are not a vector of this size.
bool from_bytes(std::string_view bytes, std::span<float> vector);

std::string_view to_string(Metric metric);
std::optional<Metric> metric_from(std::string_view name);

}  // namespace slipway::store
