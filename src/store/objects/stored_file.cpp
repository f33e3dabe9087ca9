#include "store/objects/stored_file.h"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

namespace slipway::store {
namespace {

constexpr std::string_view kMark = "slipway1";
constexpr std::size_t kLengthDigits = 8;
constexpr std::size_t kEndBytes = kLengthDigits + kMark.size();
constexpr std::size_t kDescriptionBytesMax = 16 << 10;

Result<void> write_all(const std::filesystem::path& path, int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return file_failure(path, written < 0 ? errno : EIO);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<std::string> read_at(int descriptor, std::uint64_t offset, std::uint64_t length) {
    std::string bytes(length, '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto got =
            ::pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(ErrorCode::unavailable, "An object cannot be read: {}.", std::strerror(errno));
        if (got == 0) return fail(ErrorCode::unavailable, "An object ends before its length.");
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

std::string trailer(const ObjectInfo& info) {
    json::object description{
        {"content_type", info.content_type}, {"etag", info.sha256}, {"modified", to_unix_ms(info.modified)}};
    if (!info.cache_control.empty()) description["cache_control"] = info.cache_control;
    if (!info.metadata.empty()) {
        json::object metadata;
        for (const auto& [name, value] : info.metadata) metadata[name] = value;
        description["metadata"] = std::move(metadata);
    }
    const auto text = write_json(description);
    return fmt::format("{}{:08x}{}", text, text.size(), kMark);
}

std::unexpected<Error> damaged(const std::filesystem::path& path) {
    return fail(ErrorCode::unavailable, "The stored object {} is damaged. Restore a backup with `slipway restore`.",
                path.string());
}

Result<ObjectInfo> read_info(const std::filesystem::path& path, int descriptor, std::uint64_t file_size) {
    if (file_size < kEndBytes) return damaged(path);
    SLIPWAY_TRY(const auto end, read_at(descriptor, file_size - kEndBytes, kEndBytes));
    std::size_t length = 0;
    const auto [stop, error] = std::from_chars(end.data(), end.data() + kLengthDigits, length, 16);
    if (error != std::errc() || stop != end.data() + kLengthDigits || !end.ends_with(kMark)) return damaged(path);
    if (length > kDescriptionBytesMax || length + kEndBytes > file_size) return damaged(path);
    SLIPWAY_TRY(const auto text, read_at(descriptor, file_size - kEndBytes - length, length));
    const auto description = parse_json(text);
    if (!description || !description->is_object()) return damaged(path);
    const auto& object = description->get_object();
    ObjectInfo info;
    info.size = file_size - kEndBytes - length;
    info.content_type = text_or(object, "content_type");
    info.etag = info.sha256 = text_or(object, "etag");
    info.cache_control = text_or(object, "cache_control");
    if (const auto* metadata = object_in(object, "metadata"))
        for (const auto& [name, value] : *metadata) info.metadata.emplace(name, text_or(*metadata, name));
    info.modified = from_unix_ms(integer_or(object, "modified", 0));
    return info;
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

std::unexpected<Error> file_failure(const std::filesystem::path& path, int reason) {
    switch (reason) {
        case ENOSPC:
        case EDQUOT:
            return fail(ErrorCode::unavailable,
                        "The disk of {} is full. Nothing was changed; free some space and try again.", path.string());
        case EACCES:
        case EPERM:
        case EROFS:
            return fail(ErrorCode::unavailable, "{} cannot be written ({}); check the permissions of its folder.",
                        path.string(), std::strerror(reason));
        default:
            return fail(ErrorCode::unavailable, "{} cannot be used: {}.", path.string(), std::strerror(reason));
    }
}

Result<StoredWriter> StoredWriter::create(std::filesystem::path path) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file) return file_failure(path, errno);
    return StoredWriter(std::move(path), std::move(file));
}

StoredWriter::~StoredWriter() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> StoredWriter::append(std::string_view bytes) const {
    return write_all(path_, descriptor_.number(), bytes);
}

Result<void> StoredWriter::finish(const ObjectInfo& info) const {
    SLIPWAY_CHECK(append(trailer(info)));
    if (::fsync(descriptor_.number()) != 0) return file_failure(path_, errno);
    return {};
}

Result<void> write_stored(const std::filesystem::path& path, std::string_view data, const ObjectInfo& info) {
    SLIPWAY_TRY(auto file, StoredWriter::create(path));
    SLIPWAY_CHECK(file.append(data));
    SLIPWAY_CHECK(file.finish(info));
    file.keep();
    return {};
}

Result<StoredFile> open_stored(const std::filesystem::path& path) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file && (errno == ENOENT || errno == ENOTDIR)) return fail(ErrorCode::not_found, "There is no such object.");
    struct stat status{};
    if (!file || ::fstat(file.number(), &status) != 0)
        return fail(ErrorCode::unavailable, "{} cannot be read: {}.", path.string(), std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return damaged(path);
    SLIPWAY_TRY(auto info, read_info(path, file.number(), static_cast<std::uint64_t>(status.st_size)));
    return StoredFile{std::move(file), std::move(info)};
}

Result<std::string> read_stored(const StoredFile& file, std::uint64_t first, std::uint64_t length) {
    return read_at(file.descriptor.number(), first, length);
}

Result<void> flush_folder(const std::filesystem::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || ::fsync(opened.number()) != 0) return file_failure(folder, errno);
    return {};
}

Result<void> ensure_folder(const std::filesystem::path& folder) {
    if (::mkdir(folder.c_str(), S_IRWXU) == 0)
        return folder.has_parent_path() ? flush_folder(folder.parent_path()) : Result<void>();
    if (errno == EEXIST && std::filesystem::is_directory(folder)) return {};
    if (errno != ENOENT || !folder.has_parent_path()) return file_failure(folder, errno);
    SLIPWAY_CHECK(ensure_folder(folder.parent_path()));
    if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) return file_failure(folder, errno);
    return flush_folder(folder.parent_path());
}

}  // namespace slipway::store
