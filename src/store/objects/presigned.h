// URLs that the server signs itself: <prefix>/<workspace>/<key>?access=get&expires=<seconds since
// 1970>&signature=<base64url> The signature is HMAC-SHA256 over access, expiry, workspace and key. Whoever has the URL
// has the access, until it expires.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "store/objects/objects.h"

namespace slipway::store {

inline constexpr std::size_t kSigningKeyBytesMin = 32;
inline constexpr std::chrono::seconds kPresignedTimeMax = std::chrono::days(7);

struct PresignedGrant {
    WorkspaceId workspace;
    std::string key;
    Access access = Access::get;
    Instant expires;
};

// The path and query. The prefix is the path under which the server answers ("/objects").
std::string presigned_target(std::string_view signing_key, std::string_view prefix, const PresignedGrant& grant);

// What the request target ("/objects/…?…", as it came) allows at this moment. `forbidden` when the signature is wrong
// or missing, the time is over, or the access is another one; takes the same time for every wrong signature. HEAD is
// allowed by Access::get.
Result<PresignedGrant> verify_presigned(std::string_view signing_key, std::string_view prefix, std::string_view target,
                                        Access access, Instant at = now());

}  // namespace slipway::store
