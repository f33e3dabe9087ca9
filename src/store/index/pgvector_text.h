// The text leg: a query's postings as one statement answers them, and their scores (pgvector.h). Internal to this room.
#pragma once

#include "base/pool.h"
#include "store/index/pgvector_space.h"
#include "store/index/text_ranking.h"

namespace slipway::store::pgvector {

struct ScoredText {
    TextStatistics statistics;
    std::vector<TermPostings> terms;  // that any passage holds
    std::vector<Ranked> passages;     // all that hold one of them, by number, in no order
};

// Of one moment. collection_is_gone() when it was dropped. Scores are computed on the pool.
Task<ScoredText> score_text(Database& database, WorkerPool& pool, const WorkspaceId& workspace, std::int64_t generation,
                            std::vector<QueryTerm> terms);

}  // namespace slipway::store::pgvector
