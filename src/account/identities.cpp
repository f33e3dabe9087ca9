#include "account/identities.h"

#include <algorithm>

#include "account/identity_rows.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"

namespace slipway::account {

// What a flow keeps until the browser is back.
struct Identities::Flow {
    std::string nonce, verifier, redirect, challenge, link_to;
};

namespace {

// Ends at the address of the application, as ?error=REASON.
std::unexpected<Error> ended(std::string_view reason) {
    Error error{ErrorCode::forbidden, "The sign-in with the provider has ended.", {}};
    return std::unexpected(std::move(error).with("reason", json::string_view(reason)));
}

std::string reason_of(const Error& error) {
    const auto told = text_or(error.details, "reason");
    if (!told.empty()) return std::string(told);
    const bool down = error.code == ErrorCode::unavailable || error.code == ErrorCode::upstream;
    return down ? "provider_unavailable" : "failed";
}

}  // namespace

Identities::Identities(store::Database& database, Accounts& accounts, const Audit& audit,
                       std::vector<std::unique_ptr<Provider>> providers, IdentityOptions options)
    : database_(database),
      accounts_(accounts),
      audit_(audit),
      providers_(std::move(providers)),
      options_(std::move(options)) {}

std::vector<std::string> Identities::providers() const {
    std::vector<std::string> names;
    for (const auto& provider : providers_) names.push_back(provider->name());
    return names;
}

Provider* Identities::find(std::string_view name) const {
    const auto found = std::ranges::find_if(providers_, [&](const auto& one) { return one->name() == name; });
    return found == providers_.end() ? nullptr : found->get();
}

std::string Identities::callback_of(const std::string& provider) const {
    return fmt::format("{}/api/auth/oauth/{}/callback", options_.callback_base, provider);
}

bool Identities::may_go_on_to(const std::string& redirect) const {
    return std::ranges::find(options_.redirects, redirect) != options_.redirects.end();
}

Task<FlowStart> Identities::begin(std::string name, FlowWish wish) {
    auto* const provider = find(name);
    if (provider == nullptr) co_return fail(ErrorCode::not_found, "There is no sign-in with '{}'.", name);
    if (wish.redirect.empty() && !options_.redirects.empty()) wish.redirect = options_.redirects.front();
    if (!may_go_on_to(wish.redirect))
        co_return fail(ErrorCode::invalid, "This address is not one of accounts.redirects.");
    if (!wish.challenge.empty() && !is_pkce_challenge(wish.challenge))
        co_return fail(ErrorCode::invalid, "challenge is not a PKCE challenge of method S256.");
    const auto state = random_token(), nonce = random_token(), verifier = random_token(), cookie = random_token();
    AuthorizationRequest asked{state, nonce, pkce_challenge(verifier), callback_of(name)};
    SLIPWAY_CO_TRY(auto url, co_await provider->authorization_url(std::move(asked)));
    CodeRow row{.code = state, .purpose = kFlowPurpose, .user_id = wish.link_to, .bound_to = sha256_hex(cookie)};
    row.valid_for = kOauthFlowTime;
    row.data = {{"provider", name},
                {"nonce", nonce},
                {"verifier", verifier},
                {"redirect", wish.redirect},
                {"challenge", wish.challenge}};
    SLIPWAY_CO_CHECK(co_await keep_code(database_, std::move(row)));
    co_return FlowStart{std::move(url), cookie};
}

Task<Identities::Flow> Identities::take_flow(std::string provider, std::string state, std::string cookie) {
    SLIPWAY_CO_TRY(const auto row, co_await take_code(database_, std::move(state), kFlowPurpose));
    if (!row || text_or(row->data, "provider") != provider || !equal_constant_time(row->bound_to, sha256_hex(cookie)))
        co_return fail(ErrorCode::invalid,
                       "This sign-in has ended, or it began in another browser; begin the sign-in again.");
    const auto text = [&](std::string_view name) { return std::string(text_or(row->data, name)); };
    co_return Flow{text("nonce"), text("verifier"), text("redirect"), text("challenge"), row->user_id};
}

Task<std::string> Identities::arrive(std::string name, ProviderAnswer answer, std::string cookie, Visit visit) {
    auto* const provider = find(name);
    if (provider == nullptr) co_return fail(ErrorCode::not_found, "There is no sign-in with '{}'.", name);
    SLIPWAY_CO_TRY(auto flow, co_await take_flow(name, answer.state, std::move(cookie)));
    const auto redirect = flow.redirect;
    if (!may_go_on_to(redirect)) co_return fail(ErrorCode::invalid, "This address is not declared any more.");
    const auto link_to = flow.link_to;
    auto reached = co_await outcome(*provider, std::move(flow), std::move(answer), visit);
    if (reached) co_return with_query(redirect, {{link_to.empty() ? "code" : "linked", *reached}});
    const auto reason = reason_of(reached.error());
    SecurityEvent failed{.event = "sign_in_failed", .success = false, .user_id = link_to, .visit = std::move(visit)};
    failed.details = {{"reason", reason}, {"provider", name}};
    SLIPWAY_CO_CHECK(co_await audit_.record(std::move(failed)));
    if (reason == "failed" || reason == "provider_unavailable")
        log::warning("sign-in with a provider failed", {{"provider", name}, {"reason", reached.error().message}});
    co_return with_query(redirect, {{"error", reason}});
}

// A handover code, or the name of the provider that was linked.
Task<std::string> Identities::outcome(Provider& provider, Flow flow, ProviderAnswer answer, Visit visit) {
    SLIPWAY_CO_CHECK(co_await provider.check_issuer(answer));
    if (!answer.error.empty()) {
        const bool declined = answer.error == "access_denied";
        co_return ended(declined ? "access_denied" : "failed");
    }
    CodeExchange exchange{answer.code, flow.verifier, flow.nonce, callback_of(provider.name())};
    SLIPWAY_CO_TRY(auto identity, co_await provider.identity(std::move(exchange)));
    if (!flow.link_to.empty()) {
        SLIPWAY_CO_CHECK(co_await link(flow.link_to, provider.name(), std::move(identity), std::move(visit)));
        co_return provider.name();
    }
    SLIPWAY_CO_TRY(auto user_id, co_await user_of_identity(provider.name(), std::move(identity), std::move(visit)));
    co_return co_await hand_over(std::move(user_id), provider.name(), std::move(flow.challenge));
}

Task<std::string> Identities::user_of_identity(std::string provider, ProvidedIdentity identity, Visit visit) {
    SLIPWAY_CO_TRY(const auto known, co_await use_identity(database_, provider, identity.subject));
    if (known) {
        const auto member = co_await accounts_.member(accounts_.workspace(), *known);
        if (!member && member.error().code == ErrorCode::forbidden) co_return ended("blocked");
        if (!member) co_return std::unexpected(member.error());
        co_return *known;
    }
    co_return co_await sign_up(std::move(provider), std::move(identity), std::move(visit));
}

Task<std::string> Identities::sign_up(std::string provider, ProvidedIdentity identity, Visit visit) {
    // An address that the provider does not vouch for could be anybody's.
    if (identity.email.empty() || !identity.email_verified) co_return ended("email_unverified");
    const auto taken = co_await accounts_.find(identity.email);
    if (taken) co_return ended("account_exists");
    if (!options_.sign_up_open) co_return ended("sign_up_closed");
    Registration registration;
    registration.email = identity.email;
    registration.display_name = identity.display_name;
    registration.without_password = true;
    registration.within = [this, provider, identity, visit](store::Transaction& transaction,
                                                            const User& user) -> Task<void> {
        store::Parameters verified{user.id, now()};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("update users set email_verified_at = $2 where id = $1", std::move(verified)));
        co_return co_await add_identity(transaction, audit_, user.id, provider, identity, visit);
    };
    const auto made = co_await accounts_.enroll(std::move(registration));
    if (!made && made.error().code == ErrorCode::conflict) co_return ended("account_exists");
    if (!made) co_return std::unexpected(made.error());
    co_return made->id;
}

