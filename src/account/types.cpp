#include "account/types.h"

#include <array>

namespace slipway::account {
namespace {
constexpr std::array<std::string_view, 4> kRoles{"viewer", "member", "admin", "owner"};
}

std::string_view to_string(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<Role> role_from(std::string_view name) {
    for (std::size_t i = 0; i < kRoles.size(); ++i)
        if (kRoles[i] == name) return static_cast<Role>(i);
    if (name == "editor") return Role::member;
    return std::nullopt;
}

Result<void> Principal::require(Role least) const {
    if (user.role >= least) return {};
    return fail(ErrorCode::forbidden, "This needs the role {}; you are {}.", to_string(least), to_string(user.role));
}

}  // namespace slipway::account
