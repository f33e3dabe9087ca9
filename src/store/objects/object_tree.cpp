#include "store/objects/object_tree.h"

#include <cerrno>
#include <mutex>

#include <unistd.h>

#include "base/crypto.h"
#include "store/objects/object_attributes.h"
#include "store/objects/object_key.h"
#include "store/objects/object_walk.h"
#include "store/objects/stored_file.h"

namespace slipway::store {
namespace {

constexpr int kPlaceAttemptsMax = 8;              // a folder may be removed from outside between making and using it
constexpr std::uintmax_t kReserveMax = 64 << 20;  // bytes of the disk that objects leave to others
constexpr std::uintmax_t kReserveShare = 4;       // and at most one in so many

std::unexpected<Error> no_object(std::string_view key) {
    return fail(ErrorCode::not_found, "There is no object {}.", key);
}

std::unexpected<Error> changed(std::string_view key) {
    return fail(ErrorCode::conflict, "The object {} is another one than expected; read it again.", key);
}

Result<StoredFile> open_object(const std::filesystem::path& path, std::string_view key) {
    auto file = open_stored(path);
    if (!file && file.error().code == ErrorCode::not_found) return no_object(key);
    if (file) file->info.key = key;
    return file;
}

// Objects are what grows; the last of the disk is for the writes beside them: conversations, accounts, the log that a
// database needs to shrink.
Result<void> leave_reserve(const std::filesystem::path& folder, std::size_t bytes) {
    std::error_code error;
    const auto disk = std::filesystem::space(folder, error);
    const auto reserve = std::min(kReserveMax, disk.capacity / kReserveShare);
    if (error || disk.available >= reserve + bytes) return {};
    return fail(
        ErrorCode::unavailable,
        "The disk of {} is nearly full ({} bytes are free). Nothing was changed; free some space and try again.",
        folder.string(), disk.available);
}

struct Slice {
    std::uint64_t first = 0;
    std::uint64_t length = 0;
};

Result<Slice> slice(const ObjectInfo& info, const std::optional<ByteRange>& range) {
    if (!range) return Slice{0, info.size};
    const auto last = std::min(range->last.value_or(info.size), info.size == 0 ? 0 : info.size - 1);
    if (range->first >= info.size || (range->last && *range->last < range->first)) {
        Error error{ErrorCode::invalid, fmt::format("The range lies outside the {} bytes of {}.", info.size, info.key)};
        return std::unexpected(std::move(error).with("size", info.size));
    }
    return Slice{range->first, last - range->first + 1};
}

}  // namespace

ObjectTree::ObjectTree(std::filesystem::path root) : objects_(root / "objects"), new_(root / "new") {}

Result<ObjectTree> ObjectTree::open(std::filesystem::path root) {
    std::error_code error;
    auto absolute = std::filesystem::absolute(root, error);
    if (error) return fail(ErrorCode::unavailable, "The folder {} cannot be used: {}.", root.string(), error.message());
    ObjectTree tree(std::move(absolute));
    SLIPWAY_CHECK(ensure_folder(tree.objects_));
    SLIPWAY_CHECK(ensure_folder(tree.new_));
    for (const auto& left : std::filesystem::directory_iterator(tree.new_, error)) ::unlink(left.path().c_str());
    return tree;
}

std::filesystem::path ObjectTree::file_of(const WorkspaceId& workspace, std::string_view key) const {
    return objects_ / workspace_folder(workspace) / object_file(key);
}

std::filesystem::path ObjectTree::new_file() const { return new_ / random_token(12); }

Result<void> ObjectTree::put_in_place(const std::filesystem::path& from, const std::filesystem::path& to) const {
    const std::shared_lock keep(*folders_);
    return move_there(from, to);
}

Result<void> ObjectTree::move_there(const std::filesystem::path& from, const std::filesystem::path& to) const {
    const auto folder = to.parent_path();
    Result<void> failed;
    for (int attempt = 0; attempt < kPlaceAttemptsMax; ++attempt) {
        SLIPWAY_CHECK(flush_->ensure(folder, objects_));
        if (::rename(from.c_str(), to.c_str()) == 0) return flush_->flush(folder);
        const int reason = errno;
        failed = file_failure(to, reason);
        if (reason != ENOENT) break;
        flush_->forget();
    }
    return failed;
}

Result<StoredWriter> ObjectTree::begin(const WorkspaceId& workspace, const std::string& key,
                                       const ObjectAttributes& attributes) const {
    SLIPWAY_CHECK(check_object_key(workspace, key));
    SLIPWAY_CHECK(check_attributes(attributes));
    return StoredWriter::create(new_file());
}

Result<void> ObjectTree::append(const StoredWriter& file, std::string_view bytes) const {
    SLIPWAY_CHECK(leave_reserve(new_, bytes.size()));
    return file.append(bytes);
}

Result<ObjectInfo> ObjectTree::place(StoredWriter file, const WorkspaceId& workspace, ObjectInfo info,
                                     const WriteCondition& condition) const {
    SLIPWAY_CHECK(check_condition(condition));
    info.modified = now();
    info.etag = info.sha256;
    SLIPWAY_CHECK(file.finish(info));
    const auto to = file_of(workspace, info.key);
    if (!condition.if_absent && condition.if_match.empty()) {
        SLIPWAY_CHECK(put_in_place(file.path(), to));
    } else {
        const std::unique_lock alone(*folders_);
        const auto present = open_object(to, info.key);
        if (!present && (present.error().code != ErrorCode::not_found || !condition.if_absent))
            return std::unexpected(present.error());
        if (present && (condition.if_absent || present->info.etag != condition.if_match)) return changed(info.key);
        SLIPWAY_CHECK(move_there(file.path(), to));
    }
    file.keep();
    return info;
}

Result<ObjectInfo> ObjectTree::put(const WorkspaceId& workspace, const std::string& key, std::string_view data,
                                   const ObjectAttributes& attributes, const WriteCondition& condition) const {
    SLIPWAY_TRY(auto file, begin(workspace, key, attributes));
    SLIPWAY_CHECK(append(file, data));
    ObjectInfo info{.key = key,
                    .size = data.size(),
                    .content_type = attributes.content_type,
                    .sha256 = sha256_hex(data),
                    .cache_control = attributes.cache_control,
                    .metadata = attributes.metadata};
    return place(std::move(file), workspace, std::move(info), condition);
}

// A file never changes once it is in its place, so a second name for it is a copy.
Result<ObjectInfo> ObjectTree::copy(const WorkspaceId& workspace, const std::string& from,
                                    const std::string& to) const {
    SLIPWAY_CHECK(check_object_key(workspace, from));
    SLIPWAY_CHECK(check_object_key(workspace, to));
    const auto source = file_of(workspace, from);
    const auto linked = new_file();
    if (::link(source.c_str(), linked.c_str()) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) return no_object(from);
        return file_failure(source, errno);
    }
    auto placed = put_in_place(linked, file_of(workspace, to));
    ::unlink(linked.c_str());  // it is still there when it failed, and when both were the same file already
    if (!placed) return pass(placed);
    return head(workspace, to);
}

