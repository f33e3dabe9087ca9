// A process that dies in the middle of writing: what it acknowledged is there, the rest is whole or absent.
#include <csignal>
#include <cstdio>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/index/bench.h"
#include "store/index/embedded.h"
#include "store/sqlite/connection.h"

namespace slipway::store {
namespace {

namespace fs = std::filesystem;
using conformance::value_of;

const WorkspaceId kWorkspace{"w"};
constexpr std::size_t kBatch = 7;
constexpr std::size_t kDimension = 8;

// Every batch has a namespace of its own; every third is erased again, every fifth rewritten. Acknowledged steps go to
// `acknowledged`.
std::vector<Passage> batch_of(std::uint64_t step, bool rewritten) {
    std::vector<Passage> passages;
    for (std::size_t i = 0; i < kBatch; ++i) {
        auto passage = conformance::random_passage(step * 1000 + i + (rewritten ? 500 : 0),
                                                   fmt::format("s{:06}-{}", step, i), kDimension);
        passage.name_space = fmt::format("batch{}", step);
        passage.metadata["rewritten"] = rewritten;
        passages.push_back(std::move(passage));
    }
    return passages;
}

[[noreturn]] void write_until_killed(const fs::path& file, std::uint64_t first, int acknowledged) {
    auto index = open_embedded(file);
    if (!index || !run_to_end((*index)->ensure("c", {.dimension = kDimension}))) ::_exit(3);
    for (std::uint64_t step = first;; ++step) {
        if (!run_to_end((*index)->upsert(kWorkspace, "c", batch_of(step, false)))) ::_exit(4);
        if (step % 5 == 0 && !run_to_end((*index)->upsert(kWorkspace, "c", batch_of(step, true)))) ::_exit(5);
        if (step % 3 == 0) {
            auto filter = Filter::equal("namespace", json::string(fmt::format("batch{}", step)));
            if (!run_to_end((*index)->erase_where(kWorkspace, "c", filter))) ::_exit(6);
        }
        if (::write(acknowledged, &step, sizeof step) != sizeof step) ::_exit(7);
    }
}

// The last step that a child acknowledged before it was killed after `delay`.
std::uint64_t run_and_kill(const fs::path& file, std::uint64_t first, Milliseconds delay) {
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) throw std::runtime_error("pipe");
    std::fflush(nullptr);
    const auto child = ::fork();
    if (child == 0) {
        ::close(pipe_ends[0]);
        write_until_killed(file, first, pipe_ends[1]);
    }
    ::close(pipe_ends[1]);
    std::uint64_t last = first - 1;
    // The moment counts from the first acknowledgement, so that each round writes something, however slow the machine.
    if (::read(pipe_ends[0], &last, sizeof last) == sizeof last) {
        std::this_thread::sleep_for(delay);
        ::kill(child, SIGKILL);
        while (::read(pipe_ends[0], &last, sizeof last) == sizeof last) {
        }
    }
    ::close(pipe_ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "the child ended by itself with " << WEXITSTATUS(status);
    return last;
}

// What a step that ran to its end leaves behind.
void add_step(conformance::Model& model, std::uint64_t step) {
    if (step % 3 == 0) return;
    for (auto& passage : batch_of(step, step % 5 == 0)) model[passage.id] = std::move(passage);
}

std::int64_t integer(sqlite::Connection& connection, std::string_view sql) {
    auto statement = connection.prepare(sql);
    if (!statement || !statement->step()) throw conformance::Failure{std::string(sql)};
    return statement->integer(0);
}

TEST(EmbeddedCrash, WhatWasAcknowledgedSurvivesAndNothingIsHalf) {
    const auto folder = fs::temp_directory_path() / ("slipway-index-crash-" + new_id());
    fs::create_directories(folder);
    const auto file = folder / "index.db";
    std::uint64_t next = 1;
    conformance::Model model;
    for (int round = 0; round < 12; ++round) {
        const auto last = run_and_kill(file, next, Milliseconds(1 + round * 9));
        for (; next <= last; ++next) add_step(model, next);
        auto opened = open_embedded(file);
        ASSERT_TRUE(opened) << opened.error().message;
        auto& index = **opened;
        // The step in flight: absent, written, rewritten or erased, always as a whole.
        const auto in_flight = Filter::equal("namespace", json::string(fmt::format("batch{}", next)));
        const auto page = value_of(index.scroll(kWorkspace, "c", in_flight, 1000, {}), "scroll");
        ASSERT_TRUE(page.passages.empty() || page.passages.size() == kBatch) << page.passages.size();
        if (!page.passages.empty()) {
            const bool rewritten = bool_or(page.passages.front().metadata, "rewritten", false);
            for (auto& passage : batch_of(next, rewritten)) model[passage.id] = std::move(passage);
        }
        try {
            EXPECT_EQ(value_of(index.count(kWorkspace, "c", {}), "count"), model.size());
            for (const std::string text : {"water house", "thunder", "silver bridge river"}) {
                const Query query{.text = text, .limit = 1000};
                conformance::expect_hits(value_of(index.search(kWorkspace, "c", query), "search"),
                                         conformance::expected_text(model, query), 1000, text);
            }
            const Query near{.vector = conformance::random_vector(1, kDimension), .limit = 1000};
            conformance::expect_hits(value_of(index.search(kWorkspace, "c", near), "search"),
                                     conformance::expected_vector(model, near, Metric::cosine), 1000, "vectors");
        } catch (const conformance::Failure& failure) {
            FAIL() << "round " << round << ": " << failure.text;
        }
        ++next;
    }
    EXPECT_GE(next, 24U);
    {
        auto connection = sqlite::Connection::open(file);
        ASSERT_TRUE(connection && connection->check_integrity());
        EXPECT_EQ(
            integer(*connection, "SELECT count(*) FROM vectors WHERE passage NOT IN (SELECT passage FROM passages)"),
            0);
        EXPECT_EQ(integer(*connection, "SELECT (SELECT sum(length) FROM passages) = (SELECT sum(terms) FROM spaces)"),
                  1);
    }
    fs::remove_all(folder);
}

}  // namespace
}  // namespace slipway::store
