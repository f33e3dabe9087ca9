// A folder of its own for each test, removed afterwards.
#pragma once

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "base/crypto.h"

namespace slipway::test {

// In memory where that is: thousands of small commits of engines wait for no disk.
inline std::filesystem::path quick_place() {
    const std::filesystem::path memory = "/dev/shm";
    std::error_code error;
    const auto space = std::filesystem::space(memory, error);
    constexpr std::uintmax_t kEnough = 256 << 20;
    return error || space.available < kEnough ? std::filesystem::temp_directory_path() : memory;
}

class TemporaryFolder {
 public:
    explicit TemporaryFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path())
        : path_(parent / ("slipway-" + random_token(9))) {
        std::filesystem::create_directories(path_);
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
    std::filesystem::path path_;
};

}  // namespace slipway::test
