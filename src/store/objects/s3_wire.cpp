#include "store/objects/s3_wire.h"

#include <charconv>

#include <pugixml.hpp>
#include <zlib.h>

#include "base/crypto.h"
#include "base/percent.h"
#include "base/text.h"
#include "net/file_body.h"
#include "store/aws/credentials_document.h"

namespace slipway::store {
namespace {

constexpr std::string_view kMetadata = "x-amz-meta-";
constexpr std::string_view kSha256 = "x-amz-meta-slipway-sha256";
constexpr std::size_t kSha256Digits = 64;

std::uint64_t number_of(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

Instant time_of(const net::Headers& headers, std::string_view name) {
    const auto seconds = net::from_http_date(headers.get(name));
    return seconds ? from_unix_ms(*seconds * 1000) : now();
}

bool is_sha256(std::string_view text) {
    return text.size() == kSha256Digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

void add_attributes(net::Headers& headers, const ObjectAttributes& attributes, std::string_view sha256) {
    headers.set("Content-Type", attributes.content_type.empty() ? "application/octet-stream" : attributes.content_type);
    if (!attributes.cache_control.empty()) headers.set("Cache-Control", attributes.cache_control);
    for (const auto& [name, value] : attributes.metadata) headers.set(std::string(kMetadata) + name, value);
    if (!sha256.empty()) headers.set(kSha256, std::string(sha256));
    std::string tags;
    for (const auto& [name, value] : attributes.tags)
        tags += (tags.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
    if (!tags.empty()) headers.set("x-amz-tagging", std::move(tags));
}

void add_condition(net::Headers& headers, const WriteCondition& condition) {
    if (condition.if_absent) headers.set("If-None-Match", "*");
    if (!condition.if_match.empty()) headers.set("If-Match", "\"" + condition.if_match + "\"");
}

ObjectInfo read_object_headers(const net::Headers& headers, std::string_view key) {
    ObjectInfo info{.key = std::string(key),
                    .size = number_of(headers.get("Content-Length")),
                    .etag = bare_etag(headers.get("ETag")),
                    .modified = time_of(headers, "Last-Modified"),
                    .content_type = std::string(headers.get("Content-Type")),
                    .cache_control = std::string(headers.get("Cache-Control"))};
    if (const auto range = headers.get("Content-Range"); range.contains('/'))  // "bytes 0-9/100"
        info.size = number_of(range.substr(range.find('/') + 1));
    for (const auto& [name, value] : headers) {
        const auto lower = lower_ascii(name);
        if (lower == kSha256 && is_sha256(value)) info.sha256 = value;
        if (lower.starts_with(kMetadata) && lower != kSha256)
            info.metadata.emplace(lower.substr(kMetadata.size()), to_valid_utf8(value));
    }
    return info;
}

void read_put_headers(const net::Headers& headers, ObjectInfo& info) {
    info.etag = bare_etag(headers.get("ETag"));
    info.modified = time_of(headers, "Date");
}

Result<S3Listing> parse_listing(std::string_view xml) {
    pugi::xml_document document;
    const auto list = document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single)
                          ? document.child("ListBucketResult")
                          : pugi::xml_node();
    if (!list) return fail(ErrorCode::upstream, "The bucket answered with something that is no listing.");
    S3Listing listing;
    for (const auto& entry : list.children("Contents"))
        listing.objects.push_back({.key = entry.child_value("Key"),
                                   .size = number_of(entry.child_value("Size")),
                                   .etag = bare_etag(entry.child_value("ETag")),
                                   .modified = parse_utc(entry.child_value("LastModified")).value_or(Instant())});
    listing.more = std::string_view(list.child_value("IsTruncated")) == "true";
    return listing;
}

std::string element_of(std::string_view xml, const char* name) {
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size()) || document.child("Error")) return "";
    return document.document_element().child_value(name);
}

bool is_error_document(std::string_view xml) {
    pugi::xml_document document;
    return document.load_buffer(xml.data(), xml.size()) && document.child("Error");
}

std::string render_parts(const std::vector<UploadedPart>& parts, bool checksums) {
    std::string xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (std::size_t i = 0; i < parts.size(); ++i) {
        xml += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>&quot;{}&quot;</ETag>", i + 1, parts[i].etag);
        if (checksums) xml += fmt::format("<ChecksumCRC32>{}</ChecksumCRC32>", crc32_text(parts[i].crc32));
        xml += "</Part>";
    }
    return xml + "</CompleteMultipartUpload>";
}

std::string crc32_text(std::uint32_t crc32) {
    std::string bytes;
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(crc32 >> shift & 0xff);
    return to_base64(bytes);
}

std::uint32_t crc32_of(std::string_view bytes, std::uint32_t before) {
    return static_cast<std::uint32_t>(
        ::crc32_z(before, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string bare_etag(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) etag = etag.substr(1, etag.size() - 2);
    std::string bare;
    for (const char c : etag)
        if (c > ' ' && c <= '~' && c != '"' && c != '<' && c != '&') bare += c;
    return bare;
}

}  // namespace slipway::store
