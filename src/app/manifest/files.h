// Section `files`: files of users and of the application, by what they are for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "account/types.h"
#include "app/manifest/server.h"

namespace slipway::app {

inline constexpr std::size_t kFilePurposesMax = 16;

enum class FileReaders : unsigned char { owner, workspace, everybody };

enum class FileWriters : unsigned char { viewer, member, admin, owner, scripts };

struct FilesSection {
    std::string name;  // of the purpose
    StoreUrl store;    // without a scheme: stores.objects
    Secret access_key, secret_key;
    std::uint64_t size_max = 25 << 20;
    std::vector<std::string> types;  // "image/png", or "image/" for all of a kind; empty: any
    FileReaders read = FileReaders::workspace;
    FileWriters write = FileWriters::member;
    std::string public_url;     // without a slash at the end
    std::string cache_control;  // empty: an hour
    Milliseconds keep{0};       // 0: for ever
    Milliseconds link_time{3'600'000};

    bool is_public() const { return read == FileReaders::everybody; }
    bool has_own_store() const { return !store.scheme.empty(); }
};

// The folders of this machine that hold files and are not that of stores.objects: each once, with the first purpose
// that has it.
struct FileFolder {
    std::string purpose;
    std::filesystem::path path;
};
std::vector<FileFolder> own_folders(const std::vector<FilesSection>& files, const StoresSection& stores);

void describe(Keys& keys, FilesSection& files);

}  // namespace slipway::app
