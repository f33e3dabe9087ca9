// Vectors as bytes, to find out quickly how near one can be at most: a quarter of the memory, and whole numbers. What
// remains possible is compared by the vectors themselves, so the answer is the exact one.
//
// A vector v is s·c + e: a scale, whole numbers from -127 to 127, and a rest of which the length is known. So is a
// question q: t·d + f, with 13 bits for each number. Then q·v differs from t·s·(d·c) by no more than
// |f|·(|v| + |e|) + |q|·|e|.
#pragma once

#include <span>
#include <vector>

#include "store/index/ranking.h"
#include "store/index/vector.h"

namespace slipway::store {

// Vectors of one dimension with numbers, in the order in which they were added.
class VectorCodes {
 public:
    explicit VectorCodes(std::size_t dimension);
    void reserve(std::size_t count);
    void add(std::uint64_t number, std::span<const float> vector);

    std::size_t size() const { return vectors_.size(); }
    std::size_t bytes() const { return codes_.size() + vectors_.size() * sizeof(Coded); }
    static std::size_t bytes_of(std::size_t count, std::size_t dimension);

 private:
    friend class CodedQuery;
    struct Coded {
        std::uint64_t number;
        float scale, rest, length;  // s, |e| and |v|; the last two never too small
    };

    std::size_t stride_;
    std::vector<std::int8_t> codes_;  // `stride_` of each vector, zeros behind the dimension
    std::vector<Coded> vectors_;
};

class CodedQuery {
 public:
    // Of a prepared vector (vector.h).
    CodedQuery(Metric metric, std::span<const float> query);

    // Appends each vector with a bound: the score that nearness() gives is not above it.
    void bound(const VectorCodes& codes, std::vector<Ranked>& bounds) const;

 private:
    double bound(double product, const VectorCodes::Coded& vector) const;

    Metric metric_;
    std::size_t dimension_;
    double scale_ = 0, rest_ = 0, length_ = 0;  // t, |f| and |q|
    std::vector<std::int16_t> codes_;           // with zeros behind the dimension
};

}  // namespace slipway::store
