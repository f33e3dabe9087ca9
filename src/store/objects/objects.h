// The objects port: files by key. Adapters: file.h (a folder), s3.h (S3 and what speaks its protocol).
//
// A key is "a/b/c.pdf": segments of [A-Za-z0-9._-] and other printable UTF-8, no empty, "." or ".." segment, at most
// 512 bytes. Keys live inside a workspace; two workspaces may use the same key for different objects, and nothing that
// one is given, be it a key, a cursor or a link, opens another's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/workspace.h"

namespace slipway::store {

// Names of [a-z0-9-], at most 64 bytes, not beginning with "slipway-"; values of printable ASCII; 2 KB in all.
using ObjectLabels = std::map<std::string, std::string, std::less<>>;

// What is said of an object when it is put.
struct ObjectAttributes {
    ObjectAttributes() = default;
    ObjectAttributes(std::string type) : content_type(std::move(type)) {}  // NOLINT(*-explicit-*)
    ObjectAttributes(const char* type) : content_type(type) {}             // NOLINT(*-explicit-*)

    std::string content_type;   // at most 255 bytes of printable ASCII, as the next one
    std::string cache_control;  // given with the object to whoever has a link: "public, max-age=3600"
    ObjectLabels metadata;
    // At most 10, for rules of the store itself, as when to delete what. Never read back; a folder has no such rules.
    ObjectLabels tags;
};

struct ObjectInfo {
    std::string key;
    std::uint64_t size = 0;
    std::string etag;  // says that nothing has changed; otherwise without meaning
    Instant modified;
    // What follows may be missing in listings.
    std::string content_type;
    std::string sha256;  // hex, of the content; empty where the store does not know it (S3: put in parts)
    std::string cache_control;
    ObjectLabels metadata;
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

// When a write is to happen; else it is `conflict` and changes nothing. At most one of the two.
struct WriteCondition {
    bool if_absent = false;
    std::string if_match;  // the etag that the object must have; `not_found` when there is none
};

// An object that is written piece by piece, of a length that nobody knows yet. Held memory is bounded. Nothing of it is
// visible before finish() has returned; when it is dropped before, or something failed, nothing stays. Used by one
// coroutine; on the loop that began it.
class ObjectUpload {
 public:
    virtual ~ObjectUpload() = default;
    virtual Task<void> write(std::string bytes) = 0;
    // Durable once this returns; errors as those of put(). Once, and nothing after it.
    virtual Task<ObjectInfo> finish() = 0;
};

enum class Access : unsigned char { get, put };

struct SignedLink {
    std::string url;
    Instant expires;  // never later than the credentials that signed it
};

// What may be uploaded by a form.
struct FormLimits {
    std::string content_type;  // "image/png", or all of a kind: "image/" (then the form has to name it)
    std::uint64_t bytes_min = 1, bytes_max = 10 << 20;
};
// A multipart/form-data POST to `url`: these fields, then the file in the last one, which is named "file".
struct SignedForm {
    std::string url;
    std::vector<std::pair<std::string, std::string>> fields;
    Instant expires;
};

class Objects {
 public:
    virtual ~Objects() = default;
    // Durable and visible as a whole once this returns; readers see the old or the new object, never a mixture. What
    // arrived is checked against what was sent.
    virtual Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data,
                                 ObjectAttributes attributes = {}, WriteCondition condition = {}) = 0;
    virtual Task<std::unique_ptr<ObjectUpload>> upload(WorkspaceId workspace, std::string key,
                                                       ObjectAttributes attributes = {},
                                                       WriteCondition condition = {}) = 0;
    // `conflict` when if_match is given and the object is another one by now. What is read whole is checked against
    // what was written.
    virtual Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range = {},
                             std::string if_match = "") = 0;
    // nullopt when the object still has this etag.
    virtual Task<std::optional<Object>> get_if_changed(WorkspaceId workspace, std::string key, std::string etag) = 0;
    virtual Task<ObjectInfo> head(WorkspaceId workspace, std::string key) = 0;
    // Within the workspace, with all its attributes; replaces what is there.
    virtual Task<ObjectInfo> copy(WorkspaceId workspace, std::string from, std::string to) = 0;
    // Deleting what is not there succeeds.
    virtual Task<void> erase(WorkspaceId workspace, std::string key) = 0;
    virtual Task<ObjectPage> list(WorkspaceId workspace, std::string prefix, std::size_t limit,
                                  std::optional<std::string> cursor) = 0;
    // A URL that allows one kind of access to one object until it expires, for whoever has it: at most 7 days. Relative
    // ("/objects/…") when the server itself serves it. A browser keeps what it reads by it under `file_name`, if given.
    virtual Task<SignedLink> presign(WorkspaceId workspace, std::string key, Access access, Milliseconds valid_for,
                                     std::string file_name = {}) = 0;
    virtual Task<SignedForm> presign_form(WorkspaceId workspace, std::string key, FormLimits limits,
                                          Milliseconds valid_for) = 0;
    virtual Task<void> check() = 0;  // `unavailable` with the reason when the store cannot be used
};

}  // namespace slipway::store
