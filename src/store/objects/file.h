// The embedded objects store: a folder. One file per object (0600) below <folder>/objects, see object_key.h and
// stored_file.h.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/pool.h"
#include "store/objects/objects.h"

namespace slipway::store {

struct FileObjectsOptions {
    std::string signing_key;  // of presigned URLs, at least 32 bytes; empty: presign() answers `unavailable`
    std::string url_prefix = "/objects";  // where the server answers presigned URLs (see presigned.h)
    std::size_t object_bytes_max = 1 << 30;
    std::size_t read_bytes_max = 256 << 20;  // of one get; larger objects are read by ranges
    std::size_t list_max = 1000;             // objects in one page
};

// Opens or creates the folder (0700), and removes what was being written when an earlier program ended. Blocks; call it
// at start, once per folder at a time. The pool, which must outlive the store, does the blocking work. A put is flushed
// (file and folders) before it returns. Listing reads the folders on the way to its page as a whole.
Result<std::unique_ptr<Objects>> open_file_objects(std::filesystem::path folder, FileObjectsOptions options,
                                                   WorkerPool& pool);

}  // namespace slipway::store
