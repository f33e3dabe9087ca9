// Files by what they are for (`files` of the manifest): stored, listed, read, linked, deleted.
//
// The row comes first, as pending; then the object; then the row is ready. Deleting goes the other way. So nothing is
// seen by halves, and whatever a process that ended between two steps left is named by a row and swept. Who may do what
// is asked here, below faces and scripts; a file that one may not see is `not_found`.
//
// A form leads into a key of its own. complete() looks at what arrived and copies it, so that the form, which may be
// used again as long as it is valid, changes no file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

#include "file/types.h"
#include "store/database/database.h"

namespace slipway::file {

struct FilesOptions {
    // Whether objects are to stay for a while although their rows have gone, as a backup is copying them.
    std::function<Task<bool>()> held;
    Milliseconds store_time_max{3'600'000};  // from the row of a file that is stored to its object; then it is swept
    std::size_t rows_max = 500;              // of one statement of a sweep
};

// Thread safe. `database` and the stores of the purposes outlive it.
class Files {
 public:
    Files(store::Database& database, std::vector<Purpose> purposes, FilesOptions options = {});

    const std::vector<Purpose>& purposes() const { return purposes_; }
    // `not_found` names those there are.
    Result<const Purpose*> find(std::string_view name) const;

    // Durable once this returns. `invalid` for a name, a type or a size that is not allowed, `forbidden` for who may
    // not write.
    Task<File> put(Caller caller, NewFile wanted, std::string bytes);
    Task<File> get(Caller caller, std::string purpose, std::string id);
    // Of a purpose that the world may read; `not_found` of any other.
    Task<File> get_public(WorkspaceId workspace, std::string purpose, std::string id);
    // `conflict` when the object is not the one that was stored.
    Task<store::Object> content(WorkspaceId workspace, File file, std::optional<store::ByteRange> range);
    // `limit`: 1 … 100.
    Task<Page> list(Caller caller, std::string purpose, std::size_t limit, std::optional<std::string> cursor);
    // Its owner, or an admin.
    Task<void> erase(Caller caller, std::string purpose, std::string id);
    // Opens the file without signing in, as long as Purpose::link_time; a browser keeps it under its name.
    Task<store::SignedLink> link(Caller caller, std::string purpose, std::string id);
    // `size` as the client announces it; 0: up to Purpose::size_max.
    Task<Upload> begin_upload(Caller caller, NewFile wanted, std::uint64_t size);
    // What was uploaded becomes the file. By whoever began; again: the same file. `not_found` when nothing arrived.
    Task<File> complete(Caller caller, std::string purpose, std::string id);

    // Where the file is read: the path of the API, or the public URL.
    std::string url_of(const WorkspaceId& workspace, const File& file) const;

    // Takes away what is over or was left half. How many. `workspace`: whose forgotten uploads are looked for.
    Task<std::int64_t> sweep(WorkspaceId workspace, Instant at);
    // Rows without object, and objects without row.
    Task<Verification> verify(WorkspaceId workspace);

 private:
    Result<const Purpose*> writable(const Caller& caller, std::string_view purpose) const;
    Result<File> described(const Caller& caller, const Purpose& purpose, NewFile wanted) const;
    Task<File> read_row(WorkspaceId workspace, std::string purpose, std::string id, std::string_view state);
    Task<File> settle(WorkspaceId workspace, const Purpose* purpose, File file, store::ObjectInfo stored);
    Task<void> discard(WorkspaceId workspace, const Purpose* purpose, std::string id);
    Task<std::int64_t> sweep_rows(Instant at);
    Task<std::int64_t> sweep_uploads(WorkspaceId workspace, const Purpose* purpose, Instant at);
    Task<void> verify_rows(WorkspaceId workspace, const Purpose* purpose, std::string after, std::string last,
                           std::unordered_set<std::string>& objects, Verification& seen);
    Task<void> verify_purpose(WorkspaceId workspace, const Purpose* purpose, Verification& seen);

    store::Database& database_;
    std::vector<Purpose> purposes_;
    FilesOptions options_;
};

// Of the object of a file, and of what a form leads to. Keys are made of ids, never of what a client says.
std::string object_key(std::string_view purpose, std::string_view id);
std::string upload_key(std::string_view purpose, std::string_view id);

}  // namespace slipway::file
