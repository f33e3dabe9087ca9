// Which sessions stand, and how they end; how they go on: sessions.cpp.
#include <algorithm>

#include "account/sessions.h"
#include "base/crypto.h"

namespace slipway::account {
namespace {

std::unexpected<Error> not_standing() {
    return fail(ErrorCode::unauthorized, "The access token is not valid or has expired; sign in again.");
}

constexpr std::string_view kSessionColumns =
    "s.id, s.address, s.user_agent, s.methods, s.assurance, s.created_at, s.last_used_at, s.rotated_at, s.expires_at, "
    "d.id as device_id, d.fingerprint, d.name, d.facts, d.created_at as device_created_at, d.last_seen_at";

Session session_of(const store::Row& row) {
    Session session;
    session.id = row.text("id");
    session.address = row.text("address");
    session.user_agent = row.text("user_agent");
    session.methods = row.text("methods");
    session.assurance = static_cast<int>(row.integer("assurance"));
    session.created_at = row.instant("created_at");
    session.last_used_at = row.optional_integer("last_used_at") ? row.instant("last_used_at") : session.created_at;
    session.expires_at = row.instant("expires_at");
    if (!row.optional_text("device_id")) return session;
    session.device = Device{.id = row.text("device_id"),
                            .fingerprint = row.text("fingerprint"),
                            .name = row.text("name"),
                            .facts = {},
                            .trusted_at = {},
                            .created_at = row.instant("device_created_at"),
                            .last_seen_at = row.instant("last_seen_at")};
    if (auto facts = parse_json(row.text("facts")); facts && facts->is_object())
        session.device->facts = std::move(facts->as_object());
    return session;
}

}  // namespace

Task<SessionState> Sessions::read_state(std::string user_id, std::string session_id, std::int64_t generation) {
    static const std::string sql =
        "select user_id, device_id, expires_at, ends_at, authenticated_at, assurance, generation, used_generation, "
        "created_at, revoked_at from sessions where id = $1";
    // What a database keeps for a second would let in, on another server, who has just been put out.
    const bool alone = !database_.dialect().shared;
    store::Parameters parameters{session_id};
    auto asked = alone ? database_.read_often(store::Scope::system(), sql, std::move(parameters))
                       : database_.read(store::Scope::system(), sql, std::move(parameters));
    SLIPWAY_CO_TRY(const auto rows, co_await std::move(asked));
    if (rows.empty() || rows.front().optional_integer("revoked_at")) co_return not_standing();
    const auto row = rows.front();
    SessionState state;
    state.user_id = row.text("user_id");
    state.device_id = row.text("device_id");
    state.ends_at = row.instant("expires_at");
    if (row.optional_integer("ends_at")) state.ends_at = std::min(state.ends_at, row.instant("ends_at"));
    state.authenticated_at = row.instant(row.optional_integer("authenticated_at") ? "authenticated_at" : "created_at");
    state.assurance = static_cast<int>(row.integer("assurance"));
    state.used_generation = row.integer("used_generation");
    if (state.user_id != user_id || generation > row.integer("generation")) co_return not_standing();
    if (generation <= state.used_generation) co_return state;
    store::Parameters used{std::move(session_id), generation, now()};
    SLIPWAY_CO_CHECK(co_await database_.write_guarded(store::Scope::system(),
                                                      "update sessions set used_generation = $2, last_used_at = $3 "
                                                      "where id = $1 and used_generation < $2",
                                                      std::move(used)));
    state.used_generation = generation;
    co_return state;
}

Task<SessionState> Sessions::standing(std::string user_id, std::string session_id, std::int64_t generation) {
    if (!options_.checked) co_return SessionState{.user_id = user_id, .ends_at = Instant::max()};
    SLIPWAY_CO_TRY(auto state, co_await mirror_.find(session_id));
    if (!state || state->used_generation < generation) {
        SLIPWAY_CO_TRY(state, co_await read_state(user_id, session_id, generation));
        SLIPWAY_CO_CHECK(co_await mirror_.keep(std::move(session_id), *state));
    }
    if (state->user_id != user_id || state->ends_at <= now()) co_return not_standing();
    co_return *std::move(state);
}

Task<std::vector<Session>> Sessions::list(std::string user_id) {
    static const auto sql = fmt::format(
        "select {} from sessions s left join devices d on d.id = s.device_id where s.user_id = $1 and s.revoked_at is "
        "null and s.expires_at > $2 order by coalesce(s.last_used_at, s.created_at) desc, s.id desc limit $3",
        kSessionColumns);
    store::Parameters parameters{std::move(user_id), now(), kSessionsPerUserMax};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(store::Scope::system(), sql, std::move(parameters)));
    std::vector<Session> sessions;
    for (const auto row : rows) sessions.push_back(session_of(row));
    co_return sessions;
}

