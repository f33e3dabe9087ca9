// Links and forms that S3 itself answers.
#include <algorithm>

#include "base/crypto.h"
#include "net/content_disposition.h"
#include "store/objects/s3_bucket.h"

namespace slipway::store {
namespace {

// How long a link may be valid with these credentials: it ends with them.
Result<std::chrono::seconds> link_time(const AwsCredentials& credentials, Milliseconds valid_for, Instant at) {
    auto time = std::chrono::ceil<std::chrono::seconds>(valid_for);
    if (credentials.expires) time = std::min(time, std::chrono::floor<std::chrono::seconds>(*credentials.expires - at));
    if (time < std::chrono::seconds(1))
        return fail(ErrorCode::unavailable, "The AWS credentials end too soon for a link; try again.");
    return time;
}

}  // namespace

Task<SignedLink> S3Bucket::presign(const WorkspaceId& workspace, std::string_view key, Access access,
                                   Milliseconds valid_for, std::string_view file_name) {
    SLIPWAY_CO_TRY(const auto credentials, co_await aws.credentials()->get());
    const auto at = now();
    const SigningScope scope{.region = place.endpoint.region, .service = "s3", .at = aws.service_time()};
    SLIPWAY_CO_TRY(const auto time, link_time(credentials, valid_for, at));
    SignedRequest link{.path = place.path_of(workspace, key), .payload_hash = std::string(kUnsignedPayload)};
    if (access == Access::put) link.method = net::Method::put;
    link.headers.set("Host", authority_of(place.endpoint.url));
    if (!file_name.empty())
        link.query.emplace_back("response-content-disposition", net::content_disposition("attachment", file_name));
    sign_query(link, scope, credentials, time, signing_rules_of("s3"));
    const AwsRequest as_asked{.method = link.method, .path = link.path};
    record(actions_of(place, as_asked));  // whoever follows it does so with our rights
    co_return SignedLink{.url = place.endpoint.url + link.path + "?" + amz_query(link.query), .expires = at + time};
}

Task<SignedForm> S3Bucket::presign_form(const WorkspaceId& workspace, std::string_view key, const FormLimits& limits,
                                        Milliseconds valid_for) {
    SLIPWAY_CO_TRY(const auto credentials, co_await aws.credentials()->get());
    const auto at = now();
    const SigningScope scope{.region = place.endpoint.region, .service = "s3", .at = aws.service_time()};
    SLIPWAY_CO_TRY(const auto time, link_time(credentials, valid_for, at));
    SignedForm form{.url = place.endpoint.url + place.root + "/", .expires = at + time};
    form.fields = {{"key", place.folder_of(workspace) + std::string(key)},
                   {"x-amz-algorithm", "AWS4-HMAC-SHA256"},
                   {"x-amz-credential", amz_credential(scope, credentials)},
                   {"x-amz-date", amz_date(scope.at)}};
    if (!credentials.session_token.empty()) form.fields.emplace_back("x-amz-security-token", credentials.session_token);
    const bool of_a_kind = limits.content_type.ends_with('/');
    if (!of_a_kind) form.fields.emplace_back("Content-Type", limits.content_type);
    json::array conditions{json::object{{"bucket", place.bucket}}};
    for (const auto& [name, value] : form.fields) conditions.push_back(json::object{{name, value}});
    if (of_a_kind) conditions.push_back(json::array{"starts-with", "$Content-Type", limits.content_type});
    conditions.push_back(json::array{"content-length-range", limits.bytes_min, limits.bytes_max});
    const json::object policy{{"expiration", to_iso8601(scope.at + time)}, {"conditions", std::move(conditions)}};
    const auto text = to_base64(write_json(policy));
    form.fields.emplace_back("policy", text);
    form.fields.emplace_back("x-amz-signature", sign_post_policy(text, scope, credentials));
    const AwsRequest as_asked{.method = net::Method::post, .path = place.path_of(workspace, key)};
    record(actions_of(place, as_asked));
    co_return form;
}

}  // namespace slipway::store
