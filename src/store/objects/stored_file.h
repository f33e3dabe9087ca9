// One object as one file, so that content and description can never disagree: the content as it is, then a trailer of
//   a JSON object (content_type, etag, modified in milliseconds; cache_control and metadata where there are any), its
//   length as 8 hexadecimal digits, and "slipway1".
// Everything here blocks.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "store/objects/objects.h"

namespace slipway::store {

// An open file of the operating system.
class Descriptor {
 public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor();
    int number() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

 private:
    int number_;
};

// `unavailable` for what errno says, with what to do: a full disk, missing permissions, …
std::unexpected<Error> file_failure(const std::filesystem::path& path, int reason);

// A new file that is written piece by piece. Unless keep() was called, none is left behind.
class StoredWriter {
 public:
    static Result<StoredWriter> create(std::filesystem::path path);
    StoredWriter(StoredWriter&& other) noexcept
        : path_(std::exchange(other.path_, {})), descriptor_(std::move(other.descriptor_)) {}
    StoredWriter& operator=(StoredWriter&&) = delete;
    ~StoredWriter();
    Result<void> append(std::string_view bytes) const;
    // Writes the trailer and flushes the file.
    Result<void> finish(const ObjectInfo& info) const;
    void keep() { path_.clear(); }  // it was moved to its place
    const std::filesystem::path& path() const { return path_; }

 private:
    StoredWriter(std::filesystem::path path, Descriptor descriptor)
        : path_(std::move(path)), descriptor_(std::move(descriptor)) {}
    std::filesystem::path path_;
    Descriptor descriptor_;
};

// Creates a new file and flushes it. A failure leaves none behind.
Result<void> write_stored(const std::filesystem::path& path, std::string_view data, const ObjectInfo& info);

struct StoredFile {
    Descriptor descriptor;
    ObjectInfo info;  // without key
};
// `not_found` when there is no such file; `unavailable` when its trailer is damaged.
Result<StoredFile> open_stored(const std::filesystem::path& path);
Result<std::string> read_stored(const StoredFile& file, std::uint64_t first, std::uint64_t length);

// Makes the folder and those above it durable (0700), and flushes a folder whose entries changed.
Result<void> ensure_folder(const std::filesystem::path& folder);
Result<void> flush_folder(const std::filesystem::path& folder);

}  // namespace slipway::store
