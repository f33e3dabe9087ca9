#include "file/types.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace slipway::file {
namespace {

constexpr std::size_t kMediaTypeBytesMax = 100;
constexpr std::array<std::string_view, 4> kShownKinds{"image/", "audio/", "video/", "font/"};
constexpr std::array<std::string_view, 5> kShownTypes{"application/json", "application/pdf", "text/csv",
                                                      "text/markdown", "text/plain"};

}  // namespace

std::string media_type_of(std::string_view content_type) {
    auto type = lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("/!#$&^_.+-").contains(c);
    };
    const auto slash = type.find('/');
    const bool well = slash != std::string::npos && slash > 0 && slash + 1 < type.size() &&
                      type.find('/', slash + 1) == std::string::npos && type.size() <= kMediaTypeBytesMax &&
                      std::ranges::all_of(type, allowed);
    return well ? type : std::string();
}

bool is_shown(std::string_view media_type) {
    if (media_type.ends_with("+xml") || media_type.ends_with("/xml")) return false;  // image/svg+xml
    return std::ranges::find(kShownTypes, media_type) != kShownTypes.end() ||
           std::ranges::any_of(kShownKinds, [&](auto kind) { return media_type.starts_with(kind); });
}

Result<void> check_file_name(std::string_view name) {
    const auto bad = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == '/' || c == '\\'; };
    if (name.empty() || name == "." || name == ".." || name.size() > kNameBytesMax || !is_valid_utf8(name) ||
        std::ranges::any_of(name, bad))
        return fail(ErrorCode::invalid,
                    "The name of a file has 1 to {} bytes, and neither slashes nor control characters.", kNameBytesMax);
    return {};
}

}  // namespace slipway::file
