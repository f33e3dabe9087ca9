#include "store/database/broken_adapters.h"

#include <gtest/gtest.h>

namespace slipway::test {
namespace {

// The names of the checks that the adapter fails.
std::set<std::string_view> failed_checks(const DatabasePlaces& places) {
    std::set<std::string_view> failed;
    for (const auto checks : {database_checks(), database_promise_checks()}) {
        for (const auto& check : checks) {
            if (failure_of(check, places)) failed.insert(check.name);
        }
    }
    return failed;
}

template <typename Fault>
std::set<std::string_view> failed_checks() {
    return failed_checks([] { return std::make_unique<BrokenPlace<Fault>>(); });
}

using Names = std::set<std::string_view>;

TEST(BrokenDatabase, TheWrapperItselfIsGood) { EXPECT_EQ(failed_checks<PassingDatabase>(), Names{}); }

TEST(BrokenDatabase, LosingTheRollbackIsFound) {
    const auto failed = failed_checks<LosesRollback>();
    EXPECT_TRUE(failed.contains("failed_bodies_leave_nothing"));
}

TEST(BrokenDatabase, ForgettingTheWorkspaceIsFound) {
    EXPECT_EQ(failed_checks<ForgetsWorkspace>(), Names{"forgotten_workspace_is_refused"});
}

TEST(BrokenDatabase, AnsweringBeforeTheCommitIsFound) {
    const auto failed = failed_checks<AnswersBeforeCommit>();
    EXPECT_TRUE(failed.contains("reads_see_what_was_written"));
    EXPECT_TRUE(failed.contains("written_data_outlives_the_adapter"));
}

TEST(BrokenDatabase, CommittingEachStatementIsFound) {
    const auto failed = failed_checks<CommitsEachStatement>();
    EXPECT_TRUE(failed.contains("failed_bodies_leave_nothing"));
    EXPECT_TRUE(failed.contains("concurrent_transactions_are_all_counted"));
}

TEST(BrokenDatabase, BelievingTheMigrationRecordIsFound) {
    EXPECT_EQ(failed_checks<IgnoresMigrationRecord>(),
              (Names{"changed_migrations_are_refused", "newer_data_that_was_taken_from_is_refused",
                     "steps_without_a_note_are_taken_over"}));
}

TEST(BrokenDatabase, SwallowingConflictsIsFound) {
    const auto failed = failed_checks<SwallowsConflicts>();
    EXPECT_TRUE(failed.contains("conflicts_name_their_constraint"));
    EXPECT_TRUE(failed.contains("one_failure_among_many"));
}

TEST(BrokenDatabase, KeepingAnOldBackupIsFound) {
    EXPECT_EQ(failed_checks<KeepsOldBackup>(), Names{"backup_while_writing_is_consistent"});
}

TEST(BrokenDatabase, KeepingRowsForeverIsFound) {
    EXPECT_EQ(failed_checks<KeepsRowsForever>(),
              (Names{"rows_read_often_are_those_of_now", "rows_read_often_beside_writers"}));
}

TEST(BrokenDatabase, IgnoringCancellationIsFound) {
    EXPECT_TRUE(failed_checks<IgnoresCancellation>().contains("cancelled_transactions_roll_back"));
}

}  // namespace
}  // namespace slipway::test
