#include "account/codes.h"

#include "base/crypto.h"

namespace slipway::account {
namespace {
constexpr std::size_t kCodeBytesMax = 128;
}

Task<void> drop_codes(store::Transaction& transaction, std::string purpose, std::string user_id) {
    store::Parameters earlier{std::move(purpose), std::move(user_id)};
    SLIPWAY_CO_CHECK(co_await transaction.execute("delete from account_codes where purpose = $1 and user_id = $2",
                                                  std::move(earlier)));
    co_return Result<void>();
}

Task<std::string> make_code(store::Transaction& transaction, NewCode code) {
    auto token = random_token();
    if (!code.user_id.empty()) SLIPWAY_CO_CHECK(co_await drop_codes(transaction, code.purpose, code.user_id));
    const auto current = now();
    store::Parameters expired{current};
    SLIPWAY_CO_CHECK(
        co_await transaction.execute("delete from account_codes where expires_at <= $1", std::move(expired)));
    store::Parameters row{sha256_hex(token),     code.purpose, code.bound_to,
                          write_json(code.data), current,      current + code.valid_for};
    row.push_back(code.user_id.empty() ? store::Value() : store::Value(code.user_id));
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "insert into account_codes(code_hash, purpose, user_id, bound_to, data, failures, created_at, expires_at) "
        "values ($1, $2, $7, $3, $4, 0, $5, $6)",
        std::move(row)));
    co_return token;
}

Task<std::optional<UsedCode>> use_code(store::Transaction& transaction, std::string purpose, std::string code,
                                       std::string bound_to) {
    std::optional<UsedCode> used;
    if (code.empty() || code.size() > kCodeBytesMax) co_return used;
    const auto hash = sha256_hex(code);
    store::Parameters shown{hash, std::move(purpose), std::move(bound_to), now()}, again = shown;
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(
                                        "select user_id, data from account_codes where code_hash = $1 and purpose = $2 "
                                        "and bound_to = $3 and expires_at > $4",
                                        std::move(shown)));
    if (rows.empty()) co_return used;
    SLIPWAY_CO_TRY(const auto taken,
                   co_await transaction.execute("delete from account_codes where code_hash = $1 and purpose = $2 and "
                                                "bound_to = $3 and expires_at > $4",
                                                std::move(again)));
    if (taken.changed() == 0) co_return used;
    used.emplace();
    used->user_id = rows.front().text("user_id");
    if (auto data = parse_json(rows.front().text("data")); data && data->is_object())
        used->data = std::move(data->as_object());
    co_return used;
}

Task<std::optional<Instant>> last_code_of(store::Transaction& transaction, std::string purpose, std::string user_id) {
    store::Parameters parameters{std::move(purpose), std::move(user_id), now()};
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(
                                        "select max(created_at) as made_at from account_codes where purpose = $1 and "
                                        "user_id = $2 and expires_at > $3",
                                        std::move(parameters)));
    std::optional<Instant> made;
    if (!rows.empty() && rows.front().optional_integer("made_at")) made = rows.front().instant("made_at");
    co_return made;
}

}  // namespace slipway::account
