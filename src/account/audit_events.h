// The names of all security events, as they are listed, filtered and exported.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace slipway::account {

inline constexpr auto kSecurityEvents = std::to_array<std::string_view>({
    // Who comes in.
    "sign_up",
    "sign_in",
    "sign_in_failed",  // details.reason: wrong, blocked, unverified, limited, factor
    "sign_out",
    "token_reused",  // a refresh token that was replaced long ago: the session has ended
    "session_ended",
    "sessions_ended",  // details.count
    "device_removed",
    "anonymous_upgraded",
    // What proves who somebody is.
    "password_changed",
    "password_reset_asked",
    "password_reset",
    "email_verification_asked",
    "email_verified",
    "email_change_asked",
    "email_changed",
    "factor_added",
    "factor_removed",
    "factor_failed",
    "recovery_codes_made",
    "recovery_code_used",
    "identity_linked",
    "identity_unlinked",
    // Users.
    "profile_changed",
    "user_created",  // by an administrator
    "user_deactivated",
    "user_activated",
    "user_exported",
    "user_deleted",
    "system_role_changed",
    // Keys.
    "access_key_created",
    "access_key_changed",
    "access_key_revoked",
    "access_key_refused",  // one that has ended or was revoked
    "signing_key_made",
    "signing_key_retired",
    // Workspaces.
    "workspace_created",
    "workspace_changed",
    "workspace_suspended",
    "workspace_resumed",
    "workspace_deleted",
    "ownership_transferred",
    "member_invited",
    "invitation_revoked",
    "invitation_accepted",
    "member_added",
    "member_removed",
    "role_changed",
    "domain_added",
    "domain_verified",
    "domain_removed",
});

constexpr bool is_security_event(std::string_view name) {
    return std::ranges::find(kSecurityEvents, name) != kSecurityEvents.end();
}

}  // namespace slipway::account
