#include "serve/restore.h"

#include <array>
#include <fstream>

#include "base/crypto.h"
#include "base/log.h"
#include "serve/agents_rows.h"
#include "serve/backup.h"
#include "serve/databases.h"
#include "serve/durable_files.h"
#include "store/index/embedded.h"

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kListName = "restore.json";
constexpr std::string_view kArriving = ".arriving";
constexpr std::string_view kBefore = ".before-restore";
// SQLite's, and part of the database until it is closed.
constexpr std::array<std::string_view, 2> kBesideDatabase{"-wal", "-shm"};

// On this machine; others have no path.
bool is_file(const app::StoreUrl& store) { return !store.path.empty(); }

fs::path with(const fs::path& path, std::string_view ending) { return path.string() + std::string(ending); }

Result<void> take_away(const fs::path& path) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return fail(ErrorCode::unavailable, "{} cannot be removed: {}.", path.string(), error.message());
    return {};
}

Result<void> move_if_present(const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(from, error))) return {};
    fs::rename(from, to, error);
    if (error)
        return fail(ErrorCode::unavailable, "{} could not become {}: {}.", from.string(), to.string(), error.message());
    return sync_folder(to.parent_path());
}

Result<json::object> read_index(const fs::path& source) {
    std::ifstream file(source / kBackupIndexName);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    auto parsed = parse_json(text, {.depth_max = 8, .bytes_max = 1UL << 30});
    if (!file || !parsed || !parsed->is_object())
        return fail(ErrorCode::invalid, "{} is not a backup: it has no readable {}.", source.string(),
                    kBackupIndexName);
    if (integer_or(parsed->get_object(), "format", 0) != kBackupFormat)
        return fail(ErrorCode::invalid, "{} was made by a newer version of Slipway ({}).", source.string(),
                    text_or(parsed->get_object(), "version"));
    return std::move(parsed->get_object());
}

Result<void> check_files(const fs::path& source, const json::object& index) {
    const auto* files = array_in(index, "files");
    if (files == nullptr) return fail(ErrorCode::invalid, "{} lists no files.", (source / kBackupIndexName).string());
    for (const auto& entry : *files) {
        const auto* object = entry.if_object();
        const auto path = object == nullptr ? std::string_view() : text_or(*object, "path");
        if (path.empty() || path.find("..") != std::string_view::npos || path.front() == '/')
            return fail(ErrorCode::invalid, "{} names a file outside the backup.",
                        (source / kBackupIndexName).string());
        SLIPWAY_TRY(const auto checksum, checksum_of_file(source / path));
        if (checksum != text_or(*object, "sha256"))
            return fail(ErrorCode::invalid, "The backup is damaged: {} has changed.", (source / path).string());
    }
    return {};
}

struct Part {
    fs::path from, target;
};

std::vector<Part> parts_of(const fs::path& source, const fs::path& folder, const app::Manifest& manifest) {
    std::vector<Part> parts;
    if (is_file(manifest.stores.objects)) parts.push_back({source / "objects", manifest.stores.objects.path});
    for (const auto& own : app::own_folders(manifest.files, manifest.stores))
        parts.push_back({source / "files" / own.purpose, own.path});
    if (is_file(manifest.stores.database)) parts.push_back({source / "database.sqlite", manifest.stores.database.path});
    std::error_code error;
    if (fs::exists(source / "secrets", error))
        for (const auto& entry : fs::directory_iterator(source / "secrets", error))
            parts.push_back({entry.path(), folder / entry.path().filename()});
    return parts;
}

// Copies a part beside its target, and clears the name that the present one will have.
Result<void> bring(const Part& part) {
    std::error_code error;
    const auto arriving = with(part.target, kArriving);
    SLIPWAY_CHECK(take_away(arriving));
    fs::create_directories(part.target.parent_path(), error);
    if (fs::exists(part.from, error)) {
        SLIPWAY_CHECK(copy_durably(part.from, arriving));
    } else {
        fs::create_directories(arriving, error);  // a backup without any original
    }
    const auto before = with(part.target, kBefore);
    SLIPWAY_CHECK(take_away(before));
    for (const auto ending : kBesideDatabase) SLIPWAY_CHECK(take_away(with(before, ending)));
    return sync_folder(part.target.parent_path());
}

// May be done again after it was cut short at any point.
Result<void> put_in_place(const fs::path& target) {
    std::error_code error;
    const auto arriving = with(target, kArriving);
    if (!fs::exists(arriving, error)) return {};
    const auto before = with(target, kBefore);
    for (const auto ending : kBesideDatabase)
        SLIPWAY_CHECK(move_if_present(with(target, ending), with(before, ending)));
    SLIPWAY_CHECK(move_if_present(target, before));
    return move_if_present(arriving, target);
}

}  // namespace

Result<void> finish_restore(const DataFolder& folder, const app::Manifest& manifest) {
    const auto list_file = folder.path() / kListName;
    std::error_code error;
    if (!fs::exists(list_file, error)) {
        for (const auto& path : {manifest.stores.database.path, manifest.stores.objects.path})
            if (!path.empty()) SLIPWAY_CHECK(take_away(with(path, kArriving)));
        for (const auto& own : app::own_folders(manifest.files, manifest.stores))
            SLIPWAY_CHECK(take_away(with(own.path, kArriving)));
        return {};
    }
    std::ifstream file(list_file);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto list = parse_json(text);
    const auto* targets = list && list->is_object() ? array_in(list->get_object(), "targets") : nullptr;
    if (targets == nullptr)
        return fail(ErrorCode::unavailable,
                    "{} is damaged, so a restore cannot be finished. Remove it and restore the backup again.",
                    list_file.string());
    for (const auto& target : *targets)
        if (target.is_string()) SLIPWAY_CHECK(put_in_place(to_text(target.get_string())));
    if (is_file(manifest.stores.index)) SLIPWAY_CHECK(store::remove_embedded(manifest.stores.index.path));
    SLIPWAY_CHECK(take_away(list_file));
    log::info("restored", {{"folder", folder.path().string()}});
    return sync_folder(folder.path());
}

Result<json::object> restore(const fs::path& source, const app::Manifest& manifest, const Environment& environment,
                             bool replace) {
    SLIPWAY_TRY(auto index, read_index(source));
    SLIPWAY_CHECK(check_files(source, index));
    SLIPWAY_TRY(const auto folder, DataFolder::open(manifest.data));
    SLIPWAY_CHECK(finish_restore(folder, manifest));
    const auto& database = manifest.stores.database.path;
    std::error_code error;
    if (is_file(manifest.stores.database) && fs::exists(database, error) && !replace)
        return fail(ErrorCode::conflict,
                    "{} exists already; --replace puts the backup in its place and keeps the old data beside it.",
                    database.string());
    // Refused where one holds rows already; files come after them.
    const bool apart = agents_are_apart(manifest.stores);
    if (!is_file(manifest.stores.database) || apart) {
        AwsAccess aws(environment);
        SLIPWAY_CHECK(restore_rows(source / "database.sqlite", manifest.stores, folder, aws));
    }
    json::array targets;
    for (const auto& part : parts_of(source, folder.path(), manifest)) {
        SLIPWAY_CHECK(bring(part));
        if (apart && part.target == database) SLIPWAY_CHECK(remove_agents_rows(with(part.target, kArriving)));
        targets.emplace_back(part.target.string());
    }
    const json::object list{{"targets", std::move(targets)}};
    SLIPWAY_CHECK(write_durably(folder.path() / kListName, write_json(list)));
    SLIPWAY_CHECK(finish_restore(folder, manifest));
    return index;
}

}  // namespace slipway::serve
