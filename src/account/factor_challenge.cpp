// The second step of a sign-in, and codes that are asked for again.
#include "account/factors.h"
#include "account/totp.h"
#include "base/crypto.h"
#include "base/sealed_box.h"

namespace slipway::account {
namespace {

constexpr std::string_view kPurpose = "sign_in_factor";

std::unexpected<Error> refused(std::string_view reason) {
    const bool wrong = reason == "wrong";
    Error error{ErrorCode::unauthorized,
                wrong ? "The code is wrong." : "This sign-in has taken too long, or had too many tries; begin anew.",
                {}};
    return std::unexpected(std::move(error).with("reason", json::string(reason)));
}

SecurityEvent event_of(std::string_view name, const std::string& user_id, const Visit& visit, bool success = true) {
    SecurityEvent event{.event = std::string(name), .success = success, .user_id = user_id};
    event.visit = visit;
    return event;
}

}  // namespace

Task<std::optional<Challenge>> Factors::challenge(const User& user, json::object data) {
    const auto user_id = user.id;
    SLIPWAY_CO_TRY(auto factors, co_await list(user_id));
    std::erase_if(factors, [](const Factor& factor) { return !factor.confirmed_at; });
    if (factors.empty()) co_return std::nullopt;
    Challenge challenge{.token = random_token(), .factors = std::move(factors)};
    const auto current = now();
    store::Parameters row{sha256_hex(challenge.token),   kPurpose, user_id, write_json(data), current,
                          current + kFactorTokenValidFor};
    SLIPWAY_CO_CHECK(co_await database_.write(
        store::Scope::system(),
        "insert into account_codes(code_hash, purpose, user_id, bound_to, data, failures, created_at, expires_at) "
        "values ($1, $2, $3, '', $4, 0, $5, $6)",
        std::move(row)));
    co_return challenge;
}

Task<void> Factors::admit_try(std::string user_id) {
    using std::chrono::seconds;
    store::CacheKey key{"factor tries", std::move(user_id)};
    const store::Limit limit{kTriesAtOnce, kTriesPeriod};
    const WorkspaceId above_all;
    SLIPWAY_CO_TRY(const auto admission, co_await cache_.admit(above_all, std::move(key), limit));
    if (admission.admitted) co_return Result<void>();
    const auto wait = std::max<std::int64_t>(1, std::chrono::ceil<seconds>(admission.retry_after).count());
    Error error{ErrorCode::rate_limited, fmt::format("Too many codes were tried. Try again in {} seconds.", wait), {}};
    co_return std::unexpected(std::move(error).with("retry_after_seconds", wait));
}

Task<std::string> Factors::accept(store::Transaction& transaction, std::string user_id, std::string code) {
    const auto typed = totp_input(code);
    if (!typed) {
        store::Parameters used{user_id, sha256_hex(folded_recovery_code(code))};
        SLIPWAY_CO_TRY(const auto gone,
                       co_await transaction.execute("delete from recovery_codes where user_id = $1 and code_hash = $2",
                                                    std::move(used)));
        co_return gone.changed() == 1 ? std::string("recovery") : std::string();
    }
    store::Parameters of_user{user_id};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute("select id, secret, last_step from factors where user_id = $1 and kind "
                                                "= 'totp' and confirmed_at is not null",
                                                std::move(of_user)));
    for (const auto row : rows) {
        SLIPWAY_CO_TRY(const auto secret, opened(row.text("secret")));
        const auto step = totp_match(secret, *typed, now(), row.integer("last_step"));
        if (!step) continue;
        store::Parameters used{row.text("id"), *step, now()};
        SLIPWAY_CO_TRY(const auto changed,
                       co_await transaction.execute("update factors set last_step = $2, last_used_at = $3 where id = "
                                                    "$1 and last_step < $2",
                                                    std::move(used)));
        if (changed.changed() == 1) co_return std::string("otp");
    }
    co_return std::string();
}

Task<FinishedChallenge> Factors::finish(std::string token, std::string code, Visit visit) {
    const auto hash = sha256_hex(token);
    store::Parameters asked{hash, kPurpose, now()};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           "select user_id, data from account_codes where code_hash = $1 and purpose = "
                                           "$2 and expires_at > $3",
                                           std::move(asked)));
    if (rows.empty()) co_return refused("expired");
    FinishedChallenge finished{.user_id = rows.front().text("user_id")};
    if (auto data = parse_json(rows.front().text("data")); data && data->is_object())
        finished.data = std::move(data->as_object());
    SLIPWAY_CO_CHECK(co_await admit_try(finished.user_id));
    bool stands = false;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        finished.method.clear();
        // Counted before it is judged, so that many at once have no more tries than one after the other.
        store::Parameters try_it{hash, kFactorTriesMax, now()};
        SLIPWAY_CO_TRY(const auto counted,
                       co_await transaction.execute("update account_codes set failures = failures + 1 where code_hash "
                                                    "= $1 and failures < $2 and expires_at > $3",
                                                    std::move(try_it)));
        stands = counted.changed() == 1;
        if (!stands) co_return Result<void>();
        SLIPWAY_CO_TRY(finished.method, co_await accept(transaction, finished.user_id, code));
        const bool right = !finished.method.empty();
        if (right) {
            store::Parameters used{hash};
            SLIPWAY_CO_CHECK(
                co_await transaction.execute("delete from account_codes where code_hash = $1", std::move(used)));
        }
        if (finished.method == "otp") co_return Result<void>();
        auto event = event_of(right ? "recovery_code_used" : "factor_failed", finished.user_id, visit, right);
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    if (!stands) co_return refused("expired");
    if (finished.method.empty()) co_return refused("wrong");
    co_return finished;
}

Task<std::string> Factors::verify(std::string user_id, std::string code, Visit visit) {
    SLIPWAY_CO_CHECK(co_await admit_try(user_id));
    std::string method;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(method, co_await accept(transaction, user_id, code));
        if (method == "otp") co_return Result<void>();
        const bool right = !method.empty();
        auto event = event_of(right ? "recovery_code_used" : "factor_failed", user_id, visit, right);
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    if (method.empty()) co_return refused("wrong");
    co_return method;
}

}  // namespace slipway::account
