#include "serve/durable_files.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    explicit operator bool() const { return number_ >= 0; }
    int number() const { return number_; }

 private:
    int number_;
};

std::unexpected<Error> cannot_write(const fs::path& path, std::string_view reason) {
    return fail(ErrorCode::unavailable, "{} cannot be written: {}.", path.string(), reason);
}

Result<void> flush(const fs::path& path, int flags) {
    const Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
    if (!file || ::fsync(file.number()) != 0) return cannot_write(path, std::strerror(errno));
    return {};
}

std::unexpected<Error> cannot_copy(const fs::path& from, const fs::path& to, const std::error_code& reason) {
    std::error_code ignored;
    if (reason == std::errc::no_space_on_device || reason.value() == EDQUOT)
        return fail(ErrorCode::unavailable,
                    "{} could not be copied to {}: the disk is full. The file needs {} bytes, {} are free.",
                    from.string(), to.string(), fs::file_size(from, ignored),
                    fs::space(to.parent_path(), ignored).available);
    return fail(ErrorCode::unavailable, "{} could not be copied to {}: {}.", from.string(), to.string(),
                reason.message());
}

bool has_vanished(const std::error_code& error, const fs::path& from) {
    std::error_code ignored;
    return error == std::errc::no_such_file_or_directory && !fs::exists(from, ignored);
}

Result<void> copy_one(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
    if (has_vanished(error, from)) return {};
    if (error) return cannot_copy(from, to, error);
    return flush(to, O_RDWR);
}

Result<void> make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) return fail(ErrorCode::unavailable, "{} cannot be made: {}.", folder.string(), error.message());
    return {};
}

}  // namespace

Result<void> sync_folder(const fs::path& folder) {
    return flush(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
}

Result<void> write_durably(const fs::path& path, std::string_view text) {
    const auto temporary = path.string() + ".new";
    {
        const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!file) return cannot_write(path, std::strerror(errno));
        while (!text.empty()) {
            const auto written = ::write(file.number(), text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return cannot_write(path, std::strerror(errno));
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        if (::fsync(file.number()) != 0) return cannot_write(path, std::strerror(errno));
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) return cannot_write(path, std::strerror(errno));
    return sync_folder(path.parent_path());
}

Result<void> copy_durably(const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (!fs::is_directory(from, error)) return copy_one(from, to);
    SLIPWAY_CHECK(make_folder(to));
    fs::directory_iterator entry(from, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
        SLIPWAY_CHECK(copy_durably(entry->path(), to / entry->path().filename()));
    if (error && !has_vanished(error, from)) return cannot_copy(from, to, error);
    return sync_folder(to);
}

}  // namespace slipway::serve
