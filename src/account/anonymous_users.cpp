#include "account/anonymous_users.h"

#include "account/registration.h"
#include "base/crypto.h"
#include "base/text.h"

namespace slipway::account {

Task<void> AnonymousUsers::admit(std::string address) {
    using std::chrono::seconds;
    store::CacheKey key{"anonymous users", std::move(address)};
    SLIPWAY_CO_TRY(const auto admission,
                   co_await cache_.admit(accounts_.workspace(), std::move(key), options_.per_address));
    if (admission.admitted) co_return Result<void>();
    const auto wait = std::max<std::int64_t>(1, std::chrono::ceil<seconds>(admission.retry_after).count());
    Error error{ErrorCode::rate_limited, fmt::format("Too many began here. Try again in {} seconds.", wait), {}};
    co_return std::unexpected(std::move(error).with("retry_after_seconds", wait));
}

Task<Tokens> AnonymousUsers::sign_in(Visit visit, std::optional<NewDevice> device) {
    if (!options_.allowed) co_return fail(ErrorCode::forbidden, "This application needs an account.");
    SLIPWAY_CO_CHECK(co_await admit(visit.address));
    const auto id = new_id();
    const auto name = "anonymous:" + id;
    const auto workspace = accounts_.workspace();
    const auto current = now();
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(const auto number, co_await store::next_system_number(transaction, "user"));
        store::Parameters row{id, number, name, current};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into users(id, number, email, username, username_folded, password_hash, active, anonymous, "
            "created_at, updated_at) values ($1, $2, $3, $3, $3, '', 1, 1, $4, $4)",
            std::move(row)));
        store::Parameters membership{workspace.value, id, to_string(options_.role), current};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into memberships(workspace, user_id, role, created_at) values ($1, $2, $3, $4)",
            std::move(membership)));
        SecurityEvent event{.event = "sign_up", .workspace = workspace.value, .user_id = id, .visit = visit};
        event.details = {{"anonymous", true}};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    SLIPWAY_CO_TRY(auto principal, co_await accounts_.member(workspace, id));
    NewSession session{.visit = std::move(visit), .device = std::move(device), .methods = "anonymous"};
    co_return co_await accounts_.sign_in_without_password(std::move(principal.user), std::move(session));
}

Task<User> AnonymousUsers::upgrade(Principal principal, Registration given, Visit visit) {
    if (!principal.user.anonymous || principal.proof != Proof::session)
        co_return fail(ErrorCode::conflict, "You have an account already.");
    SLIPWAY_CO_TRY(const auto registration, checked(std::move(given), passwords_));
    SLIPWAY_CO_TRY(const auto hash, co_await passwords_.hash(registration.password));
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters row{principal.user.id,
                              registration.email,
                              registration.username,
                              lower_ascii(registration.username),
                              hash,
                              registration.display_name,
                              now()};
        SLIPWAY_CO_TRY(const auto changed,
                       co_await transaction.execute(
                           "update users set email = $2, username = $3, username_folded = $4, password_hash = $5, "
                           "display_name = $6, updated_at = $7, password_changed_at = $7, anonymous = 0 where id = $1 "
                           "and anonymous = 1",
                           std::move(row)));
        if (changed.changed() == 0) co_return fail(ErrorCode::conflict, "You have an account already.");
        // What everybody who registers may.
        store::Parameters member{accounts_.workspace().value, principal.user.id, to_string(Role::member), now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update memberships set role = $3, updated_at = $4 where workspace = $1 and user_id = $2",
            std::move(member)));
        SecurityEvent event{.event = "anonymous_upgraded", .user_id = principal.user.id, .visit = visit};
        event.workspace = accounts_.workspace().value;
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    auto done = co_await database_.transact(store::Scope::system(), named_body);
    if (!done && done.error().code == ErrorCode::conflict && !done.error().details.empty())
        co_return std::unexpected(taken(std::move(done).error()));
    if (!done) co_return pass(done);
    SLIPWAY_CO_TRY(auto upgraded, co_await accounts_.member(accounts_.workspace(), principal.user.id));
    co_return std::move(upgraded.user);
}

Task<std::size_t> AnonymousUsers::remove_abandoned(Persons& persons, std::size_t at_once) {
    const auto current = now();
    store::Parameters parameters{current - options_.kept_for, current, at_once};
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(
            store::Scope::system(),
            "select u.id from users u where u.anonymous = 1 and u.active = 1 and u.created_at < $1 and not exists "
            "(select 1 "
            "from sessions s where s.user_id = u.id and s.revoked_at is null and s.expires_at > $2) order by "
            "u.id limit $3",
            std::move(parameters)));
    for (const auto row : rows) {
        SLIPWAY_CO_TRY(auto principal, co_await accounts_.member(accounts_.workspace(), row.text("id")));
        const Visit by_upkeep;
        SLIPWAY_CO_CHECK(co_await persons.remove(std::move(principal.user), by_upkeep));
    }
    co_return rows.size();
}

}  // namespace slipway::account
