// The outbox: a folder that gets one .eml file per message, for development and for whoever delivers it otherwise.
#pragma once

#include <filesystem>
#include <memory>

#include "base/pool.h"
#include "store/mail/mail.h"

namespace slipway::store {

struct FileMailOptions {
    std::size_t messages_max = 10'000;     // that lie in the folder
    std::uint64_t bytes_max = 1ULL << 30;  // of them together
};

// Opens or creates the folder (0700). A message becomes <time-ordered id>.eml (0600) in one step and is flushed, with
// its folder, before send() returns; readers of the folder never see half of one. A full outbox answers `unavailable`
// until files are taken away. The pool, which must outlive the store, does the blocking work.
Result<std::unique_ptr<Mail>> open_file_mail(std::filesystem::path folder, FileMailOptions options, WorkerPool& pool);

}  // namespace slipway::store
