#include "base/email.h"

#include <algorithm>

namespace slipway {

bool is_email(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at > kEmailNameLengthMax || text.size() > kEmailLengthMax)
        return false;
    const auto host = text.substr(at + 1);
    if (host.find('@') != std::string_view::npos || host.find('.') == std::string_view::npos) return false;
    if (host.front() == '.' || host.back() == '.' || host.find("..") != std::string_view::npos) return false;
    constexpr std::string_view kForbidden = "\"(),:;<>[]\\";
    return std::ranges::none_of(text, [&](char byte) {
        return static_cast<unsigned char>(byte) <= 0x20 || byte == 0x7F ||
               kForbidden.find(byte) != std::string_view::npos;
    });
}

}  // namespace slipway
