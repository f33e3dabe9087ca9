// A session from its beginning to its next refresh token; how it is asked for and ended: sessions_standing.cpp.
#include "account/sessions.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"

namespace slipway::account {

// A refresh token and the row of its session, in the transaction that judges it.
struct Sessions::Found {
    std::optional<RefreshToken> token;  // nullopt: of the old kind, known by its hash
    std::int64_t shown = 0;             // the generation that was shown
    std::string session_id, user_id, device_id, key;
    std::int64_t generation = 0, used = 0;
    bool active = false, ended = false;
    Instant rotated_at, expires_at, ends_at;
    std::string refusal;  // "": granted
};

namespace {

constexpr std::string_view kColumns =
    "s.id, s.user_id, s.device_id, s.refresh_hash, s.refresh_key, s.generation, s.used_generation, s.rotated_at, "
    "s.created_at, s.expires_at, s.ends_at, s.revoked_at, s.ended_reason, u.active";

std::unexpected<Error> refused(std::string_view reason) {
    return std::unexpected(Error{
        ErrorCode::unauthorized, "The refresh token is not valid any more; sign in again.", {{"reason", reason}}});
}

// Old sessions know no absolute end; theirs is counted from their beginning.
Instant end_of(const store::Row& row, std::chrono::seconds absolute) {
    return row.optional_integer("ends_at") ? row.instant("ends_at") : row.instant("created_at") + absolute;
}

// What has ended is kept a while, so that a repeated token is told from one that never was.
Task<void> tidy(store::Transaction& transaction, std::string user_id) {
    store::Parameters expired{now() - std::chrono::hours(24 * 7)};
    SLIPWAY_CO_CHECK(co_await transaction.execute("delete from sessions where expires_at < $1", std::move(expired)));
    store::Parameters oldest{std::move(user_id), kSessionsPerUserMax - 1};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "delete from sessions where user_id = $1 and revoked_at is null and id not in (select id from sessions where "
        "user_id = $1 and revoked_at is null order by expires_at desc, id desc limit $2)",
        std::move(oldest)));
    co_return Result<void>();
}

}  // namespace

Sessions::Sessions(store::Database& database, const Audit& audit, SessionOptions options)
    : database_(database), audit_(audit), options_(std::move(options)), mirror_(options_.mirror) {}

Task<Grant> Sessions::open(NewSession session) {
    Grant grant;
    std::vector<std::string> replaced;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        const auto current = now();
        grant.session_id = new_id();
        grant.user_id = session.user_id;
        grant.ends_at = std::min(current + options_.idle, current + options_.absolute);
        SLIPWAY_CO_CHECK(co_await tidy(transaction, session.user_id));
        if (session.device) {
            SLIPWAY_CO_TRY(grant.device_id, co_await note_device(transaction, session.user_id, *session.device));
            Ending earlier{.user_id = session.user_id, .device_id = grant.device_id, .reason = "replaced"};
            if (options_.one_per_device) {
                SLIPWAY_CO_TRY(replaced, co_await end_within(transaction, std::move(earlier)));
            }
        }
        const auto key = random_token();
        grant.refresh_token = make_refresh_token(options_.secret, key, grant.session_id, 0);
        // No hash is a session's id, so that no old token is found by it.
        store::Parameters row{grant.session_id,
                              session.user_id,
                              key,
                              current,
                              grant.ends_at,
                              current + options_.absolute,
                              session.assurance,
                              session.methods,
                              session.visit.address,
                              session.visit.user_agent};
        row.push_back(grant.device_id.empty() ? store::Value() : store::Value(grant.device_id));
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into sessions(id, user_id, refresh_hash, refresh_key, created_at, rotated_at, last_used_at, "
            "authenticated_at, expires_at, ends_at, assurance, methods, address, user_agent, device_id) values ($1, "
            "$2, $1, $3, $4, $4, $4, $4, $5, $6, $7, $8, $9, $10, $11)",
            std::move(row)));
        store::Parameters seen{session.user_id, current};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("update users set last_sign_in_at = $2 where id = $1", std::move(seen)));
        SecurityEvent signed_in{.event = "sign_in", .user_id = session.user_id, .visit = session.visit};
        signed_in.details = {{"session_id", grant.session_id}, {"methods", session.methods}};
        co_return co_await audit_.record(transaction, std::move(signed_in));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact_guarded(store::Scope::system(), named_body));
    SLIPWAY_CO_CHECK(co_await mirror_.forget(std::move(replaced)));
    co_return grant;
}

