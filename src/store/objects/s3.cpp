#include "store/objects/s3.h"

#include "base/crypto.h"
#include "base/percent.h"
#include "store/objects/object_attributes.h"
#include "store/objects/object_key.h"
#include "store/objects/s3_bucket.h"
#include "store/objects/s3_wire.h"

namespace slipway::store {
namespace {

constexpr std::uint64_t kCopyBytesMax = std::uint64_t(5) << 30;
constexpr std::size_t kPartBytesMin = 5 << 20, kPartsMax = 10'000, kListMax = 1000;
constexpr std::size_t kPartsAtOnceMax = 4;  // of a put; what is larger is sent in parts

// What was read whole is what was written.
Result<void> check_content(const Object& object, const net::Headers& headers) {
    const bool whole_crc = headers.get("x-amz-checksum-type") == "FULL_OBJECT";
    const auto crc = headers.get("x-amz-checksum-crc32");
    const bool intact = object.info.sha256.empty()
                            ? !whole_crc || crc.empty() || crc == crc32_text(crc32_of(object.data))
                            : object.info.sha256 == sha256_hex(object.data);
    if (intact) return {};
    return fail(ErrorCode::upstream, "The object {} is damaged: it is not what was stored.", object.info.key);
}

class S3Objects final : public Objects {
 public:
    explicit S3Objects(std::shared_ptr<S3Bucket> bucket) : bucket_(std::move(bucket)) {}

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
    AwsRequest request(net::Method method, const WorkspaceId& workspace, std::string_view key) const {
        return {.method = method, .path = bucket_->place.path_of(workspace, key)};
    }
    AwsRequest reading(const WorkspaceId& workspace, std::string_view key,
                       const std::optional<ByteRange>& range = {}) const;
    Task<void> check(const Object& object, const net::Headers& headers) {
        auto work = [&] { return check_content(object, headers); };
        co_return co_await bucket_->count(object.data.size(), std::move(work));
    }
    Task<ObjectInfo> put_in_parts(WorkspaceId workspace, std::string key, std::string data, ObjectAttributes attributes,
                                  WriteCondition condition);

