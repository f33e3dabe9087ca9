#include "store/objects/s3_place.h"

#include <algorithm>

#include "base/percent.h"
#include "base/text.h"
#include "net/client_target.h"
#include "store/objects/object_key.h"

namespace slipway::store {
namespace {

constexpr std::string_view kScheme = "s3://";
constexpr std::size_t kPrefixBytesMax = 256;  // S3 allows keys of 1024 bytes; ours have 512, and a workspace
constexpr std::size_t kBucketBytesMin = 3, kBucketBytesMax = 63;

bool is_bucket(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return name.size() >= kBucketBytesMin && name.size() <= kBucketBytesMax && std::ranges::all_of(name, allowed) &&
           !name.starts_with('.') && !name.contains("..");
}

struct Options {
    std::string region, endpoint, style, checksums;
};

Result<Options> parse_options(std::string_view query) {
    const auto fields = net::parse_form(query);
    if (!fields) return fail(ErrorCode::invalid, "The options of the s3:// URL are not valid.");
    Options options;
    for (const auto& [name, value] : *fields) {
        if (name == "region")
            options.region = value;
        else if (name == "endpoint")
            options.endpoint = value;
        else if (name == "style")
            options.style = value;
        else if (name == "checksums")
            options.checksums = value;
        else
            return fail(ErrorCode::invalid,
                        "An s3:// URL has no option {}; there are region, endpoint, style and "
                        "checksums.",
                        to_valid_utf8(name));
    }
    if (!options.style.empty() && options.style != "path" && options.style != "virtual")
        return fail(ErrorCode::invalid, "The style of an s3:// URL is path or virtual.");
    if (!options.checksums.empty() && options.checksums != "on" && options.checksums != "off")
        return fail(ErrorCode::invalid, "The checksums of an s3:// URL are on or off.");
    return options;
}

// "https://host:port" with the bucket in front of the host.
std::string with_bucket(const std::string& url, std::string_view bucket) {
    const auto host = url.find("://") + 3;
    return url.substr(0, host) + std::string(bucket) + "." + url.substr(host);
}

}  // namespace

std::string S3Place::folder_of(const WorkspaceId& workspace) const {
    return prefix + workspace_segment(workspace) + "/";
}

std::string S3Place::path_of(const WorkspaceId& workspace, std::string_view key) const {
    return root + "/" + percent_encode(folder_of(workspace) + std::string(key), "/");
}

Result<S3Place> parse_s3_url(std::string_view url, std::string_view region) {
    if (!url.starts_with(kScheme)) return fail(ErrorCode::invalid, "The URL of a bucket begins with s3://.");
    url.remove_prefix(kScheme.size());
    const auto question = std::min(url.find('?'), url.size());
    SLIPWAY_TRY(auto options, parse_options(url.substr(std::min(question + 1, url.size()))));
    const auto place = url.substr(0, question);
    const auto slash = std::min(place.find('/'), place.size());
    S3Place result;
    result.bucket = place.substr(0, slash);
    if (!is_bucket(result.bucket))
        return fail(ErrorCode::invalid, "The s3:// URL names no bucket: 3 to 63 of a-z, 0-9, - and dots.");
    const auto prefix = percent_decode(place.substr(std::min(slash + 1, place.size())));
    if (!prefix || prefix->size() > kPrefixBytesMax)
        return fail(ErrorCode::invalid, "The prefix of the s3:// URL has at most {} bytes.", kPrefixBytesMax);
    for (const auto segment : split(*prefix, '/'))
        if (!segment.empty()) result.prefix += std::string(segment) + "/";
    if (!result.prefix.empty())
        SLIPWAY_CHECK(check_object_key({"w"}, std::string_view(result.prefix).substr(0, result.prefix.size() - 1)));
    if (options.region.empty()) options.region = region;
    if (options.region.empty() && options.endpoint.empty())
        return fail(ErrorCode::invalid, "The s3:// URL needs a region: add ?region=… or set AWS_REGION.");
    if (options.region.empty()) options.region = "us-east-1";
    const bool path_by_default = !options.endpoint.empty() || result.bucket.contains('.');
    const bool path = options.style.empty() ? path_by_default : options.style == "path";
    result.endpoint = aws_endpoint("s3", options.region, options.endpoint);
    const auto target = net::parse_target(result.endpoint.url);
    if (!target || target->path != "/")
        return fail(ErrorCode::invalid, "The endpoint of the s3:// URL is http://host:port or https://host:port.");
    if (path) result.root = "/" + result.bucket;
    if (!path) result.endpoint.url = with_bucket(result.endpoint.url, result.bucket);
    result.checksums = options.checksums != "off";
    return result;
}

}  // namespace slipway::store
