#include "store/index/embedded.h"

#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "store/index/bench.h"
#include "store/sqlite/connection.h"

namespace slipway::store {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Index> open_with(const fs::path& folder, const EmbeddedOptions& options) {
    auto index = open_embedded(folder / "index.db", options);
    if (!index) throw conformance::Failure{index.error().message};
    return *std::move(index);
}

// How many batches may wait: all stay, each is merged at once, or now and then. With codes for every vector but for the
// first of these.
class EmbeddedConformance : public testing::TestWithParam<std::tuple<conformance::Check, std::uint64_t>> {};

TEST_P(EmbeddedConformance, Holds) {
    const auto& [check, batches] = GetParam();
    const auto open = [batches](const fs::path& folder) {
        return open_with(folder, {.merge_batches_max = batches,
                                  .merge_after = Milliseconds(60'000),
                                  .code_values_min = batches == 128 ? std::size_t{1'000'000} : 0});
    };
    const auto failure = check.run(open);
    EXPECT_FALSE(failure) << *failure;
}

INSTANTIATE_TEST_SUITE_P(Index, EmbeddedConformance,
                         testing::Combine(testing::ValuesIn(conformance::checks().begin(), conformance::checks().end()),
                                          testing::Values(128, 0, 2)),
                         [](const auto& parameter) {
                             return fmt::format("{}Waiting{}", std::get<0>(parameter.param).name,
                                                std::get<1>(parameter.param));
                         });

class Embedded : public testing::Test {
 protected:
    Embedded() { fs::create_directories(folder_); }
    ~Embedded() override { fs::remove_all(folder_); }

    // All of it merged into posting blocks, or all of it waiting.
    std::unique_ptr<Index> filled(std::size_t count, std::uint64_t batches = 0) {
        auto index = open_with(folder_, {.merge_batches_max = batches, .merge_after = Milliseconds(60'000)});
        conformance::value_of(index->ensure("c", {}), "ensure");
        std::vector<Passage> passages;
        for (std::size_t i = 0; i < count; ++i)
            passages.push_back(conformance::random_passage(i, fmt::format("p{}", i), 0));
        conformance::value_of(index->upsert(workspace_, "c", std::move(passages)), "upsert");
        return index;
    }

    std::int64_t rows(std::string_view table) {
        auto connection = sqlite::Connection::open(file_);
        auto statement = connection->prepare(fmt::format("SELECT count(*) FROM {}", table));
        return statement && statement->step() ? statement->integer(0) : -1;
    }

    fs::path folder_ = fs::temp_directory_path() / ("slipway-embedded-" + new_id());
    fs::path file_ = folder_ / "index.db";
    WorkspaceId workspace_{"w"};
};

void expect_asks_for_reindex(const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_NE(error.message.find("slipway reindex"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("index.db"), std::string::npos) << error.message;
}

TEST_F(Embedded, AFileThatIsNoDatabaseAsksForReindex) {
    std::ofstream(file_) << std::string(10'000, 'x');
    const auto index = open_embedded(file_);
    ASSERT_FALSE(index);
    expect_asks_for_reindex(index.error());
    ASSERT_TRUE(remove_embedded(file_));
    EXPECT_TRUE(open_embedded(file_)) << "after removing it a new one is made";
}

TEST_F(Embedded, DamagedPagesAskForReindexAndDoNotCrash) {
    filled(500);
    const auto size = fs::file_size(file_);
    {
        std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
        for (std::uintmax_t page = 1; page * 4096 < size; ++page) {
            file.seekp(static_cast<std::streamoff>(page * 4096));
            file << std::string(200, '\x5A');
        }
    }
    auto index = open_embedded(file_);
    if (!index) return expect_asks_for_reindex(index.error());
    const auto hits = run_to_end((*index)->search(workspace_, "c", {.text = "water"}));
    ASSERT_FALSE(hits);
    expect_asks_for_reindex(hits.error());
}

TEST_F(Embedded, ATruncatedFileAsksForReindex) {
    filled(500);
    fs::resize_file(file_, fs::file_size(file_) / 8192 * 4096);
    auto index = open_embedded(file_);
    if (!index) return expect_asks_for_reindex(index.error());
    const auto hits = run_to_end((*index)->search(workspace_, "c", {.text = "water house river", .limit = 1000}));
    ASSERT_FALSE(hits);
    expect_asks_for_reindex(hits.error());
}

TEST_F(Embedded, PostingsThatContradictThePassagesAreNoticed) {
    filled(20);
    {
        auto connection = sqlite::Connection::open(file_);
        ASSERT_TRUE(connection);
        ASSERT_TRUE(connection->execute(
            "DELETE FROM postings WHERE term = 'water'; UPDATE postings SET bytes = x'05FF' WHERE term = 'river'"));
    }
    const auto index = open_with(folder_, {.merge_batches_max = 0});
    // All but one: of an emptied space nothing is read any more.
    const auto erased = run_to_end(index->erase_where(workspace_, "c", Filter::none({Filter::equal("id", "p0")})));
    ASSERT_FALSE(erased);
    expect_asks_for_reindex(erased.error());
    EXPECT_EQ(*run_to_end(index->count(workspace_, "c", {})), 20U) << "and nothing is half erased";
    const auto hits = run_to_end(index->search(workspace_, "c", {.text = "river"}));
    ASSERT_FALSE(hits);
    expect_asks_for_reindex(hits.error());
}

TEST_F(Embedded, WhatWaitsIsMergedWhenNothingIsWritten) {
    filled(200, 128);
    ASSERT_EQ(rows("batches"), 1);
    ASSERT_EQ(rows("postings"), 0);
    const Query query{.text = "water house thunder", .limit = 1000};
    const auto index = open_with(folder_, {.merge_after = Milliseconds(1)});
    const auto before = conformance::value_of(index->search(workspace_, "c", query), "search");
    for (int attempt = 0; attempt < 1000 && rows("batches") != 0; ++attempt)
        std::this_thread::sleep_for(Milliseconds(10));
    EXPECT_EQ(rows("batches"), 0);
    EXPECT_GT(rows("postings"), 0);
    const auto after = conformance::value_of(index->search(workspace_, "c", query), "search");
    ASSERT_FALSE(before.empty());
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ(before[i].passage.id, after[i].passage.id);
        EXPECT_EQ(before[i].score, after[i].score);
    }
}

TEST_F(Embedded, ADamagedBatchAsksForReindex) {
    filled(20, 128);
    for (const std::string_view bytes : {"x''", "x'FFFFFFFF'", "x'010000000000000003'", "x'0000000001FF'"}) {
        {
            auto connection = sqlite::Connection::open(file_);
            ASSERT_TRUE(connection && connection->execute(fmt::format("UPDATE batches SET bytes = {}", bytes)));
        }
        const auto index = open_with(folder_, {.merge_batches_max = 0, .merge_after = Milliseconds(60'000)});
        const auto written = run_to_end(index->upsert(workspace_, "c", {conformance::random_passage(99, "p99", 0)}));
        ASSERT_FALSE(written) << bytes;
        expect_asks_for_reindex(written.error());
    }
}

TEST_F(Embedded, AFileOfAnotherVersionOrProgramIsRefused) {
    filled(1);
    {
        auto connection = sqlite::Connection::open(file_);
        ASSERT_TRUE(connection && connection->execute("PRAGMA user_version = 999999"));
    }
    const auto newer = open_embedded(file_);
    ASSERT_FALSE(newer);
    expect_asks_for_reindex(newer.error());
    const auto other = folder_ / "other.db";
    {
        auto connection = sqlite::Connection::open(other);
        ASSERT_TRUE(connection && connection->execute("CREATE TABLE mine(x)"));
    }
    const auto foreign = open_embedded(other);
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, ErrorCode::unavailable);
    EXPECT_NE(foreign.error().message.find("something else"), std::string::npos) << foreign.error().message;
}

TEST_F(Embedded, AFullFileRefusesTheWriteAndKeepsTheRest) {
    EmbeddedOptions options;
    options.file_bytes_max = 600'000;
    auto opened = open_embedded(file_, options);
    ASSERT_TRUE(opened);
    auto& index = **opened;
    ASSERT_TRUE(run_to_end(index.ensure("c", {})));
    std::uint64_t kept = 0;
    std::optional<Error> error;
    for (std::size_t i = 0; i < 2000 && !error; ++i) {
        std::vector<Passage> batch;
        for (std::size_t j = 0; j < 10; ++j)
            batch.push_back(conformance::random_passage(i * 10 + j, fmt::format("p{}-{}", i, j), 0));
        auto done = run_to_end(index.upsert(workspace_, "c", std::move(batch)));
        if (done)
            kept += 10;
        else
            error = done.error();
    }
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::unavailable);
    EXPECT_NE(error->message.find("full"), std::string::npos) << error->message;
    EXPECT_GT(kept, 0U);
    EXPECT_EQ(*run_to_end(index.count(workspace_, "c", {})), kept);
    EXPECT_TRUE(run_to_end(index.search(workspace_, "c", {.text = "water"})));
}

TEST_F(Embedded, AnEmptiedWorkspaceLeavesNothingBehind) {
    for (const std::uint64_t batches : {0, 128}) {
        auto index = filled(300, batches);
        ASSERT_TRUE(run_to_end(index->erase_where(workspace_, "c", {})));
        index.reset();
        for (const std::string_view table : {"spaces", "passages", "vectors", "postings", "batches"})
            EXPECT_EQ(rows(table), 0) << table;
    }
}

TEST_F(Embedded, FrequentTermsSpanManyBlocks) {
    auto index = open_with(folder_, {.merge_batches_max = 0});
    conformance::value_of(index->ensure("c", {}), "ensure");
    conformance::Model model;
    std::vector<Passage> passages;
    for (std::size_t i = 0; i < 3000; ++i) {
        passages.push_back({.id = fmt::format("p{:04}", i), .text = conformance::random_text(i, 4)});
        model[passages.back().id] = passages.back();
    }
    conformance::value_of(index->upsert(workspace_, "c", passages), "upsert");
    // Changes in the middle of blocks: new texts for old numbers, and gaps.
    std::vector<std::string> gone;
    passages.clear();
    for (std::size_t i = 0; i < 3000; i += 3) {
        const auto id = fmt::format("p{:04}", i);
        if (i % 2) {
            gone.push_back(id);
            model.erase(id);
        } else {
            passages.push_back({.id = id, .text = "water " + conformance::random_text(i + 9000, 9)});
            model[id] = passages.back();
        }
    }
    passages.push_back({.id = "new", .text = "water"});
    model["new"] = passages.back();
    conformance::value_of(index->erase(workspace_, "c", gone), "erase");
    conformance::value_of(index->upsert(workspace_, "c", passages), "upsert");
    const Query query{.text = "water house thunder", .limit = 1000};
    try {
        conformance::expect_hits(conformance::value_of(index->search(workspace_, "c", query), "search"),
                                 conformance::expected_text(model, query), 1000, "many blocks");
    } catch (const conformance::Failure& failure) {
        FAIL() << failure.text;
    }
}

// Two workspaces come and go, passages get other vectors, collections are made anew: with bytes for all, with bytes for
// one workspace at a time, and without, searches give the same.
TEST_F(Embedded, AnswersAreTheSameWithAndWithoutBytesForVectors) {
    constexpr std::size_t kDimension = 8, kRounds = 400, kIds = 60;
    constexpr EmbeddedOptions kAll{.code_values_min = 0}, kOne{.code_bytes_max = 7'000, .code_values_min = 0},
        kNone{.code_bytes_max = 0};
    std::vector<std::unique_ptr<Index>> indexes;
    for (const auto& options : {kAll, kOne, kNone}) {
        const auto folder = folder_ / fmt::format("{}", indexes.size());
        fs::create_directories(folder);
        indexes.push_back(open_with(folder, options));
        conformance::value_of(indexes.back()->ensure("c", {.dimension = kDimension}), "ensure");
    }
    std::mt19937 random(5);
    const auto below = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
    for (std::size_t round = 0; round < kRounds; ++round) {
        const WorkspaceId workspace{below(3) == 0 ? "other" : "one"};
        const auto what = below(20);
        std::vector<Passage> passages;
        std::vector<std::string> ids;
        for (std::size_t i = 0; i < 1 + below(20); ++i) {
            ids.push_back(fmt::format("p{}", below(kIds)));
            passages.push_back({.id = ids.back(), .name_space = below(2) == 0 ? "a" : "b", .text = "t"});
            if (below(5) > 0) passages.back().vector = conformance::random_vector(random(), kDimension);
        }
        const Query query{.vector = conformance::random_vector(random(), kDimension),
                          .filter = below(2) == 0 ? Filter() : Filter::equal("namespace", "a"),
                          .limit = 1 + below(12)};
        std::vector<std::vector<Hit>> answers;
        for (const auto& index : indexes) {
            if (what == 0) {
                conformance::value_of(index->renew("c", {.dimension = kDimension}), "renew");
            } else if (what == 1) {
                conformance::value_of(index->erase_where(workspace, "c", {}), "erase_where");
            } else if (what < 6) {
                conformance::value_of(index->erase(workspace, "c", ids), "erase");
            } else {
                conformance::value_of(index->upsert(workspace, "c", passages), "upsert");
            }
            answers.push_back(conformance::value_of(index->search(workspace, "c", query), "search"));
        }
        for (const auto& answer : answers) {
            ASSERT_EQ(conformance::ids_of(answer), conformance::ids_of(answers.back())) << round;
            for (std::size_t i = 0; i < answer.size(); ++i) ASSERT_EQ(answer[i].score, answers.back()[i].score);
        }
    }
}

}  // namespace
}  // namespace slipway::store
