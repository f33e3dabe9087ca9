// Uploads of unknown length: what fits into one part is put in one request, more becomes a multipart upload.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/crypto.h"
#include "base/log.h"
#include "store/objects/object_attributes.h"
#include "store/objects/s3_bucket.h"
#include "store/objects/s3_wire.h"

namespace slipway::store {
namespace {

// By value: it runs on when the upload has gone.
asio::awaitable<void> abort_upload(std::shared_ptr<S3Bucket> bucket, std::string path, std::string id) {
    AwsRequest aborting{.method = net::Method::del, .path = std::move(path), .query = {{"uploadId", std::move(id)}}};
    const auto answer = co_await bucket->send(std::move(aborting));
    if (!answer && answer.error().code != ErrorCode::not_found)
        log::warning("upload not aborted", {{"bucket", bucket->place.bucket}, {"reason", answer.error().message}});
}

class S3Upload final : public ObjectUpload {
 public:
    S3Upload(std::shared_ptr<S3Bucket> bucket, asio::any_io_executor executor, WorkspaceId workspace, std::string key,
             ObjectAttributes attributes, WriteCondition condition, std::string sha256)
        : bucket_(std::move(bucket)),
          executor_(std::move(executor)),
          workspace_(std::move(workspace)),
          key_(std::move(key)),
          attributes_(std::move(attributes)),
          condition_(std::move(condition)),
          sha256_(std::move(sha256)),
          path_(bucket_->place.path_of(workspace_, key_)) {}
    ~S3Upload() override { abort(); }
    S3Upload(const S3Upload&) = delete;
    S3Upload& operator=(const S3Upload&) = delete;

    Task<void> write(std::string bytes) override;
    Task<ObjectInfo> finish() override;

 private:
    Task<void> begin();
    Task<void> send_part();
    Task<ObjectInfo> complete();
    void abort();

