#include "store/index/ranking.h"

#include <algorithm>
#include <unordered_map>

namespace slipway::store {
namespace {

bool is_worse(const Ranked& a, const Ranked& b) { return is_better(b, a); }

}  // namespace

Ranking::Ranking(std::vector<Ranked> candidates) : heap_(std::move(candidates)) {
    std::ranges::make_heap(heap_, is_worse);
}

std::optional<Ranked> Ranking::next() {
    if (heap_.empty()) return std::nullopt;
    std::ranges::pop_heap(heap_, is_worse);
    const auto best = heap_.back();
    heap_.pop_back();
    return best;
}

std::vector<Fused> fuse(std::span<const Ranked> text, std::span<const Ranked> vector, double vector_weight) {
    std::unordered_map<std::uint64_t, Fused> fused;
    const auto share = [](double weight, std::size_t index) {
        return weight * (kFusionRank + 1) / (kFusionRank + 1 + static_cast<double>(index));
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto& one = fused[text[i].number];
        one.score += share(1 - vector_weight, i);
        one.text_score = text[i].score;
    }
    for (std::size_t i = 0; i < vector.size(); ++i) {
        auto& one = fused[vector[i].number];
        one.score += share(vector_weight, i);
        one.vector_score = vector[i].score;
    }
    std::vector<Fused> best;
    best.reserve(fused.size());
    for (auto& [number, one] : fused) {
        one.number = number;
        best.push_back(one);
    }
    std::ranges::sort(
        best, [](const Fused& a, const Fused& b) { return is_better({a.number, a.score}, {b.number, b.score}); });
    return best;
}

}  // namespace slipway::store
