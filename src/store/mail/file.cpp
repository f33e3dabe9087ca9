#include "store/mail/file.h"

#include <cerrno>
#include <cstring>
#include <mutex>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "store/mail/compose.h"

namespace slipway::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNewSuffix = ".new", kSuffix = ".eml";

std::unexpected<Error> failed(const fs::path& path, int reason) {
    if (reason == ENOSPC || reason == EDQUOT)
        return fail(ErrorCode::unavailable, "The disk of the outbox {} is full; the message was not kept.",
                    path.parent_path().string());
    return fail(ErrorCode::unavailable, "{} cannot be written: {}. Check the permissions of its folder.", path.string(),
                std::strerror(reason));
}

struct File {
    explicit File(int opened) : number(opened) {}
    File(const File&) = delete;
    ~File() {
        if (number >= 0) ::close(number);
    }
    int number;
};

Result<void> write_new(const fs::path& path, std::string_view bytes) {
    const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.number < 0) return failed(path, errno);
    while (!bytes.empty()) {
        const auto written = ::write(file.number, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return failed(path, written < 0 ? errno : EIO);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.number) != 0) return failed(path, errno);
    return {};
}

Result<void> flush_folder(const fs::path& folder) {
    const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.number < 0 || ::fsync(opened.number) != 0) return failed(folder / ".", errno);
    return {};
}

class FileMail final : public Mail {
 public:
    FileMail(fs::path folder, FileMailOptions options, WorkerPool& pool)
        : folder_(std::move(folder)), options_(options), pool_(pool) {}

    Task<std::string> send(Message message) override;
    Task<MailStatus> status() override;

 private:
    Result<std::string> keep(const Message& message);
    Result<void> check_room(std::uint64_t bytes) const;

    fs::path folder_;
    FileMailOptions options_;
    WorkerPool& pool_;
    std::mutex one_;  // message after message, so that the limits hold
};

// Looked at each time, as others take files away. A folder at its limit is read in milliseconds.
Result<void> FileMail::check_room(std::uint64_t bytes) const {
    std::size_t messages = 0;
    std::error_code error;
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code gone;
        const auto size = entry->file_size(gone);
        if (gone) continue;
        bytes += size;
        ++messages;
    }
    if (error) return failed(folder_ / ".", error.value());
    if (messages < options_.messages_max && bytes <= options_.bytes_max) return {};
    return fail(ErrorCode::unavailable, "The outbox {} is full ({} messages). Take away what was delivered.",
                folder_.string(), messages);
}

Result<std::string> FileMail::keep(const Message& message) {
    SLIPWAY_TRY(const auto mail, compose(message, now()));
    const std::lock_guard lock(one_);
    SLIPWAY_CHECK(check_room(mail.bytes.size()));
    const auto name = mail.message_id.substr(0, mail.message_id.find('@'));
    const auto unfinished = folder_ / ("." + name + std::string(kNewSuffix));
    const auto finished = folder_ / (name + std::string(kSuffix));
    const auto written = write_new(unfinished, mail.bytes);
    if (!written || ::rename(unfinished.c_str(), finished.c_str()) != 0) {
        const int reason = errno;
        ::unlink(unfinished.c_str());
        SLIPWAY_CHECK(written);
        return failed(finished, reason);
    }
    SLIPWAY_CHECK(flush_folder(folder_));
    return mail.message_id;
}

Task<std::string> FileMail::send(Message message) {
    const auto work = [&]() { return keep(message); };
    co_return co_await pool_.run(work);
}

Task<MailStatus> FileMail::status() {
    const auto begun = std::chrono::steady_clock::now();
    const auto work = [&]() { return check_room(0); };
    SLIPWAY_CO_CHECK(co_await pool_.run(work));
    MailStatus status;
    status.engine = "file";
    status.latency = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun);
    co_return status;
}

}  // namespace

Result<std::unique_ptr<Mail>> open_file_mail(fs::path folder, FileMailOptions options, WorkerPool& pool) {
    std::error_code error;
    if (fs::create_directories(folder, error); error) return failed(folder, error.value());
    if (::chmod(folder.c_str(), S_IRWXU) != 0) return failed(folder, errno);
    if (folder.has_parent_path()) {
        SLIPWAY_CHECK(flush_folder(folder.parent_path()));
    }
    // What was being written when an earlier program ended.
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        const auto name = entry->path().filename().string();
        if (name.starts_with('.') && name.ends_with(kNewSuffix)) fs::remove(entry->path(), ignored);
    }
    if (error) return failed(folder / ".", error.value());
    return std::make_unique<FileMail>(std::move(folder), options, pool);
}

}  // namespace slipway::store
