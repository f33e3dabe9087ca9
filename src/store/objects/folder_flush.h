// Makes entries of folders durable, for many threads with few flushes: those that changed a folder while it was being
// flushed share the next flush of it. Everything here blocks. Thread safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"

namespace slipway::store {

class FolderFlush {
 public:
    // Returns when every change that was made to the entries of the folder before the call is on the disk;
    // `unavailable` when a flush that should have brought it there failed.
    Result<void> flush(const std::filesystem::path& folder);

    // Creates the folder (0700) and those above it, up to `root`, which exists and is durable. What this program has
    // not made durable before it flushes: whoever made a folder may have ended before its flush.
    Result<void> ensure(const std::filesystem::path& folder, const std::filesystem::path& root);
    // After folders were removed: the next ensure() looks again.
    void forget();

 private:
    // Flushes of one folder are counted; a change waits for the first one that begins after it.
    struct Folder {
        std::uint64_t begun = 0, ended = 0, failed = 0;  // the last of each
        std::size_t waiting = 0;
        Result<void> failure;  // of the last that failed
    };
    bool is_known(const std::filesystem::path& folder);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::unordered_map<std::string, Folder> folders_;  // that somebody waits for
    std::unordered_set<std::string> durable_;
};

}  // namespace slipway::store
