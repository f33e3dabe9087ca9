#include "base/private_folder.h"

#include <cstdlib>

namespace slipway {

Result<PrivateFolder> PrivateFolder::make(std::string_view purpose) {
    std::error_code error;
    auto pattern = (std::filesystem::temp_directory_path(error) / fmt::format("slipway-{}-XXXXXX", purpose)).string();
    if (error || ::mkdtemp(pattern.data()) == nullptr)
        return fail(ErrorCode::unavailable,
                    "There is no room for a temporary folder. Set TMPDIR to one that can be written.");
    return PrivateFolder(pattern);
}

PrivateFolder::~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace slipway
