// How S3 says things (REST-XML, API version 2006-03-01; Amazon S3 API Reference). Takes any bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/aws/aws_client.h"
#include "store/objects/objects.h"

namespace slipway::store {

// Content type, cache control, metadata and tags as headers of a put, and the SHA-256 as metadata where it is known.
void add_attributes(net::Headers& headers, const ObjectAttributes& attributes, std::string_view sha256);
void add_condition(net::Headers& headers, const WriteCondition& condition);

// What the headers of an answer to GET or HEAD say. The size is that of the whole object.
ObjectInfo read_object_headers(const net::Headers& headers, std::string_view key);
// Of an answer to a put: `info` with etag and time.
void read_put_headers(const net::Headers& headers, ObjectInfo& info);

struct S3Listing {
    std::vector<ObjectInfo> objects;  // keys as S3 has them
    bool more = false;
};
// `upstream` when it is none.
Result<S3Listing> parse_listing(std::string_view xml);

// The text of the first element of this name in the document element: UploadId, ETag. Empty when there is none, and
// when the document is an error (S3 sends those with status 200, too).
std::string element_of(std::string_view xml, const char* name);
bool is_error_document(std::string_view xml);

struct UploadedPart {
    std::string etag;
    std::uint32_t crc32 = 0;
};
std::string render_parts(const std::vector<UploadedPart>& parts, bool checksums);

// As S3 writes it: base64 of four bytes, the first one first.
std::string crc32_text(std::uint32_t crc32);
std::uint32_t crc32_of(std::string_view bytes, std::uint32_t before = 0);

// "abc" of "\"abc\""
std::string bare_etag(std::string_view etag);

}  // namespace slipway::store
