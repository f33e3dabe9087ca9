// Ranked passages: taken best first, and two rankings fused into one. Passages are numbers here; adapters know whose.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace slipway::store {

struct Ranked {
    std::uint64_t number = 0;
    double score = 0;
};

// Larger scores first; of equal ones the smaller number.
inline bool is_better(const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.number < b.number;
}

// Candidates in any order, taken best first without sorting all. Scores must not be NaN.
class Ranking {
 public:
    explicit Ranking(std::vector<Ranked> candidates);
    std::optional<Ranked> next();
    std::size_t size() const { return heap_.size(); }

 private:
    std::vector<Ranked> heap_;
};

// Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009): of a leg with weight w the passage at rank r (from 1) gets w
// / (k + r), scaled so that the first of both legs has score 1. k is the value of the paper.
inline constexpr double kFusionRank = 60;
// Each leg contributes at least this many passages, and several times what is asked for, so that what is middling in
// both is found.
inline constexpr std::size_t kFusionDepthMin = 100;
inline constexpr std::size_t kFusionDepthFactor = 4;

struct Fused {
    std::uint64_t number = 0;
    double score = 0;
    std::optional<double> text_score = {};
    std::optional<double> vector_score = {};
};

// Both legs best first; the answer too. The text leg weighs 1 − vector_weight.
std::vector<Fused> fuse(std::span<const Ranked> text, std::span<const Ranked> vector, double vector_weight);

}  // namespace slipway::store
