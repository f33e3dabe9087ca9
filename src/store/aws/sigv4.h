// AWS Signature Version 4: what proves to a service of AWS, or to one that speaks its protocol, who sent a request.
// Source: "AWS Signature Version 4 for API requests" (IAM User Guide) and "Authenticating Requests" (Amazon S3 API
// Reference). Everything here computes; nothing waits and nothing is sent. Thread safe.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"
#include "store/aws/credentials.h"

namespace slipway::store {

// The body is not part of the signature; for presigned URLs, and for services behind TLS that allow it (S3).
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
// Each piece of the body is signed by itself (sign_chunk).
inline constexpr std::string_view kStreamingPayload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::chrono::seconds kPresignedQueryTimeMax = std::chrono::days(7);

struct SigningScope {
    std::string region;   // "us-east-1"
    std::string service;  // "s3", "sqs", "secretsmanager": the signing name
    Instant at;           // by the service's clock; it refuses what is more than 5 minutes (S3: 15) away
};

// What of a request is signed. `headers` must hold Host; all of them are signed.
struct SignedRequest {
    net::Method method = net::Method::get;
    std::string path = "/";  // as it stands in the request line, without the query
    net::Fields query;       // decoded
    net::Headers headers;
    std::string payload_hash;  // hex SHA-256 of the body, or one of the constants above
};

struct SigningRules {
    bool escape_path = true;     // the path is escaped once more; S3 does not
    bool normalize_path = true;  // dot segments and double slashes go; S3 keeps them
    bool hash_header = false;    // X-Amz-Content-Sha256 is sent and signed; S3 wants it
};
SigningRules signing_rules_of(std::string_view service);

struct Signature {
    std::string canonical_request, string_to_sign;  // for tests and for people who look for a difference
    std::string hex;
};

// Adds X-Amz-Date, X-Amz-Security-Token, X-Amz-Content-Sha256 where the rules say so, and Authorization.
Signature sign_headers(SignedRequest& request, const SigningScope& scope, const AwsCredentials& credentials,
                       SigningRules rules);

// Adds the X-Amz-… parameters to the query instead, so that whoever has the URL can use it for that long (1 s to 7
// days; the caller sees to it that it is not longer than the credentials live).
Signature sign_query(SignedRequest& request, const SigningScope& scope, const AwsCredentials& credentials,
                     std::chrono::seconds valid_for, SigningRules rules);

// Of a policy of S3's POST form, in base64.
std::string sign_post_policy(std::string_view policy, const SigningScope& scope, const AwsCredentials& credentials);

// Of the next piece of a body of kStreamingPayload; the last one is empty. `previous` is the signature before it, at
// first that of the headers.
std::string sign_chunk(std::string_view previous, std::string_view chunk, const SigningScope& scope,
                       const AwsCredentials& credentials);

// "20150830T123600Z"
std::string amz_date(Instant at);
// "AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request"
std::string amz_credential(const SigningScope& scope, const AwsCredentials& credentials);
// "name=value&…" in the order of the names, escaped as AWS wants it: what stands in the URL and what is signed.
std::string amz_query(const net::Fields& query);

}  // namespace slipway::store
