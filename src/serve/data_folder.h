// The folder where an application keeps its data: private, and used by one server at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"

namespace slipway::serve {

// Holds the folder from open() to its destruction. The kernel lets it go when the process dies, however that happens.
class DataFolder {
 public:
    // Creates the folder (0700) when it is missing. `conflict` names the process that uses it already; `unavailable`
    // says what is wrong with the path.
    static Result<DataFolder> open(const std::filesystem::path& path);
    DataFolder(DataFolder&& other) noexcept;
    DataFolder& operator=(DataFolder&&) = delete;
    ~DataFolder();

    const std::filesystem::path& path() const { return path_; }

    // A random value that is made once and kept in a file of mode 0600.
    Result<std::string> secret(std::string_view name) const;
    bool has_secret(std::string_view name) const;  // made earlier

 private:
    DataFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

    std::filesystem::path path_;
    int lock_ = -1;
};

// Where the server of a data folder listens for commands; short enough for a socket address however long the folder's
// name is.
std::filesystem::path private_socket_of(const std::filesystem::path& data_folder);

// The process that serves from this folder, if one does.
std::optional<int> serving_process(const std::filesystem::path& data_folder);

}  // namespace slipway::serve