Result<Object> ObjectTree::get(const WorkspaceId& workspace, const std::string& key,
                               const std::optional<ByteRange>& range) const {
    SLIPWAY_CHECK(check_object_key(workspace, key));
    SLIPWAY_TRY(auto file, open_object(file_of(workspace, key), key));
    SLIPWAY_TRY(const auto part, slice(file.info, range));
    SLIPWAY_TRY(auto data, read_stored(file, part.first, part.length));
    return Object{std::move(file.info), std::move(data)};
}

Result<ObjectInfo> ObjectTree::head(const WorkspaceId& workspace, const std::string& key) const {
    SLIPWAY_CHECK(check_object_key(workspace, key));
    SLIPWAY_TRY(auto file, open_object(file_of(workspace, key), key));
    return std::move(file.info);
}

Result<void> ObjectTree::erase(const WorkspaceId& workspace, const std::string& key) const {
    SLIPWAY_CHECK(check_object_key(workspace, key));
    const auto file = file_of(workspace, key);
    {
        const std::shared_lock keep(*folders_);  // not between a look and the put that depends on it
        if (::unlink(file.c_str()) != 0) {
            if (errno == ENOENT || errno == ENOTDIR) return {};
            return file_failure(file, errno);
        }
    }
    const std::unique_lock prune(*folders_);
    auto folder = file.parent_path();
    std::error_code error;
    // An erase before this one may have removed the folder already.
    while (folder != objects_ && !std::filesystem::exists(folder, error)) folder = folder.parent_path();
    SLIPWAY_CHECK(flush_folder(folder));
    // Folders that became empty go as far as they are; one that is in use again refuses.
    for (; folder != objects_ && ::rmdir(folder.c_str()) == 0; folder = folder.parent_path()) flush_->forget();
    return {};
}

Result<std::vector<ObjectInfo>> ObjectTree::list(const WorkspaceId& workspace, std::string_view prefix,
                                                 std::string_view after, std::size_t limit) const {
    SLIPWAY_CHECK(check_object_workspace(workspace));
    std::vector<ObjectInfo> found;
    const WalkRange range{.prefix = prefix, .after = after};
    SLIPWAY_CHECK(walk_objects(objects_ / workspace_folder(workspace), range,
                               [&](const std::string& key, const std::filesystem::path& file) -> Result<bool> {
                                   auto opened = open_object(file, key);
                                   if (opened) {
                                       found.push_back(std::move(opened->info));
                                   } else if (opened.error().code != ErrorCode::not_found) {
                                       return pass(opened);
                                   }
                                   return found.size() < limit;
                               }));
    return found;
}

Result<void> ObjectTree::check() const {
    const auto file = new_file();
    SLIPWAY_CHECK(write_stored(file, "check", {}));
    if (::unlink(file.c_str()) != 0) return file_failure(file, errno);
    return {};
}

}  // namespace slipway::store
