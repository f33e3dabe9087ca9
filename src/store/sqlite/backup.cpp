#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/crypto.h"
#include "store/sqlite/connection_state.h"

namespace slipway::store::sqlite {
namespace {

constexpr int kPagesPerStep = 512;

Result<void> flush(const std::filesystem::path& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    const bool flushed = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!flushed)
        return fail(ErrorCode::unavailable, "{} cannot be written to disk: {}.", path.string(), std::strerror(reason));
    return {};
}

// The copy is flushed once at its end, so it needs no journal of its own while it grows.
Result<void> copy_pages(ConnectionState& source, ConnectionState& copy) {
    SLIPWAY_CHECK(copy.check(
        sqlite3_exec(copy.handle, "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF", nullptr, nullptr, nullptr)));
    sqlite3_backup* const backup = sqlite3_backup_init(copy.handle, "main", source.handle, "main");
    if (!backup) return copy.failure(sqlite3_errcode(copy.handle));
    Result<void> stopped;
    int code = SQLITE_OK;
    while (code == SQLITE_OK && stopped) {
        code = sqlite3_backup_step(backup, kPagesPerStep);
        stopped = source.check_limit();
    }
    const int finished = sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE) return copy.check(finished);
    if (!stopped) return stopped;
    const bool damaged = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
    return damaged ? source.failure(code) : copy.failure(code);
}

void remove_copy(const std::filesystem::path& path) {
    std::error_code ignored;
    for (const char* const suffix : {"", "-journal", "-wal", "-shm"})
        std::filesystem::remove(path.string() + suffix, ignored);
}

Result<void> write_copy(ConnectionState& source, const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(ErrorCode::unavailable, "The backup {} cannot be created: {}.", path.string(),
                    std::strerror(errno));
    ::close(descriptor);
    {
        ConnectionState copy(path, {});
        const int opened =
            sqlite3_open_v2(path.c_str(), &copy.handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, nullptr);
        if (opened != SQLITE_OK) return copy.failure(opened);
        SLIPWAY_CHECK(copy_pages(source, copy));
    }
    return flush(path, O_RDWR);
}

}  // namespace

Result<void> Connection::backup_to(const std::filesystem::path& destination) {
    auto folder = destination.parent_path();
    if (folder.empty()) folder = ".";
    const auto part = folder / fmt::format(".{}.{}.part", destination.filename().string(), random_token(6));
    // One read transaction over all steps: otherwise every commit beside it would start the copy over.
    const bool outer = in_transaction();
    if (!outer) {
        SLIPWAY_CHECK(execute("BEGIN; SELECT count(*) FROM sqlite_schema"));
    }
    auto copied = write_copy(*state_, part);
    if (!outer) sqlite3_exec(state_->handle, "COMMIT", nullptr, nullptr, nullptr);
    if (copied && ::rename(part.c_str(), destination.c_str()) != 0)
        copied = fail(ErrorCode::unavailable, "The backup {} cannot be put in place: {}.", destination.string(),
                      std::strerror(errno));
    if (!copied) {
        remove_copy(part);
        return copied;
    }
    return flush(folder, O_RDONLY | O_DIRECTORY);
}

Result<void> Connection::check_integrity() {
    SLIPWAY_TRY(auto statement, prepare("PRAGMA integrity_check(1)"));
    SLIPWAY_TRY(const bool row, statement.step());
    if (row && statement.text(0) == "ok") return {};
    return fail(ErrorCode::unavailable, "{} is damaged ({}). {}", state_->file.string(),
                row ? statement.text(0) : "no answer", state_->options.repair);
}

}  // namespace slipway::store::sqlite