    std::shared_ptr<S3Bucket> bucket_;
};

Task<ObjectInfo> S3Objects::put(WorkspaceId workspace, std::string key, std::string data, ObjectAttributes attributes,
                                WriteCondition condition) {
    SLIPWAY_CO_CHECK(check_object_key(workspace, key));
    SLIPWAY_CO_CHECK(check_attributes(attributes));
    SLIPWAY_CO_CHECK(check_condition(condition));
    if (data.size() > bucket_->options.put_bytes_max)
        co_return fail(ErrorCode::invalid, "The object {} has {} bytes; at most {} are put at once.", key, data.size(),
                       bucket_->options.put_bytes_max);
    if (data.size() > kPartsAtOnceMax * bucket_->options.part_bytes)
        co_return co_await put_in_parts(std::move(workspace), std::move(key), std::move(data), std::move(attributes),
                                        std::move(condition));
    co_return co_await bucket_->put(workspace, std::move(key), std::move(data), attributes, condition);
}

// What fails on a slow line is then one part, not all of it.
Task<ObjectInfo> S3Objects::put_in_parts(WorkspaceId workspace, std::string key, std::string data,
                                         ObjectAttributes attributes, WriteCondition condition) {
    const auto executor = co_await asio::this_coro::executor;
    auto work = [&data]() -> Result<std::string> { return sha256_hex(data); };
    SLIPWAY_CO_TRY(auto hash, co_await bucket_->count(data.size(), std::move(work)));
    const auto upload = begin_s3_upload(bucket_, executor, std::move(workspace), std::move(key), std::move(attributes),
                                        std::move(condition), std::move(hash));
    SLIPWAY_CO_CHECK(co_await upload->write(std::move(data)));
    co_return co_await upload->finish();
}

Task<std::unique_ptr<ObjectUpload>> S3Objects::upload(WorkspaceId workspace, std::string key,
                                                      ObjectAttributes attributes, WriteCondition condition) {
    SLIPWAY_CO_CHECK(check_object_key(workspace, key));
    SLIPWAY_CO_CHECK(check_attributes(attributes));
    SLIPWAY_CO_CHECK(check_condition(condition));
    auto executor = co_await asio::this_coro::executor;
    co_return begin_s3_upload(bucket_, std::move(executor), std::move(workspace), std::move(key), std::move(attributes),
                              std::move(condition), "");
}

AwsRequest S3Objects::reading(const WorkspaceId& workspace, std::string_view key,
                              const std::optional<ByteRange>& range) const {
    auto reading = request(net::Method::get, workspace, key);
    const auto bytes_max = bucket_->options.read_bytes_max;
    reading.response_bytes_max = bytes_max;
    reading.bytes_awaited = bytes_max;
    if (range) {
        const auto last = range->last ? std::to_string(*range->last) : "";
        reading.headers.set("Range", fmt::format("bytes={}-{}", range->first, last));
        if (range->last) reading.bytes_awaited = std::min<std::uint64_t>(bytes_max, *range->last - range->first + 1);
    }
    if (bucket_->place.checksums) reading.headers.set("x-amz-checksum-mode", "ENABLED");
    return reading;
}

Task<Object> S3Objects::get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range,
                            std::string if_match) {
    SLIPWAY_CO_CHECK(check_object_key(workspace, key));
    SLIPWAY_CO_CHECK(check_range(range));
    auto wanted = reading(workspace, key, range);
    if (!if_match.empty()) wanted.headers.set("If-Match", "\"" + bare_etag(if_match) + "\"");
    auto answer = co_await bucket_->send(std::move(wanted));
    if (!answer) co_return named(std::move(answer).error(), key);
    Object object{.info = read_object_headers(answer->headers, key), .data = std::move(answer->body)};
    if (!range) SLIPWAY_CO_CHECK(co_await check(object, answer->headers));
    if (range && answer->status != 206)
        co_return fail(ErrorCode::upstream, "The bucket gave all of {} instead of the range.", key);
    co_return object;
}

Task<std::optional<Object>> S3Objects::get_if_changed(WorkspaceId workspace, std::string key, std::string etag) {
    SLIPWAY_CO_CHECK(check_object_key(workspace, key));
    auto wanted = reading(workspace, key);
    wanted.headers.set("If-None-Match", "\"" + bare_etag(etag) + "\"");
    auto answer = co_await bucket_->send(std::move(wanted));
    if (!answer) co_return named(std::move(answer).error(), key);
    if (answer->status == 304) co_return std::nullopt;
    Object object{.info = read_object_headers(answer->headers, key), .data = std::move(answer->body)};
    SLIPWAY_CO_CHECK(co_await check(object, answer->headers));
    co_return object;
}

Task<ObjectInfo> S3Objects::head(WorkspaceId workspace, std::string key) {
    SLIPWAY_CO_CHECK(check_object_key(workspace, key));
    auto wanted = request(net::Method::head, workspace, key);
    auto answer = co_await bucket_->send(std::move(wanted));
    if (!answer) co_return named(std::move(answer).error(), key);
    co_return read_object_headers(answer->headers, key);
}

Task<ObjectInfo> S3Objects::copy(WorkspaceId workspace, std::string from, std::string to) {
    SLIPWAY_CO_CHECK(check_object_key(workspace, from));
    SLIPWAY_CO_CHECK(check_object_key(workspace, to));
    auto copying = request(net::Method::put, workspace, to);
    const auto source = bucket_->place.bucket + "/" + bucket_->place.folder_of(workspace) + from;
    copying.headers.set("x-amz-copy-source", percent_encode(source, "/"));
    if (from == to) co_return co_await head(std::move(workspace), std::move(to));
    auto answer = co_await bucket_->send(std::move(copying));
    if (!answer) co_return named(std::move(answer).error(), from);
    if (is_error_document(answer->body)) {
        const auto problem = read_problem(500, answer->headers, answer->body);
        co_return named(error_of(problem, bucket_->place.bucket), from);
    }
    co_return co_await head(std::move(workspace), std::move(to));
}

Task<void> S3Objects::erase(WorkspaceId workspace, std::string key) {
    SLIPWAY_CO_CHECK(check_object_key(workspace, key));
    auto erasing = request(net::Method::del, workspace, key);
    const auto answer = co_await bucket_->send(std::move(erasing));
    if (!answer && answer.error().code != ErrorCode::not_found) co_return std::unexpected(answer.error());
    co_return Result<void>();
}

Task<ObjectPage> S3Objects::list(WorkspaceId workspace, std::string prefix, std::size_t limit,
                                 std::optional<std::string> cursor) {
    SLIPWAY_CO_CHECK(check_object_workspace(workspace));
    if (limit == 0 || limit > bucket_->options.list_max)
        co_return fail(ErrorCode::invalid, "A page of objects has 1 to {} entries.", bucket_->options.list_max);
    const auto after = cursor ? from_base64url(*cursor) : std::string();
    if (!after) co_return fail(ErrorCode::invalid, "The cursor is not one that a listing gave.");
    const auto folder = bucket_->place.folder_of(workspace);
    AwsRequest listing{.path = bucket_->place.root + "/",
                       .query = {{"list-type", "2"}, {"prefix", folder + prefix}, {"max-keys", std::to_string(limit)}}};
    if (!after->empty()) listing.query.emplace_back("start-after", folder + *after);
    SLIPWAY_CO_TRY(const auto answer, co_await bucket_->send(std::move(listing)));
    SLIPWAY_CO_TRY(auto found, parse_listing(answer.body));
    ObjectPage page;
    if (found.more && !found.objects.empty() && found.objects.back().key.starts_with(folder))
        page.next = to_base64url(found.objects.back().key.substr(folder.size()));
    for (auto& info : found.objects) {
        if (!info.key.starts_with(folder)) continue;
        info.key.erase(0, folder.size());
        // What other programs put there ("folder/") may have no key that ours can have.
        if (check_object_key(workspace, info.key)) page.objects.push_back(std::move(info));
    }
    co_return page;
}

Task<SignedLink> S3Objects::presign(WorkspaceId workspace, std::string key, Access access, Milliseconds valid_for,
                                    std::string file_name) {
    SLIPWAY_CO_CHECK(check_object_key(workspace, key));
    SLIPWAY_CO_CHECK(check_link_time(valid_for));
    co_return co_await bucket_->presign(workspace, key, access, valid_for, file_name);
}

Task<SignedForm> S3Objects::presign_form(WorkspaceId workspace, std::string key, FormLimits limits,
                                         Milliseconds valid_for) {
    SLIPWAY_CO_CHECK(check_object_key(workspace, key));
    SLIPWAY_CO_CHECK(check_link_time(valid_for));
    SLIPWAY_CO_CHECK(check_form_limits(limits));
    co_return co_await bucket_->presign_form(workspace, key, limits, valid_for);
}

Task<void> S3Objects::check() {
    AwsRequest listing{.path = bucket_->place.root + "/",
                       .query = {{"list-type", "2"}, {"prefix", bucket_->place.prefix}, {"max-keys", "1"}}};
    const auto answer = co_await bucket_->send(std::move(listing));
    if (answer) co_return Result<void>();
    co_return fail(ErrorCode::unavailable, "The bucket {} cannot be used: {}", bucket_->place.bucket,
                   answer.error().message);
}

}  // namespace

