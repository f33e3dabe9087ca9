#include "net/content_disposition.h"

#include <fmt/format.h>

#include "base/percent.h"

namespace slipway::net {

std::string content_disposition(std::string_view kind, std::string_view file_name) {
    if (file_name.empty()) return std::string(kind);
    return fmt::format("{}; filename*=UTF-8''{}", kind, percent_encode(file_name));
}

}  // namespace slipway::net