bool Sessions::is_sealed(const RefreshToken& token, const std::string& session_key) const {
    if (session_key.empty()) return false;
    if (is_sealed_with(token, options_.secret, session_key)) return true;
    return std::ranges::any_of(options_.former_secrets,
                               [&](const auto& secret) { return is_sealed_with(token, secret, session_key); });
}

Task<void> Sessions::rotate(store::Transaction& transaction, Found& found) {
    const auto current = now();
    if (found.key.empty()) found.key = random_token();
    ++found.generation;
    found.expires_at = std::min(current + options_.idle, found.ends_at);
    store::Parameters changed{found.session_id, found.key, found.generation, current, found.expires_at, found.ends_at};
    SLIPWAY_CO_CHECK(
        co_await transaction.execute("update sessions set refresh_key = $2, generation = $3, rotated_at = "
                                     "$4, last_used_at = $4, expires_at = $5, ends_at = $6 where id = $1",
                                     std::move(changed)));
    co_return Result<void>();
}

Task<void> Sessions::answer(store::Transaction& transaction, Found& found, const Visit& visit) {
    const auto current = now();
    const bool older = found.shown < found.generation;
    const bool ours = !found.token || is_sealed(*found.token, found.key);  // an old one was found by its hash
    if (!ours || found.shown > found.generation)
        found.refusal = "invalid";
    else if (found.ended)
        found.refusal = older ? "reused" : "invalid";
    else if (found.expires_at <= current || found.ends_at <= current)
        found.refusal = "expired";
    else if (!found.active)
        found.refusal = "blocked";
    else if (!older)
        co_return co_await rotate(transaction, found);
    else if (found.shown != found.generation - 1 ||
             (found.used >= found.generation && current - found.rotated_at > kRepeatTime))
        found.refusal = "reused";
    if (found.refusal != "reused" || found.ended) co_return Result<void>();
    Ending ending{.user_id = found.user_id, .session_id = found.session_id, .reason = "reused"};
    SLIPWAY_CO_CHECK(co_await end_within(transaction, std::move(ending)));
    SecurityEvent reused{.event = "token_reused", .success = false, .user_id = found.user_id, .visit = visit};
    reused.details = {{"session_id", found.session_id}, {"generations_behind", found.generation - found.shown}};
    co_return co_await audit_.record(transaction, std::move(reused));
}

Task<Grant> Sessions::refresh(std::string refresh_token, Visit visit) {
    if (refresh_token.size() > kRefreshTokenBytesMax) co_return refused("invalid");
    const auto parsed = parse_refresh_token(refresh_token);
    const auto by = parsed ? "s.id = $1" : "(s.refresh_hash = $1 or s.previous_hash = $1)";
    const auto name = parsed ? parsed->session_id : sha256_hex(refresh_token);
    const auto sql = fmt::format("select {} from sessions s join users u on u.id = s.user_id where {}", kColumns, by);
    Found found;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        found = Found{.token = parsed, .refusal = "invalid"};
        store::Parameters parameters{name};
        SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(sql, std::move(parameters)));
        if (rows.empty()) co_return Result<void>();
        const auto row = rows.front();
        found.refusal.clear();
        found.session_id = row.text("id");
        found.user_id = row.text("user_id");
        found.device_id = row.text("device_id");
        found.key = row.text("refresh_key");
        found.generation = row.integer("generation");
        found.used = row.integer("used_generation");
        found.active = row.truth("active");
        found.ended = row.optional_integer("revoked_at").has_value();
        found.rotated_at = row.instant("rotated_at");
        found.expires_at = row.instant("expires_at");
        found.ends_at = end_of(row, options_.absolute);
        found.shown = parsed ? parsed->generation : row.text("refresh_hash") == name ? 0 : -1;
        co_return co_await answer(transaction, found, visit);
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    if (found.refusal == "reused") SLIPWAY_CO_CHECK(co_await mirror_.forget({found.session_id}));
    if (!found.refusal.empty()) co_return refused(found.refusal);
    Grant grant{found.session_id, found.device_id, found.user_id, {}, found.generation, found.expires_at};
    grant.refresh_token = make_refresh_token(options_.secret, found.key, found.session_id, found.generation);
    co_return grant;
}

}  // namespace slipway::account
