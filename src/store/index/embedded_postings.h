// The postings of a query's terms: those of the table with what waits in batches added. Blocks; inside the caller's
// snapshot.
#pragma once

#include "store/index/embedded_catalog.h"
#include "store/index/text_ranking.h"

namespace slipway::store::embedded {

// Terms that no passage holds are left out.
Result<std::vector<TermPostings>> load_postings(sqlite::Connection& connection, const Space& space,
                                                std::vector<QueryTerm> terms);

}  // namespace slipway::store::embedded
