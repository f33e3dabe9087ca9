// Limits on failed sign-ins. Kept in the database, so that a restart does not forget them.
#include "account/service.h"

namespace slipway::account {

Task<void> Accounts::check_attempts(std::string subject, int allowed) {
    store::Parameters parameters{subject, now()};
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(
            store::Scope::system(),
            "select failures, window_ends_at from sign_in_attempts where subject = $1 and window_ends_at > $2",
            std::move(parameters)));
    if (rows.empty() || rows.front().integer("failures") < allowed) co_return Result<void>();
    const auto wait = std::chrono::ceil<std::chrono::seconds>(rows.front().instant("window_ends_at") - now()).count();
    auto error =
        Error{ErrorCode::rate_limited, fmt::format("Too many failed attempts. Try again in {} seconds.", wait), {}};
    co_return std::unexpected(std::move(error).with("retry_after_seconds", wait));
}

Task<void> Accounts::record_failure(std::string subject) {
    const auto current = now();
    store::Parameters parameters{subject, current, current + options_.attempts_window};
    auto body = [parameters = std::move(parameters), current](store::Transaction& transaction) -> Task<void> {
        store::Parameters expired{current};
        SLIPWAY_CO_CHECK(co_await transaction.execute("delete from sign_in_attempts where window_ends_at <= $1",
                                                      std::move(expired)));
        store::Parameters values{parameters[0], parameters[2]};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into sign_in_attempts(subject, failures, window_ends_at) values ($1, 1, $2) "
            "on conflict(subject) do update set failures = sign_in_attempts.failures + 1",
            std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<void> Accounts::clear_failures(std::string subject) {
    store::Parameters parameters{std::move(subject)};
    SLIPWAY_CO_CHECK(co_await database_.write(store::Scope::system(), "delete from sign_in_attempts where subject = $1",
                                              std::move(parameters)));
    co_return Result<void>();
}

}  // namespace slipway::account
