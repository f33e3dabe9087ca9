// Reading the passages of a space that match a filter: what SQL can decide is decided there, the rest by matches().
// Everything here blocks and works on one snapshot, the caller's transaction.
#pragma once

#include <functional>

#include "store/index/embedded_catalog.h"
#include "store/index/pushdown.h"
#include "store/index/ranking.h"

namespace slipway::store::embedded {

// At most `limit` passages in the order of ids, after the one given.
Result<std::vector<Passage>> matching_passages(sqlite::Connection& connection, const Space& space, const Filter& filter,
                                               std::size_t limit, const std::optional<std::string>& after_id);
Result<std::vector<std::uint64_t>> matching_numbers(sqlite::Connection& connection, const Space& space,
                                                    const Filter& filter);
Result<std::uint64_t> count_matching(sqlite::Connection& connection, const Space& space, const Filter& filter);
Result<std::string> id_at(sqlite::Connection& connection, const Space& space, std::uint64_t number);
Result<Passage> passage_at(sqlite::Connection& connection, const Space& space, std::uint64_t number);

// Picks the best candidates that match a filter. Candidates are looked at one by one, best first, as long as that finds
// enough; when many have failed and SQL can list what may match, the rest is compared with that list. In a small space
// the list is made at once. Never comes back short of what matches.
class CandidateFilter {
 public:
    CandidateFilter(sqlite::Connection& connection, const Space& space, const Filter& filter)
        : connection_(connection),
          space_(space),
          filter_(filter),
          pushed_(pushdown(filter)),
          lets_all_pass_(pushed_.is_complete && !pushed_.namespaces && !pushed_.ids) {}

    // The list, ascending, where it is made and so short that its vectors are better read one by one than all of them.
    const std::vector<std::uint64_t>* short_list() const;
    Result<std::vector<Ranked>> best(std::vector<Ranked> candidates, std::size_t limit);
    // The same where candidates have a bound in the place of their score, which `score` says: it is not above the
    // bound, and nullopt for a candidate that is not there.
    using Score = std::function<Result<std::optional<double>>(std::uint64_t number)>;
    Result<std::vector<Ranked>> best_below(std::vector<Ranked> bounds, std::size_t limit, const Score& score);

 private:
    Result<void> begin();
    Result<bool> lets_pass(std::uint64_t number);
    bool can_list() const { return pushed_.namespaces || pushed_.ids; }
    bool lists_at_once() const;
    Result<bool> passes(std::uint64_t number);
    Result<void> list_allowed();

    sqlite::Connection& connection_;
    const Space& space_;
    const Filter& filter_;
    Pushdown pushed_;
    bool lets_all_pass_;
    std::optional<std::vector<std::uint64_t>> allowed_;  // ascending
    std::optional<sqlite::Statement> row_;               // of a candidate, for as long as the filter is used
    std::size_t failures_ = 0;
};

}  // namespace slipway::store::embedded
