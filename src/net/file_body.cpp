#include "net/file_body.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace slipway::net {
namespace {

constexpr const char* kHttpDate = "%a, %d %b %Y %H:%M:%S GMT";

std::optional<std::uint64_t> number_of(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

std::string_view without_weak_mark(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    return etag;
}

// A range counts only for the very version that the client has the rest of.
bool range_applies(const Request& request, const Version& version) {
    const auto condition = request.headers.get("If-Range");
    if (condition.empty()) return true;
    if (condition.starts_with('"')) return condition == version.etag;
    return version.modified && from_http_date(condition) == version.modified;
}

// "bytes=0-99", "bytes=100-", "bytes=-100". Several ranges, other units and nonsense are ignored, as the standard
// allows.
std::optional<Selection> part_of(std::string_view range, std::uint64_t size) {
    constexpr std::string_view kUnit = "bytes=";
    if (!range.starts_with(kUnit)) return std::nullopt;
    range.remove_prefix(kUnit.size());
    const auto dash = range.find('-');
    if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return std::nullopt;
    const auto first = number_of(trim(range.substr(0, dash)));
    const auto last = number_of(trim(range.substr(dash + 1)));
    constexpr Selection kNone{.status = 416};
    if (!first) {
        if (!trim(range.substr(0, dash)).empty() || !last) return std::nullopt;
        const auto length = std::min(*last, size);
        if (length == 0) return kNone;
        return Selection{206, size - length, length};
    }
    if (!last && !trim(range.substr(dash + 1)).empty()) return std::nullopt;
    if (last && *last < *first) return std::nullopt;
    if (*first >= size) return kNone;
    const auto end = std::min(last.value_or(size - 1), size - 1);
    return Selection{206, *first, end - *first + 1};
}

}  // namespace

OpenFile::~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<OpenFile> OpenFile::open(const std::filesystem::path& path) {
    // Not blocking: a named pipe must not hold the loop.
    OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.descriptor_ < 0 && errno != ENOENT && errno != ENOTDIR)
        return fail(ErrorCode::internal, "A file of the server cannot be opened (error {}).", errno);
    struct stat status{};
    if (file.descriptor_ < 0 || ::fstat(file.descriptor_, &status) != 0 || !S_ISREG(status.st_mode))
        return fail(ErrorCode::not_found, "There is no such file.");
    auto& version = file.version;
    version.size = static_cast<std::uint64_t>(status.st_size);
    version.modified = status.st_mtim.tv_sec;
    version.etag = fmt::format("\"{:x}.{:x}-{:x}\"", status.st_mtim.tv_sec, status.st_mtim.tv_nsec, version.size);
    return file;
}

std::string OpenFile::read(std::uint64_t offset, std::size_t count) const {
    std::string bytes(count, '\0');
    std::size_t have = 0;
    while (have < count) {
        const auto got = ::pread(descriptor_, bytes.data() + have, count - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
}

Selection select(const Request& request, const Version& version) {
    const Selection whole{200, 0, version.size};
    const auto known = request.headers.get("If-None-Match");
    const auto since = request.headers.get("If-Modified-Since");
    if (!known.empty()) {
        if (etag_matches(known, version.etag)) return {.status = 304};
    } else if (!since.empty()) {
        const auto date = from_http_date(since);
        if (date && version.modified && *version.modified <= *date) return {.status = 304};
    }
    const auto range = request.headers.get("Range");
    if (range.empty() || request.method != Method::get || !range_applies(request, version)) return whole;
    return part_of(range, version.size).value_or(whole);
}

std::string content_range(const Selection& selection, const Version& version) {
    if (selection.status == 416) return fmt::format("bytes */{}", version.size);
    return fmt::format("bytes {}-{}/{}", selection.offset, selection.offset + selection.length - 1, version.size);
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
    if (trim(if_none_match) == "*") return true;
    for (const auto part : split(if_none_match, ','))
        if (without_weak_mark(trim(part)) == without_weak_mark(etag)) return true;
    return false;
}

std::string http_date(std::int64_t unix_seconds) {
    const auto time = static_cast<std::time_t>(unix_seconds);
    std::tm utc{};
    gmtime_r(&time, &utc);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), kHttpDate, &utc)};
}

std::optional<std::int64_t> from_http_date(std::string_view text) {
    std::tm utc{};
    const std::string terminated(text);
    const auto* end = ::strptime(terminated.c_str(), kHttpDate, &utc);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return static_cast<std::int64_t>(::timegm(&utc));
}

}  // namespace slipway::net
