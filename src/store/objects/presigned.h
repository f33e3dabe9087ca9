// URLs that the server signs itself: <prefix>/<workspace>/<key>?access=get&expires=<seconds since
// 1970>[&name=<file name>]&signature=<base64url> The signature is HMAC-SHA256 over access, expiry, workspace, key and
// name. Whoever has the URL has the access, until it expires.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "store/objects/object_attributes.h"
#include "store/objects/objects.h"

namespace slipway::store {

inline constexpr std::size_t kSigningKeyBytesMin = 32;

struct PresignedGrant {
    WorkspaceId workspace;
    std::string key;
    Access access = Access::get;
    Instant expires;
    std::string file_name = {};  // under which a browser keeps it; empty: none
};

// The path and query. The prefix is the path under which the server answers ("/objects").
std::string presigned_target(std::string_view signing_key, std::string_view prefix, const PresignedGrant& grant);

// What the request target ("/objects/…?…", as it came) allows at this moment. `forbidden` when the signature is wrong
// or missing, the time is over, or the access is another one; takes the same time for every wrong signature. HEAD is
// allowed by Access::get.
Result<PresignedGrant> verify_presigned(std::string_view signing_key, std::string_view prefix, std::string_view target,
                                        Access access, Instant at = now());

// A form that the server signs itself: the field "policy", base64url of a JSON object (workspace, key, content_type,
// bytes_min, bytes_max, expires in seconds since 1970), and the field "signature", base64url of its HMAC-SHA256.
struct FormGrant {
    WorkspaceId workspace;
    std::string key;
    FormLimits limits;
    Instant expires;
};
SignedForm signed_form(std::string_view signing_key, std::string_view prefix, const FormGrant& grant);

// What came with such a form.
struct PostedForm {
    std::string_view policy, signature;
    std::string_view content_type;  // of the field Content-Type, or else of the file
    std::uint64_t size = 0;         // of the file
};
// `forbidden` as above; `invalid` when the file has a size or a type that the form does not allow.
Result<FormGrant> verify_form(std::string_view signing_key, const PostedForm& form, Instant at = now());

}  // namespace slipway::store
