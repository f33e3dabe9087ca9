#include "serve/backup.h"

#include <fstream>

#include "base/crypto.h"
#include "serve/agents_rows.h"
#include "serve/durable_files.h"
#include "serve/version.h"

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kFilesMax = 10'000'000;
constexpr std::string_view kDatabaseName = "database.sqlite", kAgentsName = "agents.sqlite";

// Lists everything below `folder`.
Result<json::array> describe_files(const fs::path& folder, std::uint64_t& bytes) {
    json::array files;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (!entry->is_regular_file()) continue;
        if (files.size() >= kFilesMax)
            return fail(ErrorCode::invalid, "{} holds more than {} files.", folder.string(), kFilesMax);
        SLIPWAY_TRY(const auto checksum, checksum_of_file(entry->path()));
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
    // Not what is being written there, see ObjectTree.
    std::error_code error;
    const auto originals = manifest.stores.objects.path / "objects";
    const bool here = !manifest.stores.objects.path.empty();  // a bucket is its own backup
    if (here && fs::exists(originals, error)) SLIPWAY_CHECK(copy_durably(originals, temporary / "objects" / "objects"));
    for (const auto& folder : app::own_folders(manifest.files, manifest.stores))
        if (fs::exists(folder.path / "objects", error))
            SLIPWAY_CHECK(copy_durably(folder.path / "objects", temporary / "files" / folder.purpose / "objects"));
    fs::create_directories(temporary / "secrets", error);
    for (const auto& entry : fs::directory_iterator(application.folder().path(), error))
        if (entry.path().extension() == ".secret")
            SLIPWAY_CHECK(copy_durably(entry.path(), temporary / "secrets" / entry.path().filename()));
    if (error)
        return fail(ErrorCode::unavailable, "{} could not be read: {}.", application.folder().path().string(),
                    error.message());
    for (const auto* const folder : {"secrets", "objects", "files"})
        if (fs::exists(temporary / folder, error)) SLIPWAY_CHECK(sync_folder(temporary / folder));
    std::uint64_t bytes = 0;
    SLIPWAY_TRY(auto files, describe_files(temporary, bytes));
    const auto count = files.size();
    const json::object index{{"format", kBackupFormat},
                             {"application", manifest.name},
                             {"version", kVersion},
                             {"created_at", to_iso8601(now())},
                             {"files", std::move(files)}};
    SLIPWAY_CHECK(write_durably(temporary / kBackupIndexName, write_json(index) + "\n"));
    fs::rename(temporary, destination, error);
    if (error) return fail(ErrorCode::unavailable, "{} could not be made: {}.", destination.string(), error.message());
    SLIPWAY_CHECK(sync_folder(destination.parent_path()));
    return json::object{{"path", destination.string()}, {"bytes", bytes}, {"files", count}};
}

Result<void> unite_databases(const fs::path& folder) {
    const auto agents = folder / kAgentsName;
    SLIPWAY_CHECK(add_agents_rows(agents, folder / kDatabaseName));
    std::error_code error;
    for (const auto* const ending : {"", "-wal", "-shm"}) fs::remove(agents.string() + ending, error);
    return {};
}

// Agents first, where they have a database of their own: whose chats these are is known to the other one then.
Task<void> copy_databases(Application& application, fs::path folder) {
    auto* const agents = application.agents();
    if (agents != nullptr) SLIPWAY_CO_CHECK(co_await agents->backup(folder / kAgentsName));
    SLIPWAY_CO_CHECK(co_await application.database().backup(folder / kDatabaseName));
    if (agents == nullptr) co_return Result<void>();
    auto unite = [folder] { return unite_databases(folder); };
    co_return co_await application.pool().run(std::move(unite));
}

}  // namespace

Result<std::string> checksum_of_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::unavailable, "{} cannot be read.", path.string());
    Sha256 hash;
    std::string part(1 << 20, '\0');
    while (file.read(part.data(), static_cast<std::streamsize>(part.size())) || file.gcount() > 0)
        hash.add(std::string_view(part.data(), static_cast<std::size_t>(file.gcount())));
    if (file.bad()) return fail(ErrorCode::unavailable, "{} could not be read to its end.", path.string());
    return to_hex(hash.finish());
}

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
    // The database first: an original that comes later is not missed, and those that it names stay while we hold them.
    auto hold = co_await application.capabilities().knowledge.hold_originals();
    if (!hold) {
        fs::remove_all(temporary, error);
        co_return pass(hold);
    }
    auto copied = co_await copy_databases(application, temporary);
    if (!copied) {
        fs::remove_all(temporary, error);
        co_return pass(copied);
    }
    auto finish = [&application, temporary, destination] { return finish_backup(application, temporary, destination); };
    auto finished = co_await application.pool().run(std::move(finish));
    if (!finished) fs::remove_all(temporary, error);
    co_return finished;
}

}  // namespace slipway::serve
