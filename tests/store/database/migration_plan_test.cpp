#include "store/database/migration_plan.h"

#include <gtest/gtest.h>

#include "store/database/migration_kind.h"

namespace slipway::store {
namespace {

constexpr Migration kOne{.capability = "a", .number = 1, .sql = "create table one (id text)"};
constexpr Migration kTwo{.capability = "a", .number = 2, .sql = "alter table one add column more text"};
constexpr Migration kThree{.capability = "a", .number = 3, .sql = "alter table one drop column id"};
constexpr Migration kFour{.capability = "a", .number = 4, .sql = "create index one_more on one(more)"};
constexpr Migration kOther{.capability = "b", .number = 1, .sql = "create table other (id text)"};

// As releases note them that bring one step each.
std::vector<AppliedMigration> applied(const std::vector<Migration>& migrations) {
    std::vector<AppliedMigration> rows;
    std::vector<Migration> known;
    for (const auto& each : migrations) {
        known.push_back(each);
        rows.push_back({std::string(each.capability), each.number, checksum_of(each), works_from(known, each, rows)});
    }
    return rows;
}

std::vector<AppliedMigration> applied_before_it_was_noted(const std::vector<Migration>& migrations) {
    auto rows = applied(migrations);
    for (auto& row : rows) row.works_from.reset();
    return rows;
}

std::vector<int> numbers(const std::vector<const Migration*>& steps) {
    std::vector<int> all;
    for (const auto* const step : steps) all.push_back(step->number);
    return all;
}

std::string refusal(const std::vector<Migration>& known, const std::vector<AppliedMigration>& rows) {
    const auto plan = plan_migrations(known, rows);
    if (plan) return "";
    EXPECT_EQ(plan.error().code, ErrorCode::conflict);
    return plan.error().message;
}

TEST(MigrationPlan, GivesWhatIsMissingInOrder) {
    const std::vector<Migration> known{kOne, kOther, kTwo};
    const auto plan = plan_migrations(known, applied({kOne})).value();
    ASSERT_EQ(plan.missing.size(), 2);
    EXPECT_EQ(plan.missing[0]->capability, "b");
    EXPECT_EQ(plan.missing[1]->number, 2);
    EXPECT_TRUE(plan_migrations(known, applied(known)).value().missing.empty());
}

TEST(MigrationPlan, LeavesUnknownCapabilitiesAlone) {
    const std::vector<Migration> known{kOther};
    EXPECT_EQ(plan_migrations(known, applied({kOne, kTwo})).value().missing.size(), 1);
}

TEST(MigrationPlan, RefusesWhatDoesNotFit) {
    const auto code = [](const std::vector<Migration>& known, const std::vector<AppliedMigration>& rows) {
        const auto plan = plan_migrations(known, rows);
        return plan ? ErrorCode::not_found : plan.error().code;
    };
    EXPECT_EQ(code({kOne, kTwo}, applied({kTwo})), ErrorCode::conflict);           // a gap in the record
    EXPECT_EQ(code({kOne}, {{"a", 1, "another checksum"}}), ErrorCode::conflict);  // changed
    EXPECT_EQ(code({kTwo}, {}), ErrorCode::internal);                              // starts at 2
    EXPECT_EQ(code({kOne, kOne}, {}), ErrorCode::internal);                        // twice
}

TEST(MigrationPlan, WorksBesideNewerStepsThatExpand) {
    const std::vector<Migration> known{kOne};
    const auto plan = plan_migrations(known, applied({kOne, kTwo})).value();
    EXPECT_TRUE(plan.missing.empty());
    EXPECT_EQ(plan.newer, std::vector<std::string>{"a 2"});
}

TEST(MigrationPlan, RefusesNewerStepsThatContractAndAllBehindThem) {
    EXPECT_NE(refusal({kOne}, applied({kOne, kTwo, kThree})).find("one that knows step 3 of a"), std::string::npos);
    EXPECT_NE(refusal({kOne, kTwo}, applied({kOne, kTwo, kThree, kFour})), "");
    EXPECT_EQ(refusal({kOne, kTwo, kThree}, applied({kOne, kTwo, kThree, kFour})), "");
}

TEST(MigrationPlan, RefusesNewerStepsOfWhichNothingIsNoted) {
    EXPECT_NE(refusal({kOne}, applied_before_it_was_noted({kOne, kTwo})), "");
    const std::vector<Migration> known{kOne, kTwo};
    const auto plan = plan_migrations(known, applied_before_it_was_noted(known)).value();
    EXPECT_EQ(numbers(plan.unnoted), (std::vector{1, 2}));
}

TEST(MigrationPlan, LeavesStepsThatContractForLater) {
    const std::vector<Migration> known{kOne, kTwo, kThree};
    const auto waits = plan_migrations(known, applied({kOne})).value();
    EXPECT_EQ(numbers(waits.missing), std::vector{2});
    EXPECT_EQ(numbers(waits.waiting), std::vector{3});
    const auto applies = plan_migrations(known, applied({kOne}), ContractSteps::apply).value();
    EXPECT_EQ(numbers(applies.missing), (std::vector{2, 3}));
}

// Nobody uses them yet, also when another process has made some of them already.
TEST(MigrationPlan, LeavesNothingForLaterWhereTablesAreMadeAnew) {
    const std::vector<Migration> known{kOne, kTwo, kThree, kFour};
    std::vector<AppliedMigration> rows;
    for (const auto& step : known) {
        EXPECT_EQ(plan_migrations(known, rows).value().missing.size(), known.size() - rows.size());
        rows.push_back({"a", step.number, checksum_of(step), works_from(known, step, rows)});
        EXPECT_EQ(rows.back().works_from, 3);
    }
}

TEST(MigrationPlan, NothingPassesAStepThatWaits) {
    const auto message = refusal({kOne, kTwo, kThree, kFour}, applied({kOne, kTwo}));
    EXPECT_NE(message.find("Step 4 of a needs step 3"), std::string::npos) << message;
    EXPECT_NE(message.find("slipway migrate --contract"), std::string::npos) << message;
    EXPECT_EQ(refusal({kOne, kTwo, kThree, kFour}, applied({kOne, kTwo, kThree})), "");
}

struct Step {
    std::string_view sql;
    std::string_view contracts;  // the beginning of what is found; "" for a step that expands
};

void PrintTo(const Step& step, std::ostream* out) { *out << step.sql; }

class KindOfStep : public ::testing::TestWithParam<Step> {};

TEST_P(KindOfStep, IsTold) {
    const auto found = contracting_statement(GetParam().sql);
    if (GetParam().contracts.empty())
        EXPECT_EQ(found, "");
    else
        EXPECT_TRUE(found.starts_with(GetParam().contracts)) << found;
}

constexpr Step kSteps[] = {
    {"create table t (id text primary key, x bigint not null, unique (x))", ""},
    {"CREATE TABLE IF NOT EXISTS t (id TEXT); CREATE UNIQUE INDEX t_id ON t (id)", ""},
    {"create table t (id text); insert into t(id) select id from documents; update t set id = ''", ""},
    {"create table t (id text); alter table t alter column id set not null", ""},
    {"create table t (d text references documents(id) on delete cascade)", ""},
    {"create table t (d text references documents on delete set null, e text references t(d))", ""},
    {"create index concurrent on documents(title)", ""},
    {"alter table documents add column a text; alter table documents add column b text not null default ''", ""},
    {"alter table documents add column a numeric(8, 2), add column b bigint", ""},
    {"-- it's; why\ncreate table t (id text default ';drop table users') /* not a comment to us */;", ""},
    {"create function f() returns void language plpgsql as $x$ begin drop table t; end $x$", ""},
    {"comment on table documents is 'derived'; create extension if not exists vector", ""},
    {"create view v as select id from documents", ""},
    {"drop table documents", "drop table"},
    {"DROP INDEX documents_visible", "drop index"},
    {"alter table documents rename to papers", "alter table documents rename"},
    {"alter table documents rename column title to name", "alter table"},
    {"alter table documents drop column title", "alter table"},
    {"alter table documents add column a text, drop column title", "alter table"},
    {"alter table documents alter column title set not null", "alter table"},
    {"alter table documents alter column size type integer", "alter table"},
    {"alter table documents add column a text not null", "alter table"},
    {"alter table documents add column a text unique", "alter table"},
    {"alter table documents add column a text references users(id)", "alter table"},
    {"alter table documents add column a text check (a <> '')", "alter table"},
    {"alter table sign_in_attempts add column workspace text", "alter table"},
    {"alter table documents add constraint c unique (title)", "alter table"},
    {"alter table \"documents\" add unique (title)", "alter table"},
    {"create unique index documents_title on documents(title)", "create unique index"},
    {"create table t (d text references documents(id))", "create table"},
    {"create or replace function f() returns void language sql as $$ $$", "create or"},
    {"create trigger t after insert on documents execute function f()", "create trigger"},
    {"update documents set title = ''", "update documents"},
    {"insert into documents(id) values ('')", "insert into"},
    {"delete from documents", "delete from"},
    {"do $$ begin drop table documents; end $$", "do"},
    {"select setval('s', 1)", "select setval"},
    {"vacuum", "vacuum"},
    {"create table t (id text); drop table documents", "drop table"},
    {"-- contract: older releases would have to write it, too\ncreate table t (id text)", "-- contract"},
};

INSTANTIATE_TEST_SUITE_P(Migration, KindOfStep, ::testing::ValuesIn(kSteps));

}  // namespace
}  // namespace slipway::store
