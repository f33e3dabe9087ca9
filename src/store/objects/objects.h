// The objects port: files by key. Adapters: file.h (S3 comes beside it).
//
// A key is "a/b/c.pdf": segments of [A-Za-z0-9._-] and other printable UTF-8, no empty, "." or ".." segment, at most
// 512 bytes. Keys live inside a workspace; two workspaces may use the same key for different objects.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/workspace.h"

namespace slipway::store {

struct ObjectInfo {
    std::string key;
    std::uint64_t size = 0;
    std::string content_type;
    std::string etag;  // hex SHA-256 of the content
    Instant modified;
};

struct ByteRange {
    std::uint64_t first = 0;
    std::optional<std::uint64_t> last;  // inclusive; absent: to the end
};

struct Object {
    ObjectInfo info;
    std::string data;
};

struct ObjectPage {
    std::vector<ObjectInfo> objects;  // by key
    std::optional<std::string> next;
};

enum class Access : unsigned char { get, put };

class Objects {
 public:
    virtual ~Objects() = default;
    // Durable and visible as a whole once this returns; readers see the old or the new object, never a mixture.
    virtual Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data,
                                 std::string content_type) = 0;
    virtual Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range = {}) = 0;
    virtual Task<ObjectInfo> head(WorkspaceId workspace, std::string key) = 0;
    // Deleting what is not there succeeds.
    virtual Task<void> erase(WorkspaceId workspace, std::string key) = 0;
    virtual Task<ObjectPage> list(WorkspaceId workspace, std::string prefix, std::size_t limit,
                                  std::optional<std::string> cursor) = 0;
    // A URL that allows one kind of access to one object until it expires, for whoever has it. Relative ("/objects/…")
    // when the server itself serves it.
    virtual Result<std::string> presign(WorkspaceId workspace, std::string key, Access access,
                                        Milliseconds valid_for) = 0;
    virtual Task<void> check() = 0;  // `unavailable` with the reason when the store cannot be used
};

}  // namespace slipway::store
