#include "store/objects/object_key.h"

#include "base/text.h"

namespace slipway::store {
namespace {

bool is_printable(std::string_view text) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return is_valid_utf8(text) && std::ranges::none_of(text, is_control);
}

std::string node(NodeKind kind, std::string_view name) { return static_cast<char>(kind) + std::string(name); }

}  // namespace

Result<void> check_object_workspace(const WorkspaceId& workspace) {
    if (workspace.value.empty() || workspace.value.size() > kWorkspaceBytesMax || !is_printable(workspace.value))
        return fail(ErrorCode::invalid, "A workspace has 1 to {} printable bytes.", kWorkspaceBytesMax);
    return {};
}

Result<void> check_object_key(const WorkspaceId& workspace, std::string_view key) {
    SLIPWAY_CHECK(check_object_workspace(workspace));
    if (key.empty()) return fail(ErrorCode::invalid, "The key of an object is empty.");
    if (key.size() > kObjectKeyBytesMax)
        return fail(ErrorCode::invalid, "The key of an object has {} bytes; at most {} are allowed.", key.size(),
                    kObjectKeyBytesMax);
    if (!is_printable(key))
        return fail(ErrorCode::invalid, "The key of an object holds characters that cannot be printed.");
    for (const auto segment : split(key, '/')) {
        if (segment.empty() || segment == "." || segment == "..")
            return fail(ErrorCode::invalid, "The key {} has an empty, \".\" or \"..\" segment.", key);
    }
    return {};
}

std::string workspace_segment(const WorkspaceId& workspace) {
    std::string name;
    for (const char c : workspace.value) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        name += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
    return name;
}

std::filesystem::path workspace_folder(const WorkspaceId& workspace) { return "w" + workspace_segment(workspace); }

std::filesystem::path object_file(std::string_view key) {
    std::filesystem::path path;
    const auto segments = split(key, '/');
    for (std::size_t i = 0; i < segments.size(); ++i) {
        auto segment = segments[i];
        while (segment.size() >= kSegmentPartBytes) {
            path /= node(NodeKind::part, segment.substr(0, kSegmentPartBytes));
            segment.remove_prefix(kSegmentPartBytes);
        }
        path /= node(i + 1 < segments.size() ? NodeKind::folder : NodeKind::file, segment);
    }
    return path;
}

}  // namespace slipway::store
