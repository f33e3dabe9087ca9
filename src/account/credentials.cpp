// Addresses; passwords are in credentials_password.cpp.
#include "account/credentials.h"

#include "account/codes.h"
#include "account/registration.h"
#include "account/user_rows.h"
#include "base/email.h"
#include "base/text.h"

namespace slipway::account {
namespace {

std::unexpected<Error> no_use() {
    return std::unexpected(Error{
        ErrorCode::invalid, "This link was used already or is too old; ask for a new one.", {{"reason", "invalid"}}});
}

}  // namespace

Credentials::Credentials(store::Database& database, Accounts& accounts, Passwords& passwords, const Audit& audit,
                         Errands& errands, const Mails& mails)
    : database_(database), accounts_(accounts), passwords_(passwords), audit_(audit), errands_(errands), mails_(mails) {
    errands_.handle("sign_up", [this](json::object values) { return sign_up(std::move(values)); });
    errands_.handle("reset", [this](json::object values) { return send_reset(std::move(values)); });
}

Task<void> Credentials::ask_sign_up(Registration given, Visit visit) {
    if (!accounts_.registration_open())
        co_return fail(ErrorCode::forbidden,
                       "Registration is closed. An administrator can add you with `slipway users create`.");
    if (!mails_.there_is_mail())
        co_return fail(ErrorCode::unavailable,
                       "Nobody can sign up: addresses are to be verified, but nothing is mailed.");
    SLIPWAY_CO_TRY(auto registration, checked(std::move(given), passwords_));
    // A name that is an address is nobody else's to ask about.
    if (registration.username.find('@') == std::string::npos) {
        SLIPWAY_CO_TRY(const bool taken, co_await username_is_taken(database_, registration.username));
        if (taken)
            co_return std::unexpected(
                Error{ErrorCode::conflict, "This username is already registered.", {{"field", "username"}}});
    }
    SLIPWAY_CO_TRY(auto hash, co_await passwords_.hash(std::move(registration.password)));
    json::object values{{"email", registration.email},
                        {"username", registration.username},
                        {"display_name", registration.display_name},
                        {"password_hash", hash},
                        {"visit", noted(visit)}};
    co_return co_await errands_.begin("sign_up", std::move(values));
}

Task<User> Credentials::sign_up_at_once(Registration registration, Visit visit) {
    SLIPWAY_CO_TRY(auto user, co_await accounts_.register_user(std::move(registration)));
    if (accounts_.verification() == Verification::optional && mails_.there_is_mail())
        SLIPWAY_CO_CHECK(co_await ask_verification(user, std::move(visit)));
    co_return user;
}

Task<void> Credentials::sign_up(json::object values) {
    Registration registration;
    registration.email = text_or(values, "email");
    registration.username = text_or(values, "username");
    registration.display_name = text_or(values, "display_name");
    auto made =
        co_await accounts_.enroll_hashed(std::move(registration), std::string(text_or(values, "password_hash")));
    if (!made && made.error().code != ErrorCode::conflict) co_return pass(made);
    SLIPWAY_CO_TRY(const auto user, co_await user_by_email(database_, std::string(text_or(values, "email"))));
    if (!user) co_return Result<void>();  // the name was taken meanwhile
    std::vector<std::string> mails;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        // Done before, when this errand runs again: the link is in the mail already.
        const bool unproven = !user->email_verified_at;
        if (unproven) {
            SLIPWAY_CO_TRY(mails, co_await mail_link(transaction, *user, "verify_email", user->email));
            co_return Result<void>();
        }
        json::object words{{"name", name_of(*user)}, {"link", mails_.link("forgot", "")}};
        SLIPWAY_CO_TRY(mails, co_await mails_.queue(transaction, "already_registered", user->email, std::move(words)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await errands_.start(std::move(mails));
}

Task<std::vector<std::string>> Credentials::mail_link(store::Transaction& transaction, const User& user,
                                                      std::string purpose, std::string to) {
    const bool reset = purpose == "reset_password";
    SLIPWAY_CO_TRY(const auto last, co_await last_code_of(transaction, purpose, user.id));
    if (last && now() - *last < kMailPause) co_return std::vector<std::string>();
    const auto* name = reset ? "reset" : purpose == "verify_email" ? "verify" : "change_email";
    NewCode code{.purpose = purpose, .user_id = user.id, .data = {{"email", to}}};
    code.valid_for = reset ? kResetValidFor : kVerificationValidFor;
    const auto valid_for = code.valid_for;
    SLIPWAY_CO_TRY(const auto token, co_await make_code(transaction, std::move(code)));
    json::object words{{"name", name_of(user)},
                       {"email", to},
                       {"token", token},
                       {"link", mails_.link(reset ? "reset" : "verify", token)},
                       {"valid_for", spoken(valid_for)}};
    co_return co_await mails_.queue(transaction, name, std::move(to), std::move(words));
}

Task<void> Credentials::ask_verification(User user, Visit visit) {
    if (!mails_.there_is_mail())
        co_return fail(ErrorCode::invalid, "Nothing can be mailed: app.yaml has no stores.mail_from.");
    if (user.email_verified_at) co_return fail(ErrorCode::invalid, "The address is verified already.");
    if (user.email.empty()) co_return fail(ErrorCode::invalid, "There is no address to verify.");
    std::vector<std::string> mails;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(mails, co_await mail_link(transaction, user, "verify_email", user.email));
        SecurityEvent event{.event = "email_verification_asked", .user_id = user.id, .visit = visit};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await errands_.start(std::move(mails));
}

Task<void> Credentials::apply(store::Transaction& transaction, const UsedCode& used, bool changes, const Visit& visit,
                              std::vector<std::string>& mails) {
    const std::string email(text_or(used.data, "email"));
    store::Parameters parameters{used.user_id, email, now()};
    // What was mailed to an address proves that one alone.
    const auto* sql = changes ? "update users set username = case when username = email then $2 else username end, "
                                "username_folded = case when username_folded = email then $2 else username_folded end, "
                                "email = $2, email_verified_at = $3, updated_at = $3 where id = $1"
                              : "update users set email_verified_at = $3, updated_at = $3 where id = $1 and email = $2";
    SLIPWAY_CO_TRY(const auto before, co_await user_within(transaction, used.user_id));
    if (!before) co_return no_use();
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(sql, std::move(parameters)));
    if (rows.changed() == 0) co_return no_use();
    SecurityEvent event{.event = changes ? "email_changed" : "email_verified", .user_id = used.user_id, .visit = visit};
    SLIPWAY_CO_CHECK(co_await audit_.record(transaction, std::move(event)));
    if (!changes) co_return Result<void>();
    SLIPWAY_CO_CHECK(co_await drop_codes(transaction, "reset_password", used.user_id));
    SLIPWAY_CO_TRY(mails, co_await tell_change(transaction, *before, "The address", visit));
    co_return Result<void>();
}

Task<void> Credentials::verify_email(std::string token, Visit visit) {
    std::vector<std::string> mails;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        mails.clear();
        for (const std::string purpose : {"verify_email", "change_email"}) {
            SLIPWAY_CO_TRY(const auto used, co_await use_code(transaction, purpose, token));
            if (used) co_return co_await apply(transaction, *used, purpose == "change_email", visit, mails);
        }
        co_return no_use();
    };
    const store::Database::Body named_body = body;
    auto done = co_await database_.transact(store::Scope::system(), named_body);
    if (!done && done.error().code == ErrorCode::conflict)
        co_return fail(ErrorCode::conflict, "This address belongs to another account by now.");
    if (!done) co_return pass(done);
    co_return co_await errands_.start(std::move(mails));
}

Task<void> Credentials::change_email(Principal principal, std::string password, std::string email, Visit visit) {
    email = lower_ascii(trim(email));
    if (!is_email(email))
        co_return std::unexpected(Error{ErrorCode::invalid, "This is not an email address.", {{"field", "email"}}});
    if (!mails_.there_is_mail())
        co_return fail(ErrorCode::invalid, "Nothing can be mailed: app.yaml has no stores.mail_from.");
    SLIPWAY_CO_CHECK(co_await check_password(principal, std::move(password), visit));
    std::vector<std::string> mails;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(mails, co_await mail_link(transaction, principal.user, "change_email", email));
        json::object words{{"name", name_of(principal.user)}, {"email", email}};
        SLIPWAY_CO_TRY(auto told,
                       co_await mails_.queue(transaction, "email_changing", principal.user.email, std::move(words)));
        mails.insert(mails.end(), told.begin(), told.end());
        SecurityEvent event{.event = "email_change_asked", .user_id = principal.user.id, .visit = visit};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await errands_.start(std::move(mails));
}

}  // namespace slipway::account
