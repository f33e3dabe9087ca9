#include "account/common_passwords/common_passwords.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::account {
namespace {

constexpr char kList[] = {
#embed "list.txt"
};

std::vector<std::string_view> lines() {
    auto all = split(std::string_view(kList, sizeof(kList)), '\n');
    std::erase(all, std::string_view());
    return all;
}

}  // namespace

bool is_common_password(std::string_view password) {
    static const auto common = lines();
    return std::ranges::binary_search(common, std::string_view(lower_ascii(password)));
}

}  // namespace slipway::account
