#include "store/index/conformance.h"

#include "store/index/conformance_checks.h"

namespace slipway::store::conformance {

std::span<const Check> checks() {
    static constexpr Check kChecks[] = {
        {"TextIsFound", run_check<text_is_found>},
        {"UpsertOverwrites", run_check<upsert_overwrites>},
        {"EraseRemoves", run_check<erase_removes>},
        {"TextRanksByBm25", run_check<text_ranks_by_bm25>},
        {"ExpansionsAddTerms", run_check<expansions_add_terms>},
        {"WorkspacesDoNotLeak", run_check<workspaces_do_not_leak>},
        {"WordsAreAnalysed", run_check<words_are_analysed>},
        {"VectorsRankByMetric", run_check<vectors_rank_by_metric>},
        {"BothLegsAreFused", run_check<both_legs_are_fused>},
        {"FiltersMatchReference", run_check<filters_match_reference>},
        {"FilteredSearchIsNeverShort", run_check<filtered_search_is_never_short>},
        {"ScrollGoesById", run_check<scroll_goes_by_id>},
        {"CursorsHoldTheirPlace", run_check<cursors_hold_their_place>},
        {"CollectionsAreEnsured", run_check<collections_are_ensured>},
        {"WrongInputIsRefused", run_check<wrong_input_is_refused>},
        {"RefusedUpsertChangesNothing", run_check<refused_upsert_changes_nothing>},
        {"WritesAreReadAtOnce", run_check<writes_are_read_at_once>},
        {"DataOutlivesTheProcess", run_check<data_outlives_the_process>},
        {"ManyWriteAndReadAtOnce", run_check<many_write_and_read_at_once>},
        {"RandomOperationsMatchAModel", run_check<random_operations_match_a_model>},
    };
    return kChecks;
}

}  // namespace slipway::store::conformance
