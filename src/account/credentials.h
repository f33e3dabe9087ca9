// What proves who somebody is, and how it is changed: the address that is theirs, the password, both by mail where it
// has to be.
//
// No answer of these, and no time that one takes, tells whether an address is known: whatever depends on it is done by
// an errand (errands.h) after the answer. A link holds once and for kResetValidFor or kVerificationValidFor; the newest
// alone. Nothing is changed by asking for one. Who sets a password by mail is signed out everywhere and not signed in,
// so that a second factor is asked for as ever.
#pragma once

#include <string>
#include <vector>

#include "account/codes.h"
#include "account/mails.h"
#include "account/service.h"

namespace slipway::account {

inline constexpr std::chrono::seconds kResetValidFor{std::chrono::hours(1)};
inline constexpr std::chrono::seconds kVerificationValidFor{std::chrono::hours(24)};
inline constexpr std::chrono::seconds kMailPause{60};  // between two mails with a link for the same purpose to one user

// Thread safe. What it is given outlives it.
class Credentials {
 public:
    Credentials(store::Database& database, Accounts& accounts, Passwords& passwords, const Audit& audit,
                Errands& errands, const Mails& mails);

    // Where addresses have to be verified: checks, answers, and goes on by mail, to the new user or to the one who has
    // the address already. `conflict` when the username is taken (names are public); else as Accounts::register_user().
    Task<void> ask_sign_up(Registration registration, Visit visit);

    // Where they need not be: as Accounts::register_user(), and a mail asks for it where there is mail and the manifest
    // wants it.
    Task<User> sign_up_at_once(Registration registration, Visit visit);

    // `invalid` where there is no mail, or it is verified already.
    Task<void> ask_verification(User user, Visit visit);
    // By a link to verify an address, or to change it. `invalid` with details.reason "invalid" when the token is none,
    // used or too old; `conflict` when somebody else has the address by now.
    Task<void> verify_email(std::string token, Visit visit);

    Task<void> ask_reset(std::string email, Visit visit);
    // `invalid` with details.reason "invalid", or as Passwords::check().
    Task<void> reset_password(std::string token, std::string password, Visit visit);

    // `forbidden` with details.reason "wrong" when the password is; `rate_limited` as a sign-in. `end_others`: all
    // sessions but this one.
    Task<void> change_password(Principal principal, std::string current, std::string fresh, bool end_others,
                               Visit visit);
    // Holds once the link in the mail to the new address was opened; the old one is told.
    Task<void> change_email(Principal principal, std::string password, std::string email, Visit visit);
    // The password of who is signed in, asked for again; noted beside the session.
    Task<void> check_password(const Principal& principal, std::string password, Visit visit);

 private:
    Task<void> sign_up(json::object values);
    Task<void> send_reset(json::object values);
    Task<void> apply(store::Transaction& transaction, const UsedCode& used, bool changes, const Visit& visit,
                     std::vector<std::string>& mails);
    Task<std::vector<std::string>> mail_link(store::Transaction& transaction, const User& user, std::string purpose,
                                             std::string to);
    Task<std::vector<std::string>> tell_change(store::Transaction& transaction, const User& user, std::string what,
                                               const Visit& visit);

    store::Database& database_;
    Accounts& accounts_;
    Passwords& passwords_;
    const Audit& audit_;
    Errands& errands_;
    const Mails& mails_;
};

}  // namespace slipway::account
