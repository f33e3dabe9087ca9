#include "store/aws/sigv4.h"

#include <algorithm>
#include <ctime>
#include <map>

#include "base/crypto.h"
#include "base/percent.h"
#include "base/text.h"

namespace slipway::store {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kDayLength = 8;  // of "20150830T123600Z"

std::string day_of(Instant at) { return amz_date(at).substr(0, kDayLength); }

std::string scope_text(const SigningScope& scope) {
    return fmt::format("{}/{}/{}/aws4_request", day_of(scope.at), scope.region, scope.service);
}

std::string signing_key(const SigningScope& scope, const AwsCredentials& credentials) {
    auto key = hmac_sha256("AWS4" + credentials.secret_access_key, day_of(scope.at));
    key = hmac_sha256(key, scope.region);
    key = hmac_sha256(key, scope.service);
    return hmac_sha256(key, "aws4_request");
}

// RFC 3986 section 5.2.4, and no empty segments.
std::string without_dots(std::string_view path) {
    std::vector<std::string> kept;
    for (const auto segment : split(path, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment != "..") {
            kept.emplace_back(segment);
        } else if (!kept.empty()) {
            kept.pop_back();
        }
    }
    if (kept.empty()) return "/";
    return "/" + join(kept, "/") + (path.ends_with('/') ? "/" : "");
}

std::string canonical_path(std::string_view path, SigningRules rules) {
    std::string result = rules.normalize_path ? without_dots(path) : std::string(path.empty() ? "/" : path);
    return rules.escape_path ? percent_encode(result, "/") : result;
}

struct CanonicalHeaders {
    std::string lines;  // "host:example.com\n…"
    std::string names;  // "host;x-amz-date"
};

CanonicalHeaders canonical_headers(const net::Headers& headers) {
    std::map<std::string, std::string> sorted;
    for (const auto& [name, value] : headers) {
        const auto [place, fresh] = sorted.try_emplace(lower_ascii(name), collapse_spaces(value));
        if (!fresh) place->second += "," + collapse_spaces(value);
    }
    CanonicalHeaders result;
    for (const auto& [name, value] : sorted) {
        result.lines += name + ":" + value + "\n";
        result.names += (result.names.empty() ? "" : ";") + name;
    }
    return result;
}

Signature signature_of(const SignedRequest& request, const SigningScope& scope, const AwsCredentials& credentials,
                       SigningRules rules) {
    const auto headers = canonical_headers(request.headers);
    Signature result;
    result.canonical_request =
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}", net::to_string(request.method), canonical_path(request.path, rules),
                    amz_query(request.query), headers.lines, headers.names, request.payload_hash);
    result.string_to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, amz_date(scope.at), scope_text(scope),
                                        sha256_hex(result.canonical_request));
    result.hex = to_hex(hmac_sha256(signing_key(scope, credentials), result.string_to_sign));
    return result;
}

}  // namespace

SigningRules signing_rules_of(std::string_view service) {
    if (service == "s3") return {.escape_path = false, .normalize_path = false, .hash_header = true};
    return {.hash_header = service == "es" || service == "aoss"};
}

std::string amz_date(Instant at) {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string amz_credential(const SigningScope& scope, const AwsCredentials& credentials) {
    return credentials.access_key_id + "/" + scope_text(scope);
}

std::string amz_query(const net::Fields& query) {
    net::Fields escaped;
    for (const auto& [name, value] : query) escaped.emplace_back(percent_encode(name), percent_encode(value));
    std::ranges::sort(escaped);
    std::string text;
    for (const auto& [name, value] : escaped) text += (text.empty() ? "" : "&") + name + "=" + value;
    return text;
}

Signature sign_headers(SignedRequest& request, const SigningScope& scope, const AwsCredentials& credentials,
                       SigningRules rules) {
    request.headers.set("X-Amz-Date", amz_date(scope.at));
    if (!credentials.session_token.empty()) request.headers.set("X-Amz-Security-Token", credentials.session_token);
    if (rules.hash_header) request.headers.set("X-Amz-Content-Sha256", request.payload_hash);
    auto signature = signature_of(request, scope, credentials, rules);
    request.headers.set("Authorization", fmt::format("{} Credential={}, SignedHeaders={}, Signature={}", kAlgorithm,
                                                     amz_credential(scope, credentials),
                                                     canonical_headers(request.headers).names, signature.hex));
    return signature;
}

Signature sign_query(SignedRequest& request, const SigningScope& scope, const AwsCredentials& credentials,
                     std::chrono::seconds valid_for, SigningRules rules) {
    auto& query = request.query;
    query.emplace_back("X-Amz-Algorithm", kAlgorithm);
    query.emplace_back("X-Amz-Credential", amz_credential(scope, credentials));
    query.emplace_back("X-Amz-Date", amz_date(scope.at));
    query.emplace_back("X-Amz-Expires", std::to_string(valid_for.count()));
    query.emplace_back("X-Amz-SignedHeaders", canonical_headers(request.headers).names);
    if (!credentials.session_token.empty()) query.emplace_back("X-Amz-Security-Token", credentials.session_token);
    auto signature = signature_of(request, scope, credentials, rules);
    query.emplace_back("X-Amz-Signature", signature.hex);
    return signature;
}

std::string sign_post_policy(std::string_view policy, const SigningScope& scope, const AwsCredentials& credentials) {
    return to_hex(hmac_sha256(signing_key(scope, credentials), policy));
}

std::string sign_chunk(std::string_view previous, std::string_view chunk, const SigningScope& scope,
                       const AwsCredentials& credentials) {
    const auto text = fmt::format("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}", amz_date(scope.at), scope_text(scope),
                                  previous, sha256_hex(""), sha256_hex(chunk));
    return to_hex(hmac_sha256(signing_key(scope, credentials), text));
}

}  // namespace slipway::store
