// What may be a key, and where the file of a key lies. The rules of keys belong to the port; every adapter checks them
// here.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/workspace.h"

namespace slipway::store {

inline constexpr std::size_t kObjectKeyBytesMax = 512;
inline constexpr std::size_t kWorkspaceBytesMax = 64;

// `invalid` that says what is wrong with the key (see objects.h), or with the workspace (empty, longer than 64 bytes,
// not printable).
Result<void> check_object_key(const WorkspaceId& workspace, std::string_view key);
Result<void> check_object_workspace(const WorkspaceId& workspace);

// The workspace as one segment of [A-Za-z0-9_-]; all else is %xx. No two are the same.
std::string workspace_segment(const WorkspaceId& workspace);

// The mapping of keys to files keeps every key apart from every other, from its folders and from anything else in the
// store, and keeps the order of keys. Each name begins with a letter that says what it is:
//   f<segment>  the file of an object whose key ends here
//   d<segment>  a folder: the key goes on after a slash
//   c<bytes>    a folder with the first 200 bytes of a longer segment, which goes on inside
enum class NodeKind : char { file = 'f', folder = 'd', part = 'c' };
inline constexpr std::size_t kSegmentPartBytes = 200;  // file systems allow names of 255 bytes

std::filesystem::path workspace_folder(const WorkspaceId& workspace);
// Below the workspace's folder.
std::filesystem::path object_file(std::string_view key);

}  // namespace slipway::store
