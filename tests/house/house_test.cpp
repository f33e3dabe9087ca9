#include "house/house.h"

#include <algorithm>
#include <cstdio>
#include <ranges>

#include <gtest/gtest.h>

#include "house/fault_matrix.h"

namespace slipway::house {
namespace {

const std::filesystem::path kRoot = SLIPWAY_SOURCE_DIR;

std::vector<Finding> check_fixture(const std::string& name) {
    return check_house(kRoot / "tests/house/fixtures" / name);
}

using Places = std::vector<std::pair<std::string, std::string>>;  // rule and place

Places places_of(const std::vector<Finding>& findings) {
    Places places;
    for (const auto& finding : findings) places.emplace_back(finding.rule, finding.place);
    std::ranges::sort(places);
    return places;
}

void expect_findings(const std::string& fixture, const Places& expected) {
    const auto findings = check_fixture(fixture);
    EXPECT_EQ(places_of(findings), expected) << to_text(findings);
}

std::string of_rule(const std::vector<Finding>& findings, std::initializer_list<std::string_view> rules) {
    std::vector<Finding> chosen;
    for (const auto& finding : findings)
        if (std::ranges::find(rules, finding.rule) != rules.end()) chosen.push_back(finding);
    return to_text(chosen);
}

// So that a reader of the log sees what comes near the line.
void print_sizes(const Sizes& sizes) {
    const auto print = [](const char* what, const std::vector<std::pair<std::size_t, std::string>>& entries) {
        std::printf("%zu %s; of %zu lines in the middle, the longest:\n", entries.size(), what,
                    entries.empty() ? 0 : entries[entries.size() / 2].first);
        for (const auto& [lines, name] : entries | std::views::take(5)) std::printf("%6zu  %s\n", lines, name.c_str());
    };
    print("files", sizes.files);
    print("functions", sizes.functions);
}

class House : public testing::Test {
 protected:
    static void SetUpTestSuite() { findings_ = new std::vector<Finding>(check_house(kRoot)); }
    static void TearDownTestSuite() { delete findings_; }
    static inline std::vector<Finding>* findings_ = nullptr;
};

TEST_F(House, IncludesPointDownwardOnly) {
    EXPECT_EQ(of_rule(*findings_, {"upward include", "unknown room", "room order"}), "");
}

TEST_F(House, CapabilitiesFormNoCycle) { EXPECT_EQ(of_rule(*findings_, {"cycle"}), ""); }

TEST_F(House, SourcesNameNoApplication) { EXPECT_EQ(of_rule(*findings_, {"application"}), ""); }

TEST_F(House, FilesFunctionsAndLinesStaySmall) {
    EXPECT_EQ(of_rule(*findings_, {"size"}), "");
    print_sizes(sizes_of(kRoot));
}

TEST_F(House, HeadersBeginWithWhatTheyAreFor) { EXPECT_EQ(of_rule(*findings_, {"manual"}), ""); }

TEST_F(House, NothingIsMarkedUnfinished) { EXPECT_EQ(of_rule(*findings_, {"unfinished"}), ""); }

TEST_F(House, JsonIsWrittenInOnePlace) { EXPECT_EQ(of_rule(*findings_, {"json"}), ""); }

TEST_F(House, WhatIsAwaitedHasAName) { EXPECT_EQ(of_rule(*findings_, {"await"}), ""); }

TEST_F(House, StatementsNameTheirColumns) { EXPECT_EQ(of_rule(*findings_, {"columns"}), ""); }

TEST_F(House, ChecklistNamesTestsThatExist) { EXPECT_EQ(of_rule(*findings_, {"checklist"}), ""); }

TEST_F(House, EveryAdapterMeetsEveryFault) {
    EXPECT_EQ(of_rule(*findings_, {"faults"}), "");
    std::vector<Finding> told_above;
    std::printf("%s", to_table(read_fault_matrix(kRoot, told_above)).c_str());
}

TEST_F(House, EveryFindingBelongsToATestAbove) {
    for (const auto& finding : *findings_) {
        const auto told =
            of_rule({finding}, {"upward include", "unknown room", "room order", "cycle", "application", "size",
                                "manual", "unfinished", "json", "await", "columns", "checklist", "faults"});
        EXPECT_NE(told, "") << finding.rule;
    }
}

// The fixtures are small trees that are in order but for one thing.

TEST(HouseFixture, GoodTreeHasNoFindings) { expect_findings("good", {}); }

TEST(HouseFixture, UpwardIncludesAreFound) {
    // Both arrows close a circle as well, because the rooms above use the rooms below.
    expect_findings("bad-upward-include", {{"cycle", "src/agent/graph.h:4"},
                                           {"cycle", "src/base/log.cpp:1"},
                                           {"upward include", "src/base/log.cpp:1"},
                                           {"upward include", "src/store/index/bm25.cpp:2"}});
}

TEST(HouseFixture, FoldersAndIncludesOutsideTheRoomsAreFound) {
    expect_findings("bad-unknown-room", {{"unknown room", "src/agent/answer.cpp:1"},
                                         {"unknown room", "src/agent/answer.cpp:2"},
                                         {"unknown room", "src/garage/car.cpp"}});
}

TEST(HouseFixture, ARoomMayNotUseOneThatIsDeclaredLater) {
    expect_findings("bad-room-order",
                    {{"room order", "CMakeLists.txt:2"}, {"upward include", "src/store/index/index.h:2"}});
}

TEST(HouseFixture, RoomsThatIncludeEachOtherAreFound) {
    const auto findings = check_fixture("bad-cycle");
    const auto cycle = std::ranges::find(findings, "cycle", &Finding::rule);
    ASSERT_NE(cycle, findings.end()) << to_text(findings);
    EXPECT_EQ(cycle->message, "agent -> store/index -> agent");
}

TEST(HouseFixture, NamesOfApplicationsAreFoundInAnyCase) {
    expect_findings("bad-application",
                    {{"application", "src/agent/answer.cpp:1"}, {"application", "src/agent/answer.cpp:2"}});
}

TEST(HouseFixture, LongFilesFunctionsAndWideLinesAreFound) {
    // 120 columns of two-byte letters are not too wide.
    expect_findings("bad-size", {{"size", "src/agent/function.cpp:69"},
                                 {"size", "src/agent/function.cpp:7"},
                                 {"size", "src/agent/long.cpp"},
                                 {"size", "src/agent/wide.cpp:3"}});
}

TEST(HouseFixture, HeadersWithoutAPurposeAreFound) { expect_findings("bad-manual", {{"manual", "src/agent/graph.h"}}); }

TEST(HouseFixture, MarksOfUnfinishedWorkAreFound) {
    expect_findings("bad-unfinished",
                    {{"unfinished", "src/agent/answer.cpp:1"}, {"unfinished", "src/agent/answer.cpp:2"}});
}

TEST(HouseFixture, AnotherWriterOfJsonIsFound) {
    expect_findings(
        "bad-json",
        {{"json", "src/agent/answer.cpp:2"}, {"json", "src/agent/answer.cpp:3"}, {"json", "tools/spade/main.cpp:1"}});
}

TEST(HouseFixture, StatementsThatNameNoColumnsAreFound) {
    expect_findings("bad-columns", {{"columns", "src/agent/answer.cpp:1"},
                                    {"columns", "src/agent/answer.cpp:2"},
                                    {"columns", "src/agent/answer.cpp:3"}});
}

TEST(HouseFixture, NamelessThingsBesideCoAwaitAreFound) {
    expect_findings("bad-await", {{"await", "src/agent/answer.cpp:2"},
                                  {"await", "src/agent/answer.cpp:3"},
                                  {"await", "src/agent/answer.cpp:4"},
                                  {"await", "src/agent/answer.cpp:5"},
                                  {"await", "src/agent/answer.cpp:6"}});
}

TEST(HouseFixture, RowsAndPromisesWithoutTestsAreFound) {
    expect_findings("bad-checklist", {{"checklist", "docs/checklist.tsv:3"},
                                      {"checklist", "docs/checklist.tsv:4"},
                                      {"checklist", "docs/checklist.tsv:5"},
                                      {"checklist", "docs/checklist.tsv:6"},
                                      {"checklist", "docs/security.md"},     // no row V1.1.5
                                      {"checklist", "docs/security.md:13"},  // a test that is not there
                                      {"checklist", "docs/security.md:14"},  // another level
                                      {"checklist", "docs/security.md:15"},  // twice
                                      {"checklist", "docs/security.md:16"},  // not of the list
                                      {"checklist", "docs/security.md:6"},
                                      {"checklist", "docs/security.md:7"}});
}

TEST(HouseFixture, EmptyCellsAndUnknownProofsAreFound) {
    expect_findings("bad-faults", {{"faults", "open_garden"},                   // a cell is empty
                                   {"faults", "open_garden"},                   // a test that is not there
                                   {"faults", "open_pond"},                     // nothing opens it
                                   {"faults", "src/store/index/greenhouse.h"},  // no row
                                   {"faults", "tests/garden/faults.tsv:13"},
                                   {"faults", "tests/garden/faults.tsv:14"},
                                   {"faults", "tests/garden/faults.tsv:15"},
                                   {"faults", "tests/garden/faults.tsv:16"},
                                   {"faults", "tests/garden/faults.tsv:17"}});
}

}  // namespace
}  // namespace slipway::house