Task<void> Identities::link(std::string user_id, std::string provider, ProvidedIdentity identity, Visit visit) {
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        co_return co_await add_identity(transaction, audit_, user_id, provider, identity, visit);
    };
    const store::Database::Body named_body = body;
    const auto linked = co_await database_.transact(store::Scope::system(), named_body);
    if (!linked && linked.error().code == ErrorCode::conflict) co_return ended("linked_elsewhere");
    co_return linked;
}

Task<std::string> Identities::hand_over(std::string user_id, std::string provider, std::string challenge) {
    const auto code = random_token();
    CodeRow row{
        .code = code, .purpose = kHandoverPurpose, .user_id = std::move(user_id), .bound_to = std::move(challenge)};
    row.valid_for = kHandoverTime;
    row.data["provider"] = provider;
    SLIPWAY_CO_CHECK(co_await keep_code(database_, std::move(row)));
    co_return code;
}

Task<HandedOver> Identities::exchange(std::string code, std::string verifier) {
    SLIPWAY_CO_TRY(const auto row, co_await take_code(database_, std::move(code), kHandoverPurpose));
    const auto refused = [] {
        return fail(ErrorCode::unauthorized, "The code is not valid any more; begin the sign-in again.");
    };
    if (!row) co_return refused();
    if (!row->bound_to.empty() &&
        (!is_pkce_verifier(verifier) || !equal_constant_time(pkce_challenge(verifier), row->bound_to)))
        co_return refused();
    const auto member = co_await accounts_.member(accounts_.workspace(), row->user_id);
    if (!member) co_return refused();
    co_return HandedOver{member->user, std::string(text_or(row->data, "provider"))};
}

Task<std::vector<Identity>> Identities::list(std::string user_id) {
    store::Parameters of{std::move(user_id)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           "select provider, subject, email, created_at, last_used_at from identities "
                                           "where user_id = $1 order by created_at limit 100",
                                           std::move(of)));
    std::vector<Identity> identities;
    for (const auto row : rows) {
        Identity one{row.text("provider"), row.text("subject"), row.text("email"), row.instant("created_at"), {}};
        if (row.optional_integer("last_used_at")) one.last_used_at = row.instant("last_used_at");
        identities.push_back(std::move(one));
    }
    co_return identities;
}

Task<void> Identities::unlink(std::string user_id, std::string provider, Visit visit) {
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters of{user_id};
        SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(
                                            "select u.password_hash, count(i.subject) as identities from users u "
                                            "left join identities i on i.user_id = u.id where u.id = $1 group by "
                                            "u.id, u.password_hash",
                                            std::move(of)));
        store::Parameters named{user_id, provider};
        SLIPWAY_CO_TRY(const auto gone,
                       co_await transaction.execute("delete from identities where user_id = $1 and provider = $2",
                                                    std::move(named)));
        if (gone.changed() == 0) co_return fail(ErrorCode::not_found, "No identity of '{}' is linked.", provider);
        if (rows.empty() || (rows.front().text("password_hash").empty() && rows.front().integer("identities") <= 1))
            co_return fail(ErrorCode::conflict,
                           "This is the only way in. Set a password first (by the mail of a forgotten one).");
        SecurityEvent unlinked{.event = "identity_unlinked", .user_id = user_id, .visit = visit};
        unlinked.details["provider"] = provider;
        co_return co_await audit_.record(transaction, std::move(unlinked));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

}  // namespace slipway::account
