#include "account/common_passwords/common_passwords.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::account {
namespace {

constexpr char kList[] = {
#embed "list.txt"
};

// One after the other, between spaces and ends of lines.
std::vector<std::string_view> words() {
    static const auto text = replace_all(std::string(kList, sizeof(kList)), "\n", " ");
    auto all = split(text, ' ');
    std::erase(all, std::string_view());
    return all;
}

}  // namespace

bool is_common_password(std::string_view password) {
    static const auto common = words();
    return std::ranges::binary_search(common, std::string_view(lower_ascii(password)));
}

}  // namespace slipway::account
