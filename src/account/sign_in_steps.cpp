// What is between a right password and a session: the second factor, where there is one.
#include "account/service.h"
#include "base/text.h"

namespace slipway::account {
namespace {

// A session that waits for a second factor, in the row of its challenge.
json::object data_of(const NewSession& session) {
    json::object data{{"methods", session.methods}};
    if (session.device)
        data["device"] = json::object{{"fingerprint", session.device->fingerprint},
                                      {"name", session.device->name},
                                      {"facts", session.device->facts}};
    return data;
}

NewSession session_of(const FinishedChallenge& finished, Visit visit) {
    NewSession session{.visit = std::move(visit), .assurance = 2};
    session.methods = fmt::format("{} {}", text_or(finished.data, "methods", "pwd"), finished.method);
    if (const auto* const device = object_in(finished.data, "device")) {
        NewDevice known;
        known.fingerprint = text_or(*device, "fingerprint");
        known.name = text_or(*device, "name");
        if (const auto* const facts = object_in(*device, "facts")) known.facts = *facts;
        session.device = std::move(known);
    }
    return session;
}

}  // namespace

Task<Tokens> Accounts::sign_in_without_password(User user, NewSession session) {
    if (options_.factors != nullptr && session.assurance < 2) {
        auto data = data_of(session);
        SLIPWAY_CO_TRY(auto challenge, co_await options_.factors->challenge(user, std::move(data)));
        if (challenge) {
            Tokens due;
            due.user = std::move(user);
            due.challenge = std::move(challenge);
            co_return due;
        }
    }
    session.user_id = user.id;
    SLIPWAY_CO_TRY(auto grant, co_await sessions_.open(std::move(session)));
    co_return co_await tokens_for(std::move(user), std::move(grant));
}

Task<Tokens> Accounts::finish_sign_in(std::string factor_token, std::string code, Visit visit) {
    if (options_.factors == nullptr) co_return fail(ErrorCode::not_found, "This application has no second factors.");
    SLIPWAY_CO_TRY(const auto finished,
                   co_await options_.factors->finish(std::move(factor_token), std::move(code), visit));
    auto principal = co_await member(workspace_, finished.user_id);
    if (!principal && principal.error().code == ErrorCode::forbidden)
        co_return std::unexpected(Error{ErrorCode::unauthorized, principal.error().message, {{"reason", "blocked"}}});
    if (!principal) co_return pass(principal);
    auto session = session_of(finished, std::move(visit));
    co_return co_await sign_in_without_password(std::move(principal->user), std::move(session));
}

Task<void> Accounts::reauthenticate(Principal principal, std::string password, std::string code, Visit visit) {
    if (principal.proof != Proof::session)
        co_return fail(ErrorCode::forbidden, "Only who is signed in has a password to show again.");
    SLIPWAY_CO_CHECK(co_await prove(principal.user.username, std::move(password), visit));
    int assurance = 1;
    if (options_.factors != nullptr) {
        SLIPWAY_CO_TRY(const bool due, co_await options_.factors->has_confirmed(principal.user.id));
        if (due) SLIPWAY_CO_CHECK(co_await options_.factors->verify(principal.user.id, std::move(code), visit));
        if (due) assurance = 2;
    }
    co_return co_await sessions_.note_authentication(std::move(principal.session_id), assurance);
}

}  // namespace slipway::account
