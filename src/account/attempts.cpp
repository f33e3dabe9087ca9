// Limits on failed sign-ins. Kept in the database, so that a restart does not forget them.
#include "account/service.h"

namespace slipway::account {
namespace {

// One statement looks at the limit and counts, so that attempts at the same moment cannot pass it together.
constexpr std::string_view kCount =
    "insert into sign_in_attempts(subject, failures, window_ends_at) values ($1, 1, $2) on conflict(subject) do "
    "update set failures = sign_in_attempts.failures + 1 where sign_in_attempts.failures < $3";

Error too_many(const store::Rows& rows) {
    using std::chrono::seconds;
    const auto wait =
        rows.empty() ? seconds(1) : std::chrono::ceil<seconds>(rows.front().instant("window_ends_at") - now());
    auto message = fmt::format("Too many failed attempts. Try again in {} seconds.", wait.count());
    return Error{ErrorCode::rate_limited, std::move(message), {}}.with("retry_after_seconds", wait.count());
}

Task<void> count_one(store::Transaction& transaction, std::string subject, Instant window_ends_at, int allowed) {
    store::Parameters counted{subject, window_ends_at, allowed};
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(std::string(kCount), std::move(counted)));
    if (rows.changed() > 0) co_return Result<void>();
    store::Parameters limited{subject};
    SLIPWAY_CO_TRY(const auto window,
                   co_await transaction.execute("select window_ends_at from sign_in_attempts where subject = $1",
                                                std::move(limited)));
    co_return std::unexpected(too_many(window));
}

Task<void> give_back_one(store::Transaction& transaction, std::string subject) {
    store::Parameters less{subject}, nothing{subject};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "update sign_in_attempts set failures = failures - 1 where subject = $1", std::move(less)));
    SLIPWAY_CO_CHECK(co_await transaction.execute("delete from sign_in_attempts where subject = $1 and failures <= 0",
                                                  std::move(nothing)));
    co_return Result<void>();
}

}  // namespace

Task<void> Accounts::count_attempt(Attempt attempt) {
    auto body = [this, attempt = std::move(attempt)](store::Transaction& transaction) -> Task<void> {
        const auto current = now();
        const auto window_ends_at = current + options_.attempts_window;
        store::Parameters expired{current};
        SLIPWAY_CO_CHECK(co_await transaction.execute("delete from sign_in_attempts where window_ends_at <= $1",
                                                      std::move(expired)));
        SLIPWAY_CO_CHECK(co_await count_one(transaction, attempt.name, window_ends_at, options_.attempts_max));
        co_return co_await count_one(transaction, attempt.address, window_ends_at, options_.attempts_max * 10);
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<void> Accounts::give_back_attempt(Attempt attempt, bool succeeded) {
    auto body = [attempt = std::move(attempt), succeeded](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await give_back_one(transaction, attempt.address));
        if (!succeeded) co_return co_await give_back_one(transaction, attempt.name);
        store::Parameters all{attempt.name};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("delete from sign_in_attempts where subject = $1", std::move(all)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

}  // namespace slipway::account