Task<std::optional<std::pair<std::string, std::string>>> Sessions::find_by_token(std::string refresh_token) {
    std::optional<std::pair<std::string, std::string>> found;
    if (refresh_token.size() > kRefreshTokenBytesMax) co_return found;
    const auto parsed = parse_refresh_token(refresh_token);
    store::Parameters name{parsed ? parsed->session_id : sha256_hex(refresh_token)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           fmt::format("select id, user_id, refresh_key from sessions where {} = $1",
                                                       parsed ? "id" : "refresh_hash"),
                                           std::move(name)));
    if (rows.empty() || (parsed && !is_sealed(*parsed, rows.front().text("refresh_key")))) co_return found;
    found.emplace(rows.front().text("user_id"), rows.front().text("id"));
    co_return found;
}

Task<std::vector<std::string>> Sessions::end_within(store::Transaction& transaction, Ending ending) {
    store::Parameters parameters{ending.user_id};
    std::string which = "user_id = $1 and revoked_at is null";
    const auto add = [&](std::string_view condition, const std::string& value) {
        if (value.empty()) return;
        parameters.push_back(value);
        which += fmt::format(" and {} ${}", condition, parameters.size());
    };
    add("id =", ending.session_id);
    add("id <>", ending.but);
    add("device_id =", ending.device_id);
    auto changed = parameters;
    changed.emplace_back(now());
    changed.emplace_back(ending.reason);
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(fmt::format("select id from sessions where {}", which),
                                                                 std::move(parameters)));
    SLIPWAY_CO_CHECK(
        co_await transaction.execute(fmt::format("update sessions set revoked_at = ${}, ended_reason = ${} where {}",
                                                 changed.size() - 1, changed.size(), which),
                                     std::move(changed)));
    std::vector<std::string> ids;
    for (const auto row : rows) ids.push_back(row.text("id"));
    co_return ids;
}

Task<std::int64_t> Sessions::end(Ending ending, Visit visit, std::string actor_id) {
    std::vector<std::string> ended;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(ended, co_await end_within(transaction, ending));
        if (ended.empty()) co_return Result<void>();
        const bool one = !ending.session_id.empty();
        const auto* name = !one ? "sessions_ended" : ending.reason == "sign_out" ? "sign_out" : "session_ended";
        SecurityEvent event{.event = name, .user_id = ending.user_id, .actor_id = actor_id, .visit = visit};
        event.details = {{"reason", ending.reason}, {"count", ended.size()}};
        if (one) event.details["session_id"] = ending.session_id;
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    const auto count = static_cast<std::int64_t>(ended.size());
    SLIPWAY_CO_CHECK(co_await mirror_.forget(std::move(ended)));
    co_return count;
}

Task<void> Sessions::remove_device(std::string user_id, std::string device_id, Visit visit) {
    std::vector<std::string> ended;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters parameters{user_id, device_id};
        SLIPWAY_CO_TRY(
            const auto removed,
            co_await transaction.execute("delete from devices where user_id = $1 and id = $2", std::move(parameters)));
        if (removed.changed() == 0) co_return fail(ErrorCode::not_found, "There is no device '{}'.", device_id);
        Ending ending{.user_id = user_id, .device_id = device_id, .reason = "device_removed"};
        SLIPWAY_CO_TRY(ended, co_await end_within(transaction, std::move(ending)));
        SecurityEvent event{.event = "device_removed", .user_id = user_id, .visit = visit};
        event.details = {{"device_id", device_id}, {"count", ended.size()}};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await mirror_.forget(std::move(ended));
}

Task<void> Sessions::note_authentication(std::string session_id, int assurance) {
    store::Parameters parameters{session_id, now(), assurance};
    SLIPWAY_CO_CHECK(
        co_await database_.write_guarded(store::Scope::system(),
                                         "update sessions set authenticated_at = $2, assurance = case when "
                                         "assurance < $3 then $3 else assurance end where id = $1",
                                         std::move(parameters)));
    co_return Result<void>();
}

}  // namespace slipway::account
