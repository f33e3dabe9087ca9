// Passwords; addresses are in credentials.cpp.
#include "account/codes.h"
#include "account/credentials.h"
#include "account/user_rows.h"
#include "base/email.h"
#include "base/text.h"

namespace slipway::account {
namespace {

std::unexpected<Error> wrong() {
    return std::unexpected(Error{ErrorCode::forbidden, "The password is wrong.", {{"reason", "wrong"}}});
}

}  // namespace

Task<std::vector<std::string>> Credentials::tell_change(store::Transaction& transaction, const User& user,
                                                        std::string what, const Visit& visit) {
    json::object words{
        {"name", name_of(user)}, {"what", what}, {"when", to_iso8601(now())}, {"address", visit.address}};
    if (user.email.empty()) co_return std::vector<std::string>();
    co_return co_await mails_.queue(transaction, "changed", user.email, std::move(words));
}

Task<void> Credentials::ask_reset(std::string email, Visit visit) {
    if (!mails_.there_is_mail())
        co_return fail(ErrorCode::invalid, "Nothing can be mailed: app.yaml has no stores.mail_from.");
    json::object values{{"email", lower_ascii(trim(cut_utf8(email, kEmailLengthMax)))}};
    values["visit"] = noted(visit);
    co_return co_await errands_.begin("reset", std::move(values));
}

Task<void> Credentials::send_reset(json::object values) {
    SLIPWAY_CO_TRY(const auto user, co_await user_by_email(database_, std::string(text_or(values, "email"))));
    if (!user || !user->active || user->email.empty()) co_return Result<void>();
    std::vector<std::string> mails;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(mails, co_await mail_link(transaction, *user, "reset_password", user->email));
        SecurityEvent event{.event = "password_reset_asked", .user_id = user->id, .visit = visit_of(values)};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await errands_.start(std::move(mails));
}

Task<void> Credentials::reset_password(std::string token, std::string password, Visit visit) {
    // Before the token is used up.
    SLIPWAY_CO_CHECK(passwords_.check(password, {}));
    SLIPWAY_CO_TRY(const auto hash, co_await passwords_.hash(std::move(password)));
    std::vector<std::string> mails, ended;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(const auto used, co_await use_code(transaction, "reset_password", token));
        std::optional<User> user;
        if (used) {
            SLIPWAY_CO_TRY(user, co_await user_within(transaction, used->user_id));
        }
        if (!user || user->email != text_or(used->data, "email"))
            co_return std::unexpected(Error{ErrorCode::invalid,
                                            "This link was used already or is too old; ask for a new one.",
                                            {{"reason", "invalid"}}});
        // The mail has proven the address, too.
        store::Parameters changed{user->id, hash, now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update users set password_hash = $2, password_changed_at = $3, updated_at = $3, email_verified_at = "
            "coalesce(email_verified_at, $3) where id = $1",
            std::move(changed)));
        Ending all{.user_id = user->id, .reason = "password_reset"};
        SLIPWAY_CO_TRY(ended, co_await accounts_.sessions().end_within(transaction, std::move(all)));
        SLIPWAY_CO_TRY(mails, co_await tell_change(transaction, *user, "The password", visit));
        SecurityEvent event{.event = "password_reset", .user_id = user->id, .visit = visit};
        event.details = {{"sessions_ended", ended.size()}};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    SLIPWAY_CO_CHECK(co_await accounts_.sessions().forget(std::move(ended)));
    co_return co_await errands_.start(std::move(mails));
}

Task<void> Credentials::check_password(const Principal& principal, std::string password, Visit visit) {
    if (principal.session_id.empty())
        co_return fail(ErrorCode::forbidden, "This needs a person who has signed in, not a key.");
    const auto name = principal.user.email.empty() ? principal.user.username : principal.user.email;
    auto proven = co_await accounts_.prove(name, std::move(password), std::move(visit));
    if (!proven && proven.error().code == ErrorCode::unauthorized) co_return wrong();
    if (!proven) co_return pass(proven);
    if (proven->id != principal.user.id) co_return wrong();
    co_return co_await accounts_.sessions().note_authentication(principal.session_id, 1);
}

Task<void> Credentials::change_password(Principal principal, std::string current, std::string fresh, bool end_others,
                                        Visit visit) {
    const auto& user = principal.user;
    SLIPWAY_CO_CHECK(co_await check_password(principal, std::move(current), visit));
    SLIPWAY_CO_CHECK(passwords_.check(fresh, {user.username, user.email, user.display_name}));
    SLIPWAY_CO_TRY(const auto hash, co_await passwords_.hash(std::move(fresh)));
    std::vector<std::string> mails, ended;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters changed{user.id, hash, now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update users set password_hash = $2, password_changed_at = $3, updated_at = $3 where id = $1",
            std::move(changed)));
        SLIPWAY_CO_CHECK(co_await drop_codes(transaction, "reset_password", user.id));
        Ending others{.user_id = user.id, .but = principal.session_id, .reason = "password_changed"};
        if (end_others) {
            SLIPWAY_CO_TRY(ended, co_await accounts_.sessions().end_within(transaction, std::move(others)));
        }
        SLIPWAY_CO_TRY(mails, co_await tell_change(transaction, user, "The password", visit));
        SecurityEvent event{.event = "password_changed", .user_id = user.id, .visit = visit};
        event.details = {{"sessions_ended", ended.size()}};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    SLIPWAY_CO_CHECK(co_await accounts_.sessions().forget(std::move(ended)));
    co_return co_await errands_.start(std::move(mails));
}

}  // namespace slipway::account
