#include "store/objects/folder_flush.h"

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "store/temporary_folder.h"

namespace slipway::test {
namespace {

TEST(FolderFlush, EveryThreadLearnsThatTheFolderCouldNotBeFlushed) {
    const TemporaryFolder root;
    store::FolderFlush flush;
    std::atomic<int> failures = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int turn = 0; turn < 50; ++turn)
                if (!flush.flush(root.path() / "missing")) ++failures;
        });
    threads.clear();
    EXPECT_EQ(failures, 8 * 50);
}

TEST(FolderFlush, ThreadsThatNeedTheSameFoldersAllFindThem) {
    const TemporaryFolder root;
    store::FolderFlush flush;
    std::atomic<int> made = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            for (int turn = 0; turn < 20; ++turn) {
                const auto folder = root.path() / "a" / std::to_string((i + turn) % 4) / "b";
                if (flush.ensure(folder, root.path()) && std::filesystem::is_directory(folder) && flush.flush(folder))
                    ++made;
            }
        });
    threads.clear();
    EXPECT_EQ(made, 8 * 20);
}

TEST(FolderFlush, AFolderThatWasRemovedIsMadeAgain) {
    const TemporaryFolder root;
    store::FolderFlush flush;
    const auto folder = root.path() / "a/b";
    ASSERT_TRUE(flush.ensure(folder, root.path()));
    std::filesystem::remove_all(root.path() / "a");
    flush.forget();
    ASSERT_TRUE(flush.ensure(folder, root.path()));
    EXPECT_TRUE(std::filesystem::is_directory(folder));
}

}  // namespace
}  // namespace slipway::test
