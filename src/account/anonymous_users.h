// People who begin without an account: they have a user, a session and what they make, and nothing that they could
// sign in with. An account made later is the same user, so everything stays. Who is not seen any more is taken away.
#pragma once

#include <optional>
#include <string>

#include "account/persons.h"
#include "account/service.h"
#include "store/cache/cache.h"

namespace slipway::account {

struct AnonymousOptions {
    bool allowed = false;
    Role role = Role::viewer;
    std::chrono::seconds kept_for{std::chrono::hours(24 * 30)};
    store::Limit per_address{30, std::chrono::hours(1)};
};

// Thread safe. What it is given outlives it.
class AnonymousUsers {
 public:
    AnonymousUsers(store::Database& database, store::Cache& cache, const Audit& audit, Passwords& passwords,
                   Accounts& accounts, AnonymousOptions options)
        : database_(database),
          cache_(cache),
          audit_(audit),
          passwords_(passwords),
          accounts_(accounts),
          options_(options) {}

    bool allowed() const { return options_.allowed; }
    // `forbidden` where the application has none, `rate_limited` when too many come from an address.
    Task<Tokens> sign_in(Visit visit, std::optional<NewDevice> device);
    // The user of now, with the same id and sessions. `conflict` as Accounts::enroll(), also for who is not anonymous.
    Task<User> upgrade(Principal principal, Registration registration, Visit visit);
    // Those who have no session that stands and began longer ago than options.kept_for, with all that is theirs, at
    // most so many at once; how many those were.
    Task<std::size_t> remove_abandoned(Persons& persons, std::size_t at_once);

 private:
    Task<void> admit(std::string address);

    store::Database& database_;
    store::Cache& cache_;
    const Audit& audit_;
    Passwords& passwords_;
    Accounts& accounts_;
    AnonymousOptions options_;
};

}  // namespace slipway::account
