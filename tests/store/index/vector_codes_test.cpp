#include "store/index/vector_codes.h"

#include <random>

#include <gtest/gtest.h>

#include "store/index/code_kernels.h"

namespace slipway::store {
namespace {

Vector some_vector(std::mt19937& random, std::size_t dimension, double size) {
    std::normal_distribution<double> normal(0, size);
    Vector vector(dimension);
    for (auto& value : vector) value = static_cast<float>(normal(random));
    return vector;
}

TEST(CodeKernels, AllSetsGiveTheSumOfProducts) {
    std::mt19937 random(1);
    std::uniform_int_distribution<int> question(-8191, 8191), vector(-127, 127);
    for (const std::size_t size : {64U, 128U, 1024U, 1088U, 4096U}) {
        std::vector<std::int16_t> a(size);
        std::vector<std::int8_t> b(size);
        for (auto& value : a) value = static_cast<std::int16_t>(question(random));
        for (auto& value : b) value = static_cast<std::int8_t>(vector(random));
        std::vector<std::int16_t> most(size, 8191);
        std::vector<std::int8_t> least(size, -127);
        std::int64_t expected = 0;
        for (std::size_t i = 0; i < size; ++i) expected += a[i] * b[i];
        const auto products = code_products();
        for (std::size_t i = 0; i < products.count; ++i) {
            EXPECT_EQ(products.all[i](a.data(), b.data(), size), expected);
            EXPECT_EQ(products.all[i](most.data(), least.data(), size), -static_cast<std::int64_t>(size) * 8191 * 127);
        }
    }
}

// The bound is never below the score, and near enough to be of use.
TEST(VectorCodes, NoScoreIsAboveItsBound) {
    std::mt19937 random(2);
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::euclid})
        for (const std::size_t dimension : {1U, 3U, 64U, 384U, 1536U})
            for (const double size : {1e-30, 1.0, 1e15}) {
                VectorCodes codes(dimension);
                std::vector<Vector> vectors;
                for (std::uint64_t i = 0; i < 50; ++i) {
                    vectors.push_back(prepared_vector(metric, some_vector(random, dimension, size)));
                    codes.add(i * 7, vectors.back());
                }
                const auto query = prepared_vector(metric, some_vector(random, dimension, size));
                std::vector<Ranked> bounds;
                CodedQuery(metric, query).bound(codes, bounds);
                ASSERT_EQ(bounds.size(), vectors.size());
                for (std::size_t i = 0; i < vectors.size(); ++i) {
                    const auto score = nearness(metric, query, vectors[i]);
                    EXPECT_EQ(bounds[i].number, i * 7);
                    EXPECT_GE(bounds[i].score, score);
                    if (metric == Metric::cosine) EXPECT_LT(bounds[i].score - score, 0.05);
                }
            }
}

TEST(VectorCodes, VectorsWithoutLengthOrBeyondMeasureMayBeAnywhere) {
    constexpr auto kLarge = std::numeric_limits<float>::max();
    const Vector nothing(8, 0), large(8, kLarge), one{1, 0, 0, 0, 0, 0, 0, 0};
    for (const auto metric : {Metric::dot, Metric::euclid})
        for (const auto& query : {nothing, large, one}) {
            VectorCodes codes(8);
            std::vector<Ranked> bounds;
            for (const auto& vector : {nothing, large, one}) codes.add(0, vector);
            CodedQuery(metric, query).bound(codes, bounds);
            std::size_t i = 0;
            for (const auto& vector : {nothing, large, one})
                EXPECT_GE(bounds[i++].score, nearness(metric, query, vector));
        }
}

}  // namespace
}  // namespace slipway::store
