// The checks behind conformance.h; each gets a fresh bench and throws Failure.
#pragma once

#include "store/index/bench.h"

namespace slipway::store::conformance {

void text_is_found(Bench& bench);
void upsert_overwrites(Bench& bench);
void erase_removes(Bench& bench);
void text_ranks_by_bm25(Bench& bench);
void expansions_add_terms(Bench& bench);
void workspaces_do_not_leak(Bench& bench);
void words_are_analysed(Bench& bench);

void vectors_rank_by_metric(Bench& bench);
void both_legs_are_fused(Bench& bench);
void filters_match_reference(Bench& bench);
void filtered_search_is_never_short(Bench& bench);
void scroll_goes_by_id(Bench& bench);
void cursors_hold_their_place(Bench& bench);

void collections_are_ensured(Bench& bench);
void wrong_input_is_refused(Bench& bench);
void refused_upsert_changes_nothing(Bench& bench);
void writes_are_read_at_once(Bench& bench);
void data_outlives_the_process(Bench& bench);
void many_write_and_read_at_once(Bench& bench);
void random_operations_match_a_model(Bench& bench);

}  // namespace slipway::store::conformance
