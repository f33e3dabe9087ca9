// The folder of objects: <root>/objects/w<workspace>/<file of the key> and <root>/new/ for files that are being
// written. Everything here blocks. Thread safe: a put is one rename, a read holds the file it opened.
#pragma once

#include <filesystem>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/objects/folder_flush.h"
#include "store/objects/objects.h"
#include "store/objects/stored_file.h"

namespace slipway::store {

class ObjectTree {
 public:
    // Creates the folders (0700) and removes what an earlier program left half written.
    static Result<ObjectTree> open(std::filesystem::path root);

    // A file to write an object's content to, for place().
    Result<StoredWriter> begin(const WorkspaceId& workspace, const std::string& key,
                               const ObjectAttributes& attributes) const;
    // `unavailable` while less than 64 MB (on a small disk, a quarter of it) would be left: other writes go on then.
    Result<void> append(const StoredWriter& file, std::string_view bytes) const;
    Result<ObjectInfo> place(StoredWriter file, const WorkspaceId& workspace, ObjectInfo info,
                             const WriteCondition& condition) const;
    // begin, append and place.
    Result<ObjectInfo> put(const WorkspaceId& workspace, const std::string& key, std::string_view data,
                           const ObjectAttributes& attributes, const WriteCondition& condition) const;
    Result<ObjectInfo> copy(const WorkspaceId& workspace, const std::string& from, const std::string& to) const;
    Result<Object> get(const WorkspaceId& workspace, const std::string& key,
                       const std::optional<ByteRange>& range) const;
    Result<ObjectInfo> head(const WorkspaceId& workspace, const std::string& key) const;
    Result<void> erase(const WorkspaceId& workspace, const std::string& key) const;
    // The objects whose keys begin with `prefix` and come after `after`, in byte order of keys, at most `limit`.
    Result<std::vector<ObjectInfo>> list(const WorkspaceId& workspace, std::string_view prefix, std::string_view after,
                                         std::size_t limit) const;
    // Writes, flushes and removes a file.
    Result<void> check() const;

 private:
    explicit ObjectTree(std::filesystem::path root);
    std::filesystem::path file_of(const WorkspaceId& workspace, std::string_view key) const;
    std::filesystem::path new_file() const;
    Result<void> put_in_place(const std::filesystem::path& from, const std::filesystem::path& to) const;
    // With folders_ held.
    Result<void> move_there(const std::filesystem::path& from, const std::filesystem::path& to) const;

    std::filesystem::path objects_;
    std::filesystem::path new_;
    // Shared while a file is put into a folder, alone while empty folders are removed and while a put looks what is
    // there before. A pointer, so that the tree can move.
    std::unique_ptr<std::shared_mutex> folders_ = std::make_unique<std::shared_mutex>();
    std::unique_ptr<FolderFlush> flush_ = std::make_unique<FolderFlush>();
};

}  // namespace slipway::store
