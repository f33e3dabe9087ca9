#include "store/objects/s3_actions.h"

#include <algorithm>

#include "base/percent.h"

namespace slipway::store {
namespace {

bool asks(const AwsRequest& request, std::string_view parameter) {
    return std::ranges::any_of(request.query, [&](const auto& field) { return field.first == parameter; });
}

std::string_view name_of(const AwsRequest& request, bool of_bucket) {
    switch (request.method) {
        case net::Method::get:
        case net::Method::head:
            return of_bucket ? "ListBucket" : "GetObject";
        case net::Method::del:
            return asks(request, "uploadId") ? "AbortMultipartUpload" : "DeleteObject";
        default:
            return "PutObject";  // by a form, in parts, and their beginning and end
    }
}

}  // namespace

std::vector<AwsAction> actions_of(const S3Place& place, const AwsRequest& request) {
    const auto region = std::string_view(place.endpoint.region);
    auto key = percent_decode(request.path).value_or(request.path);
    key.erase(0, std::min(key.size(), place.root.size() + 1));
    const bool of_bucket = key.empty();
    const auto resource = arn_of("s3", region, of_bucket ? place.bucket : place.bucket + "/" + key);
    std::vector<AwsAction> actions{{"s3", std::string(name_of(request, of_bucket)), resource}};
    if (const auto source = request.headers.get("x-amz-copy-source"); !source.empty())
        actions.push_back({"s3", "GetObject", arn_of("s3", region, percent_decode(source).value_or(""))});
    if (request.headers.has("x-amz-tagging")) actions.push_back({"s3", "PutObjectTagging", resource});
    return actions;
}

}  // namespace slipway::store
