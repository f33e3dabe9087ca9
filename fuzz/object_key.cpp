// First line: a workspace; the rest: keys of objects, one a line. No key leaves the folder of its workspace, no two
// keys share a file, and only what was signed is opened.
#include "store/objects/object_key.h"

#include <map>

#include "base/text.h"
#include "store/objects/presigned.h"
#include "target.h"

namespace {

using namespace slipway;

constexpr std::string_view kSigningKey = "0123456789abcdef0123456789abcdef";

bool is_inside(const std::filesystem::path& path) {
    if (path.is_absolute() || path.empty()) return false;
    for (const auto& part : path)
        if (part == ".." || part == "." || part.string().size() > 255 || part.string().contains('\0')) return false;
    return true;
}

void check_signed(const WorkspaceId& workspace, std::string_view key) {
    const auto expires = from_unix_ms(2'000'000'000'000), at = from_unix_ms(1'999'999'000'000);
    const store::PresignedGrant grant{workspace, std::string(key), store::Access::get, expires, std::string(key)};
    const auto target = store::presigned_target(kSigningKey, "/objects", grant);
    const auto granted = store::verify_presigned(kSigningKey, "/objects", target, store::Access::get, at);
    fuzz::require(granted && granted->key == key && granted->workspace == workspace && granted->file_name == key,
                  "what was signed is granted");
    fuzz::require(!store::verify_presigned(kSigningKey, "/objects", target, store::Access::put, at),
                  "another access is not");
    auto changed = target;
    changed[target.size() / 2] ^= 1;
    const auto other = store::verify_presigned(kSigningKey, "/objects", changed, store::Access::get, at);
    fuzz::require(!other || (other->key == key && other->workspace == workspace && other->file_name == key),
                  "nothing else is granted");
}

}  // namespace

SLIPWAY_FUZZ_TARGET(object_key) {
    const auto [first, rest] = fuzz::split_line(input);
    const WorkspaceId workspace{std::string(first)};
    fuzz::require(
        !store::verify_presigned(kSigningKey, "/objects", input, store::Access::get, from_unix_ms(1'000)).has_value(),
        "what was not signed is not granted");
    const store::PostedForm form{.policy = first, .signature = rest, .content_type = "image/png", .size = 1};
    fuzz::require(!store::verify_form(kSigningKey, form, from_unix_ms(1'000)).has_value(), "nor what no form says");
    if (!store::check_object_workspace(workspace)) return;
    const auto folder = store::workspace_folder(workspace);
    fuzz::require(is_inside(folder) && !folder.has_parent_path(), "a workspace is one folder");
    std::map<std::filesystem::path, std::string_view> files;
    for (const auto key : split(rest, '\n')) {
        if (!store::check_object_key(workspace, key)) continue;
        const auto file = store::object_file(key);
        fuzz::require(is_inside(file), "a key stays inside");
        const auto [known, fresh] = files.emplace(file, key);
        fuzz::require(fresh || known->second == key, "two keys have two files");
        check_signed(workspace, key);
    }
    for (const auto& [file, key] : files)
        for (const auto& [other, other_key] : files) {
            const auto relative = other.lexically_relative(file).string();
            fuzz::require(key == other_key || relative.empty() || relative.starts_with(".."),
                          "no object is a folder of another");
        }
}
