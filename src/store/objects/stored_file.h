// One object as one file, so that content and description can never disagree: the content as it is, then a trailer of
//   a JSON object (content_type, etag, modified in milliseconds), its length as 8 hexadecimal digits, and "slipway1".
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
