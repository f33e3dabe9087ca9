// A file as a response body, and what of anything with a version is to be sent: validators, conditions and ranges (RFC
// 9110 sections 8.8, 13 and 14).
#pragma once

#include <cstdint>

#include "net/http.h"

namespace slipway::net {

// What is served, as it is now.
struct Version {
    std::uint64_t size = 0;
    std::string etag;                      // with its quotes
    std::optional<std::int64_t> modified;  // seconds since 1970
};

class OpenFile {
 public:
    OpenFile(OpenFile&& other) noexcept
        : version(std::move(other.version)), descriptor_(std::exchange(other.descriptor_, -1)) {}
    OpenFile& operator=(OpenFile&&) = delete;
    ~OpenFile();

    // `not_found` when there is no such regular file; `internal` when it cannot be opened.
    static Result<OpenFile> open(const std::filesystem::path& path);
    // Up to `count` bytes at `offset`; blocks. Empty at the end of the file and on an error.
    std::string read(std::uint64_t offset, std::size_t count) const;

    Version version;

 private:
    explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

// What is to be sent: 200 (all), 206 (a part), 304 (nothing has changed), 416 (no such part). A range that is not
// understood counts for nothing.
struct Selection {
    int status = 200;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};
Selection select(const Request& request, const Version& version);
// Of 206 and 416: "bytes 0-99/1000", "bytes */1000".
std::string content_range(const Selection& selection, const Version& version);

// Weak comparison of an If-None-Match header with a tag; "*" matches.
bool etag_matches(std::string_view if_none_match, std::string_view etag);
// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t unix_seconds);
std::optional<std::int64_t> from_http_date(std::string_view text);

}  // namespace slipway::net
