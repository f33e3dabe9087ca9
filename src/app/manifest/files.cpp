#include "app/manifest/files.h"

#include <algorithm>
#include <set>

#include "app/manifest/checks.h"
#include "base/text.h"

namespace slipway::app {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<Choice<FileReaders>, 3> kReaders{
    {{FileReaders::owner, "owner"}, {FileReaders::workspace, "workspace"}, {FileReaders::everybody, "public"}}};
constexpr std::array<Choice<FileWriters>, 5> kWriters{{{FileWriters::viewer, "viewer"},
                                                       {FileWriters::member, "member"},
                                                       {FileWriters::admin, "admin"},
                                                       {FileWriters::owner, "owner"},
                                                       {FileWriters::scripts, "scripts"}}};
constexpr std::size_t kPurposeBytesMax = 32;
constexpr std::size_t kCacheControlBytesMax = 200;

// "image/png", "image/"
bool is_type(std::string_view type) {
    const auto slash = type.find('/');
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("/.+-_").contains(c);
    };
    return slash != 0 && slash != std::string_view::npos && type.find('/', slash + 1) == std::string_view::npos &&
           type.size() <= 100 && std::ranges::all_of(type, allowed);
}

void check_purpose(Checks& checks, FilesSection& one) {
    const auto path = "files." + one.name;
    if (one.name.size() > kPurposeBytesMax)
        checks.error(path, fmt::format("{}: the name of a purpose has at most {} letters.", path, kPurposeBytesMax));
    if (one.has_own_store()) check_objects(checks, path + ".store", one.store, "files/" + one.name);
    if (one.access_key.empty() != one.secret_key.empty())
        checks.error(path + ".access_key", fmt::format("{}.access_key and {}.secret_key belong together.", path, path),
                     "Give both, or none for the keys in AWS's usual places.");
    if (!one.access_key.empty() && one.store.scheme != "s3")
        checks.error(path + ".access_key", fmt::format("{}.access_key is of a bucket of its own.", path),
                     fmt::format("Name the bucket in {}.store, or leave the keys out.", path));
    const auto& store = one.has_own_store() ? one.store : checks.manifest.stores.objects;
    const auto held = checks.manifest.server.limits.held_bytes_max;
    if (store.scheme == "file" && one.size_max > held)
        checks.error(path + ".size_max",
                     fmt::format("{}.size_max: what goes into a folder passes through this server, which holds at most "
                                 "{} (server.limits.held_bytes_max).",
                                 path, format_bytes(held)),
                     "Choose a smaller size, or a bucket, which clients upload to by forms.");
    for (const auto& type : one.types)
        if (!is_type(type))
            checks.error(path + ".types",
                         fmt::format("{}.types: \"{}\" is not a content type.", path, cut_utf8(type, 80)),
                         "Write image/png, or image/ for all images, in lower case.");
    if (!one.public_url.empty() && !one.is_public())
        checks.error(path + ".public_url", fmt::format("{}.public_url is for a purpose with read: public.", path),
                     fmt::format("Set {}.read: public, or remove it.", path));
    while (one.public_url.ends_with('/')) one.public_url.pop_back();
    const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
    if (one.cache_control.size() > kCacheControlBytesMax || !std::ranges::all_of(one.cache_control, printable))
        checks.error(path + ".cache_control",
                     fmt::format("{}.cache_control is no value of the header Cache-Control.", path),
                     "Write it like: public, max-age=86400");
}

}  // namespace

void describe(Keys& keys, FilesSection& files) {
    auto url = files.store.url;
    keys.store("store", url,
               "`file:FOLDER` or a bucket, as `stores.objects`. Left out: that store, under keys of this purpose. In a "
               "bucket the keys of a public purpose begin with `public/`.");
    if (!url.empty()) files.store = StoreUrl::parse(url.reveal());
    keys.secret("access_key", files.access_key,
                "The access key of a bucket with keys of its own; left out: AWS's usual places.");
    keys.secret("secret_key", files.secret_key, "The secret key that belongs to it.");
    keys.bytes("size_max", files.size_max, 1, 5ULL << 30, "Largest file.");
    keys.texts("types", files.types,
               "Content types that may be stored: `image/png`, or `image/` for all images. Left "
               "out: any.");
    keys.choice("read", files.read, kReaders,
                "Who may read: whoever stored it, everybody who is signed in to the workspace, or the world.");
    keys.choice("write", files.write, kWriters,
                "The least role that may store files and delete its own; an admin deletes all. `scripts`: nobody but "
                "the application's scripts.");
    keys.text("public_url", files.public_url,
              "Where the world finds public files: a CDN in front of the bucket's root, or of this server for a "
              "folder. Left out: this server.",
              {Form::url});
    keys.text("cache_control", files.cache_control,
              "The header Cache-Control of what is read. Left out: an hour, in shared caches only when public.");
    keys.duration("keep", files.keep, seconds(0), days(3660),
                  "How long a file is kept once it is stored; 0: for ever.");
    keys.duration("link_time", files.link_time, minutes(1), days(7),
                  "How long a link or a form for an upload is valid; never longer than the credentials that sign it.");
}

std::vector<FileFolder> own_folders(const std::vector<FilesSection>& files, const StoresSection& stores) {
    std::vector<FileFolder> folders;
    std::set<std::filesystem::path> known{stores.objects.path};
    for (const auto& one : files)
        if (one.store.scheme == "file" && known.insert(one.store.path).second)
            folders.push_back({one.name, one.store.path});
    return folders;
}

void check_files(Checks& checks) {
    auto& files = checks.manifest.files;
    if (files.size() > kFilePurposesMax)
        checks.error("files", fmt::format("files: at most {} purposes, not {}.", kFilePurposesMax, files.size()));
    for (auto& one : files) check_purpose(checks, one);
}

}  // namespace slipway::app
