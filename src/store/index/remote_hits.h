// What adapters of remote engines do with hits: an order that every engine can give, and the fusion of two legs.
#pragma once

#include <vector>

#include "store/index/index.h"

namespace slipway::store {

// Which legs a query has, and how deep each is read.
struct Legs {
    explicit Legs(const Query& query);
    bool both = false;  // the query has both
    bool text = false;  // to be asked: not when the other one has all the weight
    bool vector = false;
    std::size_t depth = 0;
};

// Larger scores first, of equal ones the smaller id (its bytes).
void sort_hits(std::vector<Hit>& hits);

// Both legs in order; the answer too, with the scores of the legs and at most query.limit hits. The passage of a hit is
// the one of the leg that had it.
std::vector<Hit> fuse_hits(std::vector<Hit> text, std::vector<Hit> vector, const Query& query);

// What the legs of a query give that are to be asked, together: fused, or as the only one gave them. A leg that is not
// to be asked never begins.
Task<std::vector<Hit>> ask_legs(Legs legs, const Query& query, Task<std::vector<Hit>> text,
                                Task<std::vector<Hit>> vector);

// `invalid` when a query asks for nothing, or its vector does not fit.
Result<void> check_search(const Query& query, const CollectionOptions& options);

}  // namespace slipway::store
