#include "store/objects/file.h"

#include "base/crypto.h"
#include "store/objects/object_key.h"
#include "store/objects/object_tree.h"
#include "store/objects/presigned.h"

namespace slipway::store {
namespace {

class FileObjects final : public Objects {
 public:
    FileObjects(ObjectTree tree, FileObjectsOptions options, WorkerPool& pool)
        : tree_(std::move(tree)), options_(std::move(options)), pool_(pool) {}

    Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data, std::string content_type) override;
    Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range) override;
    Task<ObjectInfo> head(WorkspaceId workspace, std::string key) override;
    Task<void> erase(WorkspaceId workspace, std::string key) override;
    Task<ObjectPage> list(WorkspaceId workspace, std::string prefix, std::size_t limit,
                          std::optional<std::string> cursor) override;
    Result<std::string> presign(WorkspaceId workspace, std::string key, Access access, Milliseconds valid_for) override;
    Task<void> check() override;

 private:
    // What the standard library throws (no memory, a strange file system) becomes an error.
    template <typename T, typename Work>
    Task<T> run(Work work) {
        auto guarded = [&work]() -> Result<T> {
            try {
                return work();
            } catch (const std::exception& error) {
                return fail(ErrorCode::unavailable, "The objects store failed: {}.", error.what());
            }
        };
        co_return co_await pool_.run(std::move(guarded));
    }
    Result<void> check_length(const ObjectInfo& info, const std::optional<ByteRange>& range) const;

    ObjectTree tree_;
    FileObjectsOptions options_;
    WorkerPool& pool_;
};

Task<ObjectInfo> FileObjects::put(WorkspaceId workspace, std::string key, std::string data, std::string content_type) {
    if (data.size() > options_.object_bytes_max)
        co_return fail(ErrorCode::invalid, "The object {} has {} bytes; at most {} are allowed.", key, data.size(),
                       options_.object_bytes_max);
    auto work = [&] { return tree_.put(workspace, key, data, std::move(content_type)); };
    co_return co_await run<ObjectInfo>(std::move(work));
}

Result<void> FileObjects::check_length(const ObjectInfo& info, const std::optional<ByteRange>& range) const {
    const auto first = range ? range->first : 0;
    const auto end = range && range->last && *range->last < info.size ? *range->last + 1 : info.size;
    if (end <= first || end - first <= options_.read_bytes_max) return {};
    return fail(ErrorCode::invalid, "{} bytes of {} are too many to read at once; read it by ranges of at most {}.",
                end - first, info.key, options_.read_bytes_max);
}

Task<Object> FileObjects::get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range) {
    auto work = [&]() -> Result<Object> {
        SLIPWAY_TRY(const auto info, tree_.head(workspace, key));
        SLIPWAY_CHECK(check_length(info, range));
        return tree_.get(workspace, key, range);
    };
    co_return co_await run<Object>(std::move(work));
}

Task<ObjectInfo> FileObjects::head(WorkspaceId workspace, std::string key) {
    auto work = [&] { return tree_.head(workspace, key); };
    co_return co_await run<ObjectInfo>(std::move(work));
}

Task<void> FileObjects::erase(WorkspaceId workspace, std::string key) {
    auto work = [&] { return tree_.erase(workspace, key); };
    co_return co_await run<void>(std::move(work));
}

Task<ObjectPage> FileObjects::list(WorkspaceId workspace, std::string prefix, std::size_t limit,
                                   std::optional<std::string> cursor) {
    if (limit == 0 || limit > options_.list_max)
        co_return fail(ErrorCode::invalid, "A page of objects has 1 to {} entries.", options_.list_max);
    const auto after = cursor ? from_base64url(*cursor) : std::string();
    if (!after) co_return fail(ErrorCode::invalid, "The cursor is not one that a listing gave.");
    // One more than asked for tells whether there is a next page.
    auto work = [&] { return tree_.list(workspace, prefix, *after, limit + 1); };
    SLIPWAY_CO_TRY(auto found, co_await run<std::vector<ObjectInfo>>(std::move(work)));
    ObjectPage page;
    if (found.size() > limit) {
        found.resize(limit);
        page.next = to_base64url(found.back().key);
    }
    page.objects = std::move(found);
    co_return page;
}

Result<std::string> FileObjects::presign(WorkspaceId workspace, std::string key, Access access,
                                         Milliseconds valid_for) {
    if (options_.signing_key.empty()) return fail(ErrorCode::unavailable, "Links to objects need a signing key.");
    SLIPWAY_CHECK(check_object_key(workspace, key));
    if (valid_for <= Milliseconds(0) || valid_for > kPresignedTimeMax)
        return fail(ErrorCode::invalid, "A link is valid for more than nothing and at most 7 days.");
    const PresignedGrant grant{
        .workspace = std::move(workspace), .key = std::move(key), .access = access, .expires = now() + valid_for};
    return presigned_target(options_.signing_key, options_.url_prefix, grant);
}

Task<void> FileObjects::check() {
    auto work = [&] { return tree_.check(); };
    co_return co_await run<void>(std::move(work));
}

}  // namespace

Result<std::unique_ptr<Objects>> open_file_objects(std::filesystem::path folder, FileObjectsOptions options,
                                                   WorkerPool& pool) {
    if (!options.signing_key.empty() && options.signing_key.size() < kSigningKeyBytesMin)
        return fail(ErrorCode::invalid, "The signing key of objects is shorter than {} bytes.", kSigningKeyBytesMin);
    SLIPWAY_TRY(auto tree, ObjectTree::open(std::move(folder)));
    std::unique_ptr<Objects> objects = std::make_unique<FileObjects>(std::move(tree), std::move(options), pool);
    return objects;
}

}  // namespace slipway::store
