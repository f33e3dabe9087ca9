// Second factors: codes of an authenticator, and recovery codes for when it is lost.
//
// Who has a confirmed factor signs in in two steps: the password gives a factor token (10 minutes, five tries), that
// and a code give the session, with assurance 2. Setting a password anew does not pass by it. Tries are limited for the
// user, too: kTriesAtOnce and then one in a few minutes, whoever makes them; whoever makes them knows the password.
//
// The secret of a factor is sealed with a key from the server's secret; of recovery codes (120 random bits, single use)
// only hashes are kept. Factors are changed only by who was asked for a password or a code not long ago, and where
// there is one already, by a session with assurance 2.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "account/audit.h"
#include "account/types.h"
#include "store/cache/cache.h"
#include "store/database/database.h"

namespace slipway::account {

inline constexpr std::size_t kFactorsPerUserMax = 10;
inline constexpr std::size_t kFactorNameBytesMax = 100;
inline constexpr std::size_t kRecoveryCodes = 10;
inline constexpr std::chrono::seconds kFactorTokenValidFor{std::chrono::minutes(10)};
inline constexpr int kFactorTriesMax = 5;                              // with one factor token
inline constexpr std::size_t kTriesAtOnce = 10;                        // of a user
inline constexpr Milliseconds kTriesPeriod{std::chrono::minutes(30)};  // in which as many more come

enum class FactorPolicy : unsigned char {
    off,       // there are none
    optional,  // who wants one has one
    required,  // without one nothing but adding one is allowed
};

struct FactorOptions {
    FactorPolicy policy = FactorPolicy::optional;
    std::optional<Role> required_from;  // of who has this role or a higher one
    std::string key;                    // derive_key() of the server's secret, for sealing
    std::vector<std::string> former_keys;
    std::string issuer;                                      // what the authenticator calls the application
    std::chrono::seconds step_up{std::chrono::minutes(10)};  // "not long ago"
};

struct NewFactor {
    Factor factor;
    std::string secret;  // base32, for who types it
    std::string uri;     // for the QR code
};

struct FinishedChallenge {
    std::string user_id;
    std::string method;  // "otp" or "recovery"
    json::object data;   // what challenge() was given
};

// Thread safe. What it is given outlives it.
class Factors {
 public:
    Factors(store::Database& database, store::Cache& cache, const Audit& audit, FactorOptions options)
        : database_(database), cache_(cache), audit_(audit), options_(std::move(options)) {}

    bool offered() const { return options_.policy != FactorPolicy::off || options_.required_from; }
    bool is_required(const User& user) const;
    // `forbidden` with details.reason "factor_required" where one is required and the session has shown none.
    Result<void> check_assurance(const Principal& principal) const;
    // `forbidden` with details.reason "reauthenticate" when the password was asked for too long ago, or by a key.
    Result<void> check_recent(const Principal& principal) const;

    Task<std::vector<Factor>> list(std::string user_id);
    Task<bool> has_confirmed(std::string user_id);
    Task<std::size_t> recovery_codes_left(std::string user_id);
    // Not yet asked for: only once it is confirmed. `conflict` when there are too many.
    Task<NewFactor> add(Principal principal, std::string name, Visit visit);
    // With a code of it. The recovery codes, where it is the first. `invalid` with details.reason "wrong".
    Task<std::vector<std::string>> confirm(Principal principal, std::string id, std::string code, Visit visit);
    // `not_found`. With the last one the recovery codes go; `conflict` where one is required.
    Task<void> remove(Principal principal, std::string id, Visit visit);
    // New ones; the former ones end.
    Task<std::vector<std::string>> make_recovery_codes(Principal principal, Visit visit);

    // nullopt for who has no confirmed factor. `data` is given back by finish().
    Task<std::optional<Challenge>> challenge(const User& user, json::object data);
    // `unauthorized` with details.reason "wrong", or "expired": begin anew; `rate_limited`.
    Task<FinishedChallenge> finish(std::string token, std::string code, Visit visit);
    // A code of who is signed in, asked for again. As finish().
    Task<std::string> verify(std::string user_id, std::string code, Visit visit);

 private:
    // The secret as it is; `internal` when it was sealed with a key that is not here any more.
    Result<std::string> opened(const std::string& sealed) const;
    Result<void> check_change(const Principal& principal, bool has_confirmed) const;
    Task<void> admit_try(std::string user_id);
    // "otp" or "recovery", used up by it; "" when the code is neither.
    Task<std::string> accept(store::Transaction& transaction, std::string user_id, std::string code);
    Task<std::vector<std::string>> renew_recovery_codes(store::Transaction& transaction, std::string user_id);

    store::Database& database_;
    store::Cache& cache_;
    const Audit& audit_;
    FactorOptions options_;
};

// As they are hashed: without spaces and hyphens, upper case.
std::string folded_recovery_code(std::string_view typed);

}  // namespace slipway::account
