#include "account/configured_tokens.h"

#include "base/crypto.h"

namespace slipway::account {
namespace {

constexpr std::size_t kIdBytes = 9;

std::string id_of(std::string_view key, const ConfiguredToken& token) {
    if (token.proof == Proof::service_token) return "service-" + token.name;
    return "beta-" + to_base64url(hmac_sha256(key, token.secret).substr(0, kIdBytes));
}

}  // namespace

ConfiguredTokens::ConfiguredTokens(std::string_view key, WorkspaceId workspace,
                                   const std::vector<ConfiguredToken>& tokens) {
    for (const auto& token : tokens) {
        if (token.secret.empty()) continue;
        Entry entry;
        entry.rate_per_minute = token.rate_per_minute;
        entry.digest = sha256(token.secret);
        auto& principal = entry.principal;
        principal.key_id = id_of(key, token);
        principal.workspace = workspace;
        principal.proven_until = Instant::max();
        principal.proof = token.proof;
        principal.user.id = "key:" + principal.key_id;
        principal.user.username = token.name.empty() ? principal.key_id : token.name;
        principal.user.role = token.role;
        principal.user.role_name = to_string(token.role);
        principal.user.system_role = "user";
        entries_.push_back(std::move(entry));
    }
}

const ConfiguredTokens::Entry* ConfiguredTokens::find(std::string_view secret) const {
    const auto digest = sha256(secret);
    const Entry* found = nullptr;
    for (const auto& entry : entries_)
        if (equal_constant_time(entry.digest, digest)) found = &entry;
    return found;
}

const ConfiguredTokens::Entry* ConfiguredTokens::by_id(std::string_view id) const {
    for (const auto& entry : entries_)
        if (entry.principal.key_id == id || entry.principal.user.id == id) return &entry;
    return nullptr;
}

}  // namespace slipway::account
