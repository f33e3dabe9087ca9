#include "serve/data_folder.h"

#include <charconv>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "serve/durable_files.h"

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kLockFile = "slipway.lock";
constexpr std::string_view kSocketFile = "slipway.sock";

std::optional<int> process_in(int file) {
    char text[32] = {};
    const auto length = ::pread(file, text, sizeof text - 1, 0);
    int process = 0;
    if (length <= 0 || std::from_chars(text, text + length, process).ec != std::errc()) return std::nullopt;
    return process;
}

}  // namespace

Result<DataFolder> DataFolder::open(const fs::path& given) {
    std::error_code error;
    const auto path = fs::absolute(given, error).lexically_normal();
    const bool existed = fs::exists(path, error);
    fs::create_directories(path, error);
    if (error)
        return fail(ErrorCode::unavailable, "The data folder {} cannot be made: {}. Choose another with --data.",
                    path.string(), error.message());
    if (!existed) fs::permissions(path, fs::perms::owner_all, error);
    const auto name = path / kLockFile;
    const int lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return fail(ErrorCode::unavailable, "The data folder {} cannot be written: {}. Choose another with --data.",
                    path.string(), std::strerror(errno));
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        const auto process = process_in(lock);
        ::close(lock);
        return fail(ErrorCode::conflict,
                    "Process {} serves from {} already. Stop it, or choose another data folder with --data.",
                    process ? std::to_string(*process) : "another", path.string());
    }
    const auto text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, text.data(), text.size(), 0) < 0) {
        const auto reason = std::string(std::strerror(errno));
        ::close(lock);
        return fail(ErrorCode::unavailable, "The data folder {} cannot be written: {}.", path.string(), reason);
    }
    return DataFolder(path, lock);
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataFolder::~DataFolder() {
    if (lock_ >= 0) ::close(lock_);
}

Result<std::string> DataFolder::secret(std::string_view name) const {
    const auto path = path_ / fmt::format("{}.secret", name);
    std::ifstream file(path);
    std::string kept;
    if (file && std::getline(file, kept) && kept.size() >= 32) return kept;
    std::error_code error;
    // Another secret would silently end what the old one signed.
    if (fs::exists(fs::symlink_status(path, error)))
        return fail(ErrorCode::unavailable,
                    "{} cannot be read or is damaged. Restore it from a backup, or remove it: a new one is made then, "
                    "and everybody has to sign in again.",
                    path.string());
    auto made = random_token(32);
    SLIPWAY_CHECK(write_durably(path, made + "\n"));
    return made;
}

bool DataFolder::has_secret(std::string_view name) const {
    std::error_code error;
    return fs::exists(path_ / fmt::format("{}.secret", name), error);
}

fs::path private_socket_of(const fs::path& data_folder) {
    std::error_code error;
    const auto folder = fs::weakly_canonical(data_folder, error);
    auto path = folder / kSocketFile;
    if (path.string().size() < sizeof(sockaddr_un::sun_path)) return path;
    return fs::temp_directory_path() /
           fmt::format("slipway-{}-{}.sock", ::getuid(), sha256_hex(folder.string()).substr(0, 24));
}

std::optional<int> serving_process(const fs::path& data_folder) {
    const auto name = data_folder / kLockFile;
    const int lock = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (lock < 0) return std::nullopt;
    std::optional<int> process;
    if (::flock(lock, LOCK_SH | LOCK_NB) != 0) process = process_in(lock).value_or(0);
    ::close(lock);
    return process;
}

}  // namespace slipway::serve
