#include "serve/backup.h"

#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

#include "base/crypto.h"
#include "serve/version.h"

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kIndexName = "backup.json";
constexpr int kFormat = 1;
constexpr std::size_t kFilesMax = 10'000'000;

Result<std::string> checksum_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::unavailable, "{} cannot be read.", path.string());
    Sha256 hash;
    std::string part(1 << 20, '\0');
    while (file.read(part.data(), static_cast<std::streamsize>(part.size())) || file.gcount() > 0)
        hash.add(std::string_view(part.data(), static_cast<std::size_t>(file.gcount())));
    return to_hex(hash.finish());
}

void sync_path(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ::fsync(file);
    ::close(file);
}

// A folder with all below it, or one file.
Result<void> copy_tree(const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (!fs::exists(from, error)) return {};
    fs::create_directories(fs::is_directory(from, error) ? to : to.parent_path(), error);
    if (!error) fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
    if (error)
        return fail(ErrorCode::unavailable, "{} could not be copied to {}: {}.", from.string(), to.string(),
                    error.message());
    return {};
}

// Lists, checks and flushes everything below `folder`.
Result<json::array> describe_files(const fs::path& folder, std::uint64_t& bytes) {
    json::array files;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (!entry->is_regular_file()) continue;
        if (files.size() >= kFilesMax)
            return fail(ErrorCode::invalid, "{} holds more than {} files.", folder.string(), kFilesMax);
        SLIPWAY_TRY(const auto checksum, checksum_of(entry->path()));
        sync_path(entry->path());
        bytes += entry->file_size();
        files.push_back(
            json::object{{"path", fs::relative(entry->path(), folder).generic_string()}, {"sha256", checksum}});
    }
    if (error) return fail(ErrorCode::unavailable, "{} could not be read: {}.", folder.string(), error.message());
    return files;
}

Result<json::object> finish_backup(const Application& application, const fs::path& temporary,
                                   const fs::path& destination) {
    const auto& manifest = application.manifest();
    SLIPWAY_CHECK(copy_tree(manifest.stores.objects.path, temporary / "objects"));
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(application.folder().path(), error))
        if (entry.path().extension() == ".secret")
            SLIPWAY_CHECK(copy_tree(entry.path(), temporary / "secrets" / entry.path().filename()));
    std::uint64_t bytes = 0;
    SLIPWAY_TRY(auto files, describe_files(temporary, bytes));
    const auto count = files.size();
    const json::object index{{"format", kFormat},
                             {"application", manifest.name},
                             {"version", kVersion},
                             {"created_at", to_iso8601(now())},
                             {"files", std::move(files)}};
    std::ofstream(temporary / kIndexName) << write_json(index) << '\n';
    sync_path(temporary / kIndexName);
    sync_path(temporary);
    fs::rename(temporary, destination, error);
    if (error) return fail(ErrorCode::unavailable, "{} could not be made: {}.", destination.string(), error.message());
    sync_path(destination.parent_path());
    return json::object{{"path", destination.string()}, {"bytes", bytes}, {"files", count}};
}

Result<json::object> read_index(const fs::path& source) {
    std::ifstream file(source / kIndexName);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    auto parsed = parse_json(text, {.depth_max = 8, .bytes_max = 1UL << 30});
    if (!file || !parsed || !parsed->is_object())
        return fail(ErrorCode::invalid, "{} is not a backup: it has no readable {}.", source.string(), kIndexName);
    if (integer_or(parsed->get_object(), "format", 0) != kFormat)
        return fail(ErrorCode::invalid, "{} was made by a newer version of Slipway ({}).", source.string(),
                    text_or(parsed->get_object(), "version"));
    return std::move(parsed->get_object());
}

Result<void> check_files(const fs::path& source, const json::object& index) {
    const auto* files = array_in(index, "files");
    if (files == nullptr) return fail(ErrorCode::invalid, "{} lists no files.", (source / kIndexName).string());
    for (const auto& entry : *files) {
        const auto* object = entry.if_object();
        const auto path = object == nullptr ? std::string_view() : text_or(*object, "path");
        if (path.empty() || path.find("..") != std::string_view::npos || path.front() == '/')
            return fail(ErrorCode::invalid, "{} names a file outside the backup.", (source / kIndexName).string());
        SLIPWAY_TRY(const auto checksum, checksum_of(source / path));
        if (checksum != text_or(*object, "sha256"))
            return fail(ErrorCode::invalid, "The backup is damaged: {} has changed.", (source / path).string());
    }
    return {};
}

}  // namespace

Task<json::object> backup(Application& application, std::string given) {
    if (given.empty()) co_return fail(ErrorCode::invalid, "Name the folder that the backup shall become.");
    const fs::path destination(given);
    const fs::path temporary(given + ".incomplete");
    std::error_code error;
    if (fs::exists(destination, error))
        co_return fail(ErrorCode::conflict, "{} exists already; name another folder.", given);
    fs::remove_all(temporary, error);
    fs::create_directories(temporary, error);
    if (error) co_return fail(ErrorCode::unavailable, "{} cannot be made: {}.", temporary.string(), error.message());
    fs::permissions(temporary, fs::perms::owner_all, error);
    // The database first: an original that comes later is not missed, one that it names is still there (removal deletes
    // the row first).
    SLIPWAY_CO_CHECK(co_await application.database().backup(temporary / "database.sqlite"));
    auto finish = [&application, temporary, destination] { return finish_backup(application, temporary, destination); };
    auto finished = co_await application.pool().run(std::move(finish));
    if (!finished) fs::remove_all(temporary, error);
    co_return finished;
}

Result<json::object> restore(const fs::path& source, const app::Manifest& manifest, bool replace) {
    SLIPWAY_TRY(const auto index, read_index(source));
    SLIPWAY_CHECK(check_files(source, index));
    SLIPWAY_TRY(const auto folder, DataFolder::open(manifest.data));
    const auto& database = manifest.stores.database.path;
    std::error_code error;
    if (fs::exists(database, error) && !replace)
        return fail(ErrorCode::conflict,
                    "{} exists already; --replace puts the backup in its place and keeps the old data beside it.",
                    database.string());
    std::vector<fs::path> present{database, database.string() + "-wal", database.string() + "-shm",
                                  manifest.stores.objects.path};
    for (const auto& path : present) {
        if (!fs::exists(path, error)) continue;
        const fs::path kept = path.string() + ".before-restore";
        fs::remove_all(kept, error);
        fs::rename(path, kept, error);
        if (error)
            return fail(ErrorCode::unavailable, "{} could not be set aside: {}.", path.string(), error.message());
    }
    fs::create_directories(database.parent_path(), error);
    SLIPWAY_CHECK(copy_tree(source / "objects", manifest.stores.objects.path));
    if (fs::exists(source / "secrets", error))
        for (const auto& entry : fs::directory_iterator(source / "secrets", error))
            SLIPWAY_CHECK(copy_tree(entry.path(), folder.path() / entry.path().filename()));
    const fs::path arriving = database.string() + ".arriving";
    fs::copy_file(source / "database.sqlite", arriving, fs::copy_options::overwrite_existing, error);
    if (!error) sync_path(arriving);
    if (!error) fs::rename(arriving, database, error);
    if (error) return fail(ErrorCode::unavailable, "{} could not be written: {}.", database.string(), error.message());
    sync_path(database.parent_path());
    return index;
}

}  // namespace slipway::serve