std::unexpected<Error> named(Error error, std::string_view key) {
    if (error.code == ErrorCode::not_found) error.message = fmt::format("There is no object {}.", key);
    if (error.code == ErrorCode::conflict)
        error.message = fmt::format("The object {} is another one than expected; read it again.", key);
    return std::unexpected(std::move(error));
}

Task<ObjectInfo> S3Bucket::put(const WorkspaceId& workspace, std::string key, std::string data,
                               const ObjectAttributes& attributes, const WriteCondition& condition) {
    auto work = [&data]() -> Result<std::string> { return sha256(data); };
    SLIPWAY_CO_TRY(const auto hash, co_await count(data.size(), std::move(work)));
    ObjectInfo info{.key = std::move(key),
                    .size = data.size(),
                    .content_type = attributes.content_type,
                    .sha256 = to_hex(hash),
                    .cache_control = attributes.cache_control,
                    .metadata = attributes.metadata};
    AwsRequest putting{.method = net::Method::put,
                       .path = place.path_of(workspace, info.key),
                       .body = std::move(data),
                       .payload_hash = info.sha256,
                       // The second time would find what the first one did.
                       .repeatable = !condition.if_absent && condition.if_match.empty()};
    add_attributes(putting.headers, attributes, info.sha256);
    add_condition(putting.headers, condition);
    if (place.checksums) putting.headers.set("x-amz-checksum-sha256", to_base64(hash));
    auto answer = co_await send(std::move(putting));
    if (!answer) co_return named(std::move(answer).error(), info.key);
    read_put_headers(answer->headers, info);
    co_return info;
}

Result<std::unique_ptr<Objects>> open_s3_objects(S3ObjectsOptions options, net::Client& client, WorkerPool& pool) {
    SLIPWAY_TRY(auto place, parse_s3_url(options.url, options.region));
    if (!options.credentials) return fail(ErrorCode::invalid, "Objects in S3 need credentials.");
    if (options.object_bytes_max > kCopyBytesMax || options.part_bytes < kPartBytesMin ||
        options.part_bytes < options.object_bytes_max / kPartsMax || options.list_max > kListMax)
        return fail(ErrorCode::invalid, "The limits of objects in S3 are not those that S3 allows.");
    auto bucket = std::make_shared<S3Bucket>(std::move(place), std::move(options), client, pool);
    std::unique_ptr<Objects> objects = std::make_unique<S3Objects>(std::move(bucket));
    return objects;
}

}  // namespace slipway::store
