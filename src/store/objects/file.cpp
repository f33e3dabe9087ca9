#include "store/objects/file.h"

#include "base/crypto.h"
#include "store/objects/object_attributes.h"
#include "store/objects/object_key.h"
#include "store/objects/object_tree.h"
#include "store/objects/presigned.h"

namespace slipway::store {
namespace {

// What the standard library throws (no memory, a strange file system) becomes an error.
template <typename T, typename Work>
Task<T> run_on(WorkerPool& pool, Work work) {
    auto guarded = [&work]() -> Result<T> {
        try {
            return work();
        } catch (const std::exception& error) {
            return fail(ErrorCode::unavailable, "The objects store failed: {}.", error.what());
        }
    };
    co_return co_await pool.run(std::move(guarded));
}

std::unexpected<Error> too_large(std::string_view key, std::uint64_t size, std::uint64_t size_max) {
    return fail(ErrorCode::invalid, "The object {} has {} bytes; at most {} are allowed.", key, size, size_max);
}

class FileUpload final : public ObjectUpload {
 public:
    FileUpload(const ObjectTree& tree, WorkerPool& pool, std::uint64_t size_max, StoredWriter file,
               WorkspaceId workspace, ObjectInfo info, WriteCondition condition)
        : tree_(tree),
          pool_(pool),
          size_max_(size_max),
          file_(std::move(file)),
          workspace_(std::move(workspace)),
          info_(std::move(info)),
          condition_(std::move(condition)) {}

    Task<void> write(std::string bytes) override {
        if (broken_) co_return broken_upload(info_.key);
        broken_ = true;  // until this one is done
        info_.size += bytes.size();
        if (info_.size > size_max_) co_return too_large(info_.key, info_.size, size_max_);
        auto work = [&] {
            content_.add(bytes);
            return tree_.append(file_, bytes);
        };
        SLIPWAY_CO_CHECK(co_await run_on<void>(pool_, std::move(work)));
        broken_ = false;
        co_return Result<void>();
    }

    Task<ObjectInfo> finish() override {
        if (broken_) co_return broken_upload(info_.key);
        broken_ = true;
        info_.sha256 = to_hex(content_.finish());
        auto work = [&] { return tree_.place(std::move(file_), workspace_, std::move(info_), condition_); };
        co_return co_await run_on<ObjectInfo>(pool_, std::move(work));
    }

 private:
    const ObjectTree& tree_;
    WorkerPool& pool_;
    std::uint64_t size_max_;
    StoredWriter file_;
    Sha256 content_;
    WorkspaceId workspace_;
    ObjectInfo info_;
    WriteCondition condition_;
    bool broken_ = false;  // a write failed or was cancelled, or it is finished
};

class FileObjects final : public Objects {
 public:
    FileObjects(ObjectTree tree, FileObjectsOptions options, WorkerPool& pool)
        : tree_(std::move(tree)), options_(std::move(options)), pool_(pool) {}

    Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data, ObjectAttributes attributes,
                         WriteCondition condition) override;
    Task<std::unique_ptr<ObjectUpload>> upload(WorkspaceId workspace, std::string key, ObjectAttributes attributes,
                                               WriteCondition condition) override;
    Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range,
                     std::string if_match) override;
    Task<std::optional<Object>> get_if_changed(WorkspaceId workspace, std::string key, std::string etag) override;
    Task<ObjectInfo> head(WorkspaceId workspace, std::string key) override;
    Task<ObjectInfo> copy(WorkspaceId workspace, std::string from, std::string to) override;
    Task<void> erase(WorkspaceId workspace, std::string key) override;
    Task<ObjectPage> list(WorkspaceId workspace, std::string prefix, std::size_t limit,
                          std::optional<std::string> cursor) override;
    Task<SignedLink> presign(WorkspaceId workspace, std::string key, Access access, Milliseconds valid_for,
                             std::string file_name) override;
    Task<SignedForm> presign_form(WorkspaceId workspace, std::string key, FormLimits limits,
                                  Milliseconds valid_for) override;
    Task<void> check() override;

 private:
    template <typename T, typename Work>
    Task<T> run(Work work) {
        return run_on<T>(pool_, std::move(work));
    }
    Result<void> check_length(const ObjectInfo& info, const std::optional<ByteRange>& range) const;
    Result<void> check_link(const WorkspaceId& workspace, std::string_view key, Milliseconds valid_for) const;

    ObjectTree tree_;
    FileObjectsOptions options_;
    WorkerPool& pool_;
};

