// What services of AWS answer: errors in JSON and XML, listings of buckets, credentials, profiles.
#include "base/text.h"
#include "store/aws/credentials_document.h"
#include "store/aws/problem.h"
#include "store/objects/object_key.h"
#include "store/objects/s3_place.h"
#include "store/objects/s3_wire.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(aws_answer) {
    using namespace slipway;
    net::Headers headers;
    const auto [first, rest] = fuzz::split_line(input);
    headers.set("x-amzn-errortype", std::string(first));
    headers.set("ETag", std::string(first));
    headers.set("Content-Range", std::string(first));
    const auto problem = store::read_problem(400, headers, rest);
    fuzz::require(is_valid_utf8(problem.code) && is_valid_utf8(problem.message), "what is told is text");
    fuzz::require(problem.message.size() <= 300 && problem.code.size() <= 300, "what is told is short");
    fuzz::require(is_valid_utf8(store::error_of(problem, "host").message), "an error is text");
    if (const auto listing = store::parse_listing(rest))
        for (const auto& info : listing->objects) fuzz::require(!info.etag.contains('"'), "an etag has no quotes");
    store::element_of(rest, "UploadId");
    const auto info = store::read_object_headers(headers, "key");
    fuzz::require(info.etag.find_first_of("\"\r\n<&") == std::string::npos, "an etag fits a header and an element");
    if (const auto found = store::parse_credentials_json(rest, "place"))
        fuzz::require(!found->access_key_id.empty() && !found->secret_access_key.empty(), "credentials are whole");
    if (const auto found = store::parse_assumed_role(rest))
        fuzz::require(!found->access_key_id.empty() && !found->secret_access_key.empty(), "credentials are whole");
    if (const auto time = store::parse_utc(first)) fuzz::require(to_unix_ms(*time) > -70'000'000'000'000, "a time");
    store::Profiles profiles;
    store::add_profiles(rest, store::ProfileFile::credentials, profiles);
    store::add_profiles(rest, store::ProfileFile::config, profiles);
    fuzz::require(profiles.size() <= 1000, "profiles are few");
    if (const auto place = store::parse_s3_url(first, "us-east-1")) {
        const auto path = place->path_of({"../w"}, "k/l");
        fuzz::require(path.starts_with('/') && path.ends_with("/%252e%252e%252fw/k/l"), "a key keeps its place");
        fuzz::require(path.find_first_of(" ?#\r\n") == std::string::npos, "a path is one word");
    }
}
