#include "account/identity_rows.h"

#include "base/crypto.h"

namespace slipway::account {

Task<void> keep_code(store::Database& database, CodeRow row) {
    auto body = [row = std::move(row)](store::Transaction& transaction) -> Task<void> {
        const auto current = now();
        store::Parameters ended{current, row.purpose};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "delete from account_codes where expires_at <= $1 and purpose = $2", std::move(ended)));
        store::Parameters values{sha256_hex(row.code), row.purpose, row.bound_to,
                                 write_json(row.data), current,     current + row.valid_for};
        values.push_back(row.user_id.empty() ? store::Value() : store::Value(row.user_id));
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into account_codes(code_hash, purpose, bound_to, data, failures, created_at, expires_at, user_id) "
            "values ($1, $2, $3, $4, 0, $5, $6, $7)",
            std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    co_return co_await database.transact_guarded(store::Scope::system(), named_body);
}

Task<std::optional<CodeRow>> take_code(store::Database& database, std::string code, std::string_view purpose) {
    std::optional<CodeRow> taken;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        taken.reset();
        store::Parameters named{sha256_hex(code), purpose};
        SLIPWAY_CO_TRY(const auto rows,
                       co_await transaction.execute("select user_id, bound_to, data, expires_at from "
                                                    "account_codes where code_hash = $1 and purpose = $2",
                                                    std::move(named)));
        if (rows.empty()) co_return Result<void>();
        store::Parameters used{sha256_hex(code)};
        SLIPWAY_CO_TRY(const auto gone,
                       co_await transaction.execute("delete from account_codes where code_hash = $1", std::move(used)));
        const auto row = rows.front();
        if (gone.changed() == 0 || row.instant("expires_at") <= now()) co_return Result<void>();
        taken =
            CodeRow{.code = "", .purpose = purpose, .user_id = row.text("user_id"), .bound_to = row.text("bound_to")};
        if (auto data = parse_json(row.text("data")); data && data->is_object())
            taken->data = std::move(data->get_object());
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database.transact(store::Scope::system(), named_body));
    co_return taken;
}

Task<std::optional<std::string>> use_identity(store::Database& database, std::string provider, std::string subject) {
    store::Parameters named{provider, subject};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.read(store::Scope::system(),
                                          "select user_id from identities where provider = $1 and subject = $2",
                                          std::move(named)));
    std::optional<std::string> user_id;
    if (rows.empty()) co_return user_id;
    user_id = rows.front().text("user_id");
    store::Parameters used{provider, subject, now()};
    SLIPWAY_CO_CHECK(co_await database.write(
        store::Scope::system(), "update identities set last_used_at = $3 where provider = $1 and subject = $2",
        std::move(used)));
    co_return user_id;
}

Task<void> add_identity(store::Transaction& transaction, const Audit& audit, std::string user_id, std::string provider,
                        ProvidedIdentity identity, Visit visit) {
    store::Parameters asked{provider, identity.subject, user_id};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute("select user_id, subject from identities where provider = $1 and "
                                                "(subject = $2 or user_id = $3)",
                                                std::move(asked)));
    for (const auto row : rows) {
        const bool same = row.text("user_id") == user_id && row.text("subject") == identity.subject;
        if (same) co_return Result<void>();
        co_return fail(ErrorCode::conflict, "This identity is linked already, or another one of {} is.", provider);
    }
    store::Parameters values{provider, identity.subject, user_id, identity.email, now()};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "insert into identities(provider, subject, user_id, email, created_at, last_used_at) values ($1, $2, $3, $4, "
        "$5, $5)",
        std::move(values)));
    SecurityEvent linked{.event = "identity_linked", .user_id = user_id, .visit = std::move(visit)};
    linked.details["provider"] = provider;
    co_return co_await audit.record(transaction, std::move(linked));
}

}  // namespace slipway::account
