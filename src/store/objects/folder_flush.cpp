#include "store/objects/folder_flush.h"

#include <cerrno>

#include <sys/stat.h>

#include "store/objects/stored_file.h"

namespace slipway::store {
namespace {

constexpr std::size_t kDurableMax = 4096;  // folders that are remembered

}  // namespace

Result<void> FolderFlush::flush(const std::filesystem::path& folder) {
    std::unique_lock lock(mutex_);
    auto& state = folders_[folder.string()];
    const auto wanted = state.begun + 1;
    ++state.waiting;
    while (state.ended < wanted) {
        if (state.begun != state.ended) {
            changed_.wait(lock);
            continue;
        }
        const auto mine = ++state.begun;
        lock.unlock();
        auto flushed = flush_folder(folder);
        lock.lock();
        state.ended = mine;
        if (!flushed) {
            state.failed = mine;
            state.failure = std::move(flushed);
        }
        changed_.notify_all();
    }
    // Also when a later one failed: the system reports a lost write once, and perhaps to that one.
    auto result = state.failed >= wanted ? state.failure : Result<void>();
    if (--state.waiting == 0) folders_.erase(folder.string());
    return result;
}

bool FolderFlush::is_known(const std::filesystem::path& folder) {
    const std::scoped_lock lock(mutex_);
    return durable_.contains(folder.string());
}

Result<void> FolderFlush::ensure(const std::filesystem::path& folder, const std::filesystem::path& root) {
    if (folder == root || is_known(folder)) return {};
    SLIPWAY_CHECK(ensure(folder.parent_path(), root));
    if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) return file_failure(folder, errno);
    SLIPWAY_CHECK(flush(folder.parent_path()));
    const std::scoped_lock lock(mutex_);
    if (durable_.size() >= kDurableMax) durable_.clear();
    durable_.insert(folder.string());
    return {};
}

void FolderFlush::forget() {
    const std::scoped_lock lock(mutex_);
    durable_.clear();
}

}  // namespace slipway::store
