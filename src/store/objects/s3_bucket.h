// What the parts of the S3 adapter share.
#pragma once

#include <memory>
#include <string>

#include "store/objects/s3.h"
#include "store/objects/s3_actions.h"
#include "store/objects/s3_place.h"

namespace slipway::store {

// Thread safe; uploads keep it alive until they have ended.
struct S3Bucket {
    S3Bucket(S3Place where, S3ObjectsOptions settings, net::Client& client, WorkerPool& threads)
        : place(std::move(where)),
          options(std::move(settings)),
          aws(client, options.credentials, options.client),
          pool(threads) {}

    const S3Place place;
    const S3ObjectsOptions options;
    AwsClient aws;
    WorkerPool& pool;

    // Work over so many bytes, which would hold the loop up when they are many.
    template <typename Work>
    auto count(std::size_t bytes, Work work) -> asio::awaitable<std::invoke_result_t<Work>> {
        constexpr std::size_t kBytesOnTheLoopMax = 256 << 10;
        if (bytes <= kBytesOnTheLoopMax) co_return work();
        co_return co_await pool.run(std::move(work));
    }
    Task<AwsResponse> send(AwsRequest request) {
        record(actions_of(place, request));
        return aws.send(place.endpoint, std::move(request));
    }
    // A put in one request.
    Task<ObjectInfo> put(const WorkspaceId& workspace, std::string key, std::string data,
                         const ObjectAttributes& attributes, const WriteCondition& condition);
    Task<SignedLink> presign(const WorkspaceId& workspace, std::string_view key, Access access, Milliseconds valid_for,
                             std::string_view file_name);
    Task<SignedForm> presign_form(const WorkspaceId& workspace, std::string_view key, const FormLimits& limits,
                                  Milliseconds valid_for);
};

// `executor` is that of the coroutine that writes. `sha256` of all of it, where that is known before; else empty.
std::unique_ptr<ObjectUpload> begin_s3_upload(std::shared_ptr<S3Bucket> bucket, asio::any_io_executor executor,
                                              WorkspaceId workspace, std::string key, ObjectAttributes attributes,
                                              WriteCondition condition, std::string sha256);

// For a person "There is no object …", whatever S3 says.
std::unexpected<Error> named(Error error, std::string_view key);

}  // namespace slipway::store