    std::shared_ptr<S3Bucket> bucket_;
    asio::any_io_executor executor_;
    WorkspaceId workspace_;
    std::string key_;
    ObjectAttributes attributes_;
    WriteCondition condition_;
    std::string sha256_;
    std::string path_;
    std::string part_;  // what was written and not sent yet
    std::uint64_t size_ = 0;
    Sha256 content_;
    std::uint32_t crc32_ = 0;
    std::string id_;  // of the multipart upload; empty: none was begun, or it has ended
    std::vector<UploadedPart> parts_;
    bool broken_ = false;  // a write failed or was cancelled, or it is finished
};

void S3Upload::abort() {
    if (id_.empty()) return;
    asio::co_spawn(executor_, abort_upload(bucket_, path_, std::exchange(id_, {})), asio::detached);
}

Task<void> S3Upload::begin() {
    AwsRequest beginning{.method = net::Method::post, .path = path_, .query = {{"uploads", ""}}, .repeatable = false};
    add_attributes(beginning.headers, attributes_, sha256_);
    if (bucket_->place.checksums) {
        beginning.headers.set("x-amz-checksum-algorithm", "CRC32");
        beginning.headers.set("x-amz-checksum-type", "FULL_OBJECT");
    }
    SLIPWAY_CO_TRY(const auto answer, co_await bucket_->send(std::move(beginning)));
    id_ = element_of(answer.body, "UploadId");
    if (id_.empty()) co_return fail(ErrorCode::upstream, "The bucket began no upload for {}.", key_);
    co_return Result<void>();
}

Task<void> S3Upload::send_part() {
    if (id_.empty()) SLIPWAY_CO_CHECK(co_await begin());
    // TLS and the checksum protect it on the way: no need for one more hash of all there is.
    const bool checksum_will_do = bucket_->place.checksums && bucket_->place.endpoint.url.starts_with("https:");
    UploadedPart part;
    auto counting = [&]() -> Result<std::string> {
        part.crc32 = crc32_of(part_);
        return checksum_will_do ? std::string(kUnsignedPayload) : sha256_hex(part_);
    };
    SLIPWAY_CO_TRY(auto hash, co_await bucket_->count(part_.size(), std::move(counting)));
    AwsRequest sending{.method = net::Method::put,
                       .path = path_,
                       .query = {{"partNumber", std::to_string(parts_.size() + 1)}, {"uploadId", id_}},
                       .body = std::exchange(part_, {}),
                       .payload_hash = std::move(hash)};
    if (bucket_->place.checksums) sending.headers.set("x-amz-checksum-crc32", crc32_text(part.crc32));
    SLIPWAY_CO_TRY(const auto answer, co_await bucket_->send(std::move(sending)));
    part.etag = bare_etag(answer.headers.get("ETag"));
    parts_.push_back(std::move(part));
    co_return Result<void>();
}

Task<void> S3Upload::write(std::string bytes) {
    if (broken_) co_return broken_upload(key_);
    broken_ = true;  // until this one is done
    const auto part_bytes = bucket_->options.part_bytes;
    size_ += bytes.size();
    if (size_ > bucket_->options.object_bytes_max)
        co_return fail(ErrorCode::invalid, "The object {} has more than the {} bytes that are allowed.", key_,
                       bucket_->options.object_bytes_max);
    auto counting = [this, &bytes]() -> Result<void> {
        content_.add(bytes);
        crc32_ = crc32_of(bytes, crc32_);
        return {};
    };
    SLIPWAY_CO_CHECK(co_await bucket_->count(bytes.size(), std::move(counting)));
    for (std::string_view rest = bytes; !rest.empty();) {
        const auto taken = rest.substr(0, part_bytes - part_.size());
        part_ += taken;
        rest.remove_prefix(taken.size());
        if (part_.size() < part_bytes) continue;
        const auto sent = co_await send_part();
        if (!sent) co_return named(sent.error(), key_);
    }
    broken_ = false;
    co_return Result<void>();
}

Task<ObjectInfo> S3Upload::complete() {
    AwsRequest completing{.method = net::Method::post,
                          .path = path_,
                          .query = {{"uploadId", id_}},
                          .body = render_parts(parts_, bucket_->place.checksums),
                          .repeatable = false};
    completing.headers.set("Content-Type", "application/xml");
    add_condition(completing.headers, condition_);
    if (bucket_->place.checksums) {
        completing.headers.set("x-amz-checksum-crc32", crc32_text(crc32_));
        completing.headers.set("x-amz-checksum-type", "FULL_OBJECT");
    }
    SLIPWAY_CO_TRY(const auto answer, co_await bucket_->send(std::move(completing)));
    if (is_error_document(answer.body)) {
        const auto problem = read_problem(500, answer.headers, answer.body);
        co_return std::unexpected(error_of(problem, bucket_->place.bucket));
    }
    ObjectInfo info{.key = key_,
                    .size = size_,
                    .content_type = attributes_.content_type,
                    .sha256 = to_hex(content_.finish()),
                    .cache_control = attributes_.cache_control,
                    .metadata = attributes_.metadata};
    read_put_headers(answer.headers, info);
    info.etag = bare_etag(element_of(answer.body, "ETag"));
    id_.clear();
    co_return info;
}

Task<ObjectInfo> S3Upload::finish() {
    if (broken_) co_return broken_upload(key_);
    broken_ = true;
    if (id_.empty()) co_return co_await bucket_->put(workspace_, key_, std::move(part_), attributes_, condition_);
    if (!part_.empty()) SLIPWAY_CO_CHECK(co_await send_part());
    auto done = co_await complete();
    if (done) co_return done;
    abort();
    co_return named(std::move(done).error(), key_);
}

}  // namespace

std::unique_ptr<ObjectUpload> begin_s3_upload(std::shared_ptr<S3Bucket> bucket, asio::any_io_executor executor,
                                              WorkspaceId workspace, std::string key, ObjectAttributes attributes,
                                              WriteCondition condition, std::string sha256) {
    return std::make_unique<S3Upload>(std::move(bucket), std::move(executor), std::move(workspace), std::move(key),
                                      std::move(attributes), std::move(condition), std::move(sha256));
}

}  // namespace slipway::store
