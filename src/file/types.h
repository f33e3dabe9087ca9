// Files of users and of the application: content in an object store, and what is known of it in the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "account/types.h"
#include "base/clock.h"
#include "store/objects/objects.h"

namespace slipway::file {

inline constexpr std::size_t kNameBytesMax = 255;
inline constexpr std::size_t kPageMax = 100;

enum class Readers : unsigned char { owner, workspace, everybody };

// What files are for, where they lie, and who may do what with them.
struct Purpose {
    std::string name;
    store::Objects* objects = nullptr;  // outlives the service; purposes may share one
    std::uint64_t size_max = 25 << 20;
    std::vector<std::string> types;  // "image/png", "image/"; empty: any
    Readers read = Readers::workspace;
    std::optional<account::Role> write = account::Role::member;  // none: scripts alone
    // In front of public links: "https://cdn.example.org". Followed by the key where `links_by_key`, as for a CDN that
    // reads the bucket, else by the path of this server.
    std::string public_url;
    bool links_by_key = false;
    std::string cache_control;
    Milliseconds keep{0};  // 0: for ever
    Milliseconds link_time{3'600'000};
};

// On whose behalf something is done.
struct Caller {
    Caller(const account::Principal& principal, bool by_script = false)  // NOLINT(*-explicit-*): who signed in, calls
        : workspace(principal.workspace), user(principal.user.id), role(principal.user.role), script(by_script) {}

    WorkspaceId workspace;
    std::string user;  // empty: the application itself, which sees all files of the workspace
    account::Role role;
    bool script;
};

struct NewFile {
    std::string purpose;
    std::string name;          // as people call it; never part of a key
    std::string content_type;  // empty: by the name
};

// Once stored, a file never changes.
struct File {
    std::string id, purpose;
    std::string owner;  // a user; empty: the application
    std::string name, content_type;
    std::uint64_t size = 0;
    std::string sha256;  // hex; empty where the store does not know it
    std::string etag;    // of the object
    Instant created_at;
    std::optional<Instant> expires_at;  // then it goes
};

struct Page {
    std::vector<File> files;  // the newest first
    std::optional<std::string> next;
};

// A form by which a client stores a file without this server in between (in a bucket), and the id to complete it by.
struct Upload {
    std::string id;
    store::SignedForm form;
};

// What is in the stores and what the database says of it.
struct Verification {
    std::int64_t files = 0;
    std::vector<std::string> findings;
};

// The content type without parameters, in lower case; empty when it is none.
std::string media_type_of(std::string_view content_type);
// What a browser may be given as what it is. Anything else is "application/octet-stream" to whoever reads it, and
// downloaded: a page or an SVG that somebody stored must not run, on whatever origin.
bool is_shown(std::string_view media_type);
// `invalid` when it is no name for a file: empty, too long, with a slash or a control character.
Result<void> check_file_name(std::string_view name);

}  // namespace slipway::file
