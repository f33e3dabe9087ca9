// A folder of documents brought into knowledge: what is new or changed is ingested, what vanished is removed.
//
// The source of a document is its path relative to the root; its namespace is the first folder of that path where that
// is a known namespace. `FILE.meta.yaml` beside FILE describes it (extract.h, read_sidecar) and is not a document
// itself. Hidden files, links that lead out of the root and files without a readable extension are passed over.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "knowledge/service.h"

namespace slipway::knowledge {

struct FolderOptions {
    std::filesystem::path root;  // a folder, or one file
    std::string name_space;      // for all; empty: by folder
    std::string default_name_space = "general";
    std::string added_by;         // empty: the application's own documents
    bool remove_missing = false;  // of the documents with the same added_by
    // Documents in work at the same time: many, as those that wait for the disk then wait together; fewer of the large
    // ones, as each is in memory several times. Lanes from large to small; a lane also takes what is smaller.
    struct Lane {
        std::size_t at_once;
        std::uint64_t bytes_max;  // of a document
    };
    std::vector<Lane> lanes = {{.at_once = 4, .bytes_max = UINT64_MAX},
                               {.at_once = 60, .bytes_max = 256 << 10},
                               {.at_once = 192, .bytes_max = 64 << 10}};
    std::size_t files_max = 100'000;
};

struct FolderProgress {
    std::size_t files_done = 0, files_all = 0;
    std::uint64_t bytes_done = 0, bytes_all = 0;
    std::size_t chunks = 0;
    std::string file;     // just finished
    std::string failure;  // of that file; empty when it went well
};

struct FolderReport {
    std::size_t added = 0, updated = 0, unchanged = 0, removed = 0, failed = 0, chunks = 0;
    std::size_t postponed =
        0;  // of the failed: may go well later, with nothing changed (a full disk, a model that rests, another server)
    std::vector<std::pair<std::string, std::string>> failures;  // file, reason
};

// Runs on the caller's loop; reading and extraction are on the pool. `progress` is called there too. A file that cannot
// be read is counted and recorded as failed, it does not stop the others.
Task<FolderReport> ingest_folder(Knowledge& knowledge, WorkerPool& pool, WorkspaceId workspace, FolderOptions options,
                                 std::function<void(const FolderProgress&)> progress);

// Changes whenever a file in the folder is added, removed or written; for watching in development.
Result<std::string> folder_fingerprint(const std::filesystem::path& root, std::size_t files_max = 100'000);

}  // namespace slipway::knowledge