Task<ObjectInfo> FileObjects::put(WorkspaceId workspace, std::string key, std::string data, ObjectAttributes attributes,
                                  WriteCondition condition) {
    if (data.size() > options_.object_bytes_max) co_return too_large(key, data.size(), options_.object_bytes_max);
    auto work = [&] { return tree_.put(workspace, key, data, attributes, condition); };
    co_return co_await run<ObjectInfo>(std::move(work));
}

Task<std::unique_ptr<ObjectUpload>> FileObjects::upload(WorkspaceId workspace, std::string key,
                                                        ObjectAttributes attributes, WriteCondition condition) {
    SLIPWAY_CO_CHECK(check_condition(condition));
    auto work = [&] { return tree_.begin(workspace, key, attributes); };
    SLIPWAY_CO_TRY(auto file, co_await run<StoredWriter>(std::move(work)));
    ObjectInfo info{.key = std::move(key),
                    .content_type = std::move(attributes.content_type),
                    .cache_control = std::move(attributes.cache_control),
                    .metadata = std::move(attributes.metadata)};
    co_return std::make_unique<FileUpload>(tree_, pool_, options_.object_bytes_max, std::move(file),
                                           std::move(workspace), std::move(info), std::move(condition));
}

Result<void> FileObjects::check_length(const ObjectInfo& info, const std::optional<ByteRange>& range) const {
    const auto first = range ? range->first : 0;
    const auto end = range && range->last && *range->last < info.size ? *range->last + 1 : info.size;
    if (end <= first || end - first <= options_.read_bytes_max) return {};
    return fail(ErrorCode::invalid, "{} bytes of {} are too many to read at once; read it by ranges of at most {}.",
                end - first, info.key, options_.read_bytes_max);
}

Task<Object> FileObjects::get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range,
                              std::string if_match) {
    auto work = [&]() -> Result<Object> {
        SLIPWAY_TRY(const auto info, tree_.head(workspace, key));
        SLIPWAY_CHECK(check_length(info, range));
        SLIPWAY_TRY(auto object, tree_.get(workspace, key, range));
        if (!if_match.empty() && object.info.etag != if_match)
            return fail(ErrorCode::conflict, "The object {} has changed meanwhile.", key);
        if (!range && sha256_hex(object.data) != object.info.sha256)
            return fail(ErrorCode::unavailable, "The object {} is damaged: it is not what was stored.", key);
        return object;
    };
    co_return co_await run<Object>(std::move(work));
}

Task<std::optional<Object>> FileObjects::get_if_changed(WorkspaceId workspace, std::string key, std::string etag) {
    SLIPWAY_CO_TRY(const auto info, co_await head(workspace, key));
    if (info.etag == etag) co_return std::nullopt;
    std::optional<ByteRange> whole;
    SLIPWAY_CO_TRY(auto object, co_await get(std::move(workspace), std::move(key), whole, ""));
    co_return object;
}

Task<ObjectInfo> FileObjects::copy(WorkspaceId workspace, std::string from, std::string to) {
    auto work = [&] { return tree_.copy(workspace, from, to); };
    co_return co_await run<ObjectInfo>(std::move(work));
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

Result<void> FileObjects::check_link(const WorkspaceId& workspace, std::string_view key, Milliseconds valid_for) const {
    if (options_.signing_key.empty()) return fail(ErrorCode::unavailable, "Links to objects need a signing key.");
    SLIPWAY_CHECK(check_object_key(workspace, key));
    return check_link_time(valid_for);
}

Task<SignedLink> FileObjects::presign(WorkspaceId workspace, std::string key, Access access, Milliseconds valid_for,
                                      std::string file_name) {
    SLIPWAY_CO_CHECK(check_link(workspace, key, valid_for));
    const PresignedGrant grant{.workspace = std::move(workspace),
                               .key = std::move(key),
                               .access = access,
                               .expires = now() + valid_for,
                               .file_name = std::move(file_name)};
    co_return SignedLink{.url = presigned_target(options_.signing_key, options_.url_prefix, grant),
                         .expires = grant.expires};
}

Task<SignedForm> FileObjects::presign_form(WorkspaceId workspace, std::string key, FormLimits limits,
                                           Milliseconds valid_for) {
    SLIPWAY_CO_CHECK(check_link(workspace, key, valid_for));
    SLIPWAY_CO_CHECK(check_form_limits(limits));
    const FormGrant grant{.workspace = std::move(workspace),
                          .key = std::move(key),
                          .limits = std::move(limits),
                          .expires = now() + valid_for};
    co_return signed_form(options_.signing_key, options_.url_prefix, grant);
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
