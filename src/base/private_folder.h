// A temporary folder that only this user may read, removed with all that is in it.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace slipway {

class PrivateFolder {
 public:
    // Below TMPDIR, else /tmp; `purpose` stands in its name. `unavailable` when it cannot be made.
    static Result<PrivateFolder> make(std::string_view purpose);
    PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    PrivateFolder& operator=(PrivateFolder&&) = delete;
    ~PrivateFolder();
    const std::filesystem::path& path() const { return path_; }

 private:
    explicit PrivateFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace slipway
