// The real migrations: a step that breaks the release before is one on purpose, and stands here.
#include <gtest/gtest.h>

#include "serve/databases.h"
#include "store/database/migration_kind.h"
#include "store/index/pgvector.h"

namespace slipway::serve {
namespace {

TEST(Migrations, OnlyTheseContract) {
    auto all = all_migrations();
    const auto index = store::pgvector_migrations();
    all.insert(all.end(), index.begin(), index.end());
    std::vector<std::string> contracting;
    for (const auto& step : all)
        if (store::kind_of(step) == store::MigrationKind::contract)
            contracting.push_back(
                fmt::format("{} {}: {}", step.capability, step.number, store::contracting_statement(step.sql)));
    // One that is to join them: does this release work with and without it? Nothing that expands may stand behind it in
    // the same release (docs/operations.md, "Upgrading without a pause").
    EXPECT_EQ(contracting, std::vector<std::string>{"knowledge 2: alter table documents drop column content"});
}

}  // namespace
}  // namespace slipway::serve
