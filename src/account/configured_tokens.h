// Tokens that are in no table: those that the manifest takes from the environment or a secret, for testers
// (accounts.beta) and for programs that have one password for all (accounts.service_tokens). Who has one acts for the
// token itself, with a role that the manifest gives it. No token is empty: what is not set admits nobody.
//
// Immutable, so thread safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/types.h"

namespace slipway::account {

struct ConfiguredToken {
    std::string name;    // "letta"; of a tester's: "" as only the token tells them apart
    std::string secret;  // of any length; the server's checks refuse short ones
    Proof proof = Proof::service_token;
    Role role = Role::viewer;
    std::optional<std::int64_t> rate_per_minute;  // nullopt: as many as it wants
};

class ConfiguredTokens {
 public:
    // `key`: makes ids of testers' tokens, from which they cannot be guessed.
    ConfiguredTokens(std::string_view key, WorkspaceId workspace, const std::vector<ConfiguredToken>& tokens);

    struct Entry {
        Principal principal;
        std::optional<std::int64_t> rate_per_minute;
        std::string digest;
    };
    // Null when there is no such token. Takes the same time whether there is, and which.
    const Entry* find(std::string_view secret) const;
    // By Principal::key_id or the id of its user; null: it is not configured any more.
    const Entry* by_id(std::string_view id) const;

 private:
    std::vector<Entry> entries_;
};

}  // namespace slipway::account
