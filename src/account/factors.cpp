#include "account/factors.h"

#include <algorithm>

#include "account/totp.h"
#include "base/characters.h"
#include "base/crypto.h"
#include "base/sealed_box.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::string_view kFactorColumns = "id, kind, name, created_at, confirmed_at, last_used_at";
constexpr Milliseconds kUnconfirmedKept = std::chrono::hours(1);
constexpr std::size_t kRecoveryBytes = 15;
constexpr std::size_t kRecoveryGroup = 4;
constexpr std::size_t kTypedRecoveryBytesMax = 64;

std::unexpected<Error> unknown_factor() { return fail(ErrorCode::not_found, "There is no such factor."); }

std::unexpected<Error> with_reason(ErrorCode code, std::string message, std::string_view reason) {
    return std::unexpected(Error{code, std::move(message), {}}.with("reason", json::string(reason)));
}

std::unexpected<Error> wrong_code() {
    return with_reason(ErrorCode::invalid, "The code is wrong. Is the clock of the device right?", "wrong");
}

Factor factor_of(const store::Row& row) {
    Factor factor;
    factor.id = row.text("id");
    factor.kind = row.text("kind");
    factor.name = row.text("name");
    factor.created_at = row.instant("created_at");
    if (row.optional_integer("confirmed_at")) factor.confirmed_at = row.instant("confirmed_at");
    if (row.optional_integer("last_used_at")) factor.last_used_at = row.instant("last_used_at");
    return factor;
}

SecurityEvent event_of(std::string_view name, const Principal& principal, Visit visit, json::object details = {}) {
    SecurityEvent event{.event = std::string(name), .user_id = principal.user.id};
    event.visit = std::move(visit);
    event.details = std::move(details);
    return event;
}

// "ABCD-EFGH-IJKL-MNOP"
std::string new_recovery_code() {
    const auto text = to_base32(random_bytes(kRecoveryBytes));
    std::string code;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i > 0 && i % kRecoveryGroup == 0) code += '-';
        code += text[i];
    }
    return code;
}

bool any_confirmed(const std::vector<Factor>& factors) {
    return std::ranges::any_of(factors, [](const Factor& factor) { return factor.confirmed_at.has_value(); });
}

}  // namespace

std::string folded_recovery_code(std::string_view typed) {
    std::string code;
    for (const char c : typed.substr(0, kTypedRecoveryBytesMax)) {
        if (c == ' ' || c == '-') continue;
        code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return code;
}

bool Factors::is_required(const User& user) const {
    if (user.anonymous || user.number == 0) return false;
    return options_.policy == FactorPolicy::required ||
           (options_.required_from && user.role >= *options_.required_from);
}

Result<void> Factors::check_assurance(const Principal& principal) const {
    if (principal.proof != Proof::session || principal.assurance >= 2 || !is_required(principal.user)) return {};
    return with_reason(ErrorCode::forbidden,
                       "Add a second factor to your account first; this application requires one.", "factor_required");
}

Result<void> Factors::check_recent(const Principal& principal) const {
    const bool recent =
        principal.proof == Proof::session && now() - principal.authenticated_at <= Milliseconds(options_.step_up);
    if (recent) return {};
    return with_reason(ErrorCode::forbidden, "Show your password again first: this changes how you sign in.",
                       "reauthenticate");
}

Result<void> Factors::check_change(const Principal& principal, bool has_confirmed) const {
    if (!offered()) return fail(ErrorCode::forbidden, "This application has no second factors.");
    if (principal.user.anonymous)
        return fail(ErrorCode::forbidden,
                    "Register first: an anonymous user has no password that a factor could join.");
    SLIPWAY_CHECK(check_recent(principal));
    if (has_confirmed && principal.assurance < 2)
        return with_reason(ErrorCode::forbidden, "Sign in with your second factor first: this changes it.",
                           "reauthenticate");
    return {};
}

Result<std::string> Factors::opened(const std::string& sealed) const {
    if (auto secret = open_sealed(options_.key, sealed)) return *std::move(secret);
    for (const auto& key : options_.former_keys)
        if (auto secret = open_sealed(key, sealed)) return *std::move(secret);
    return fail(
        ErrorCode::internal,
        "The secret of a second factor was sealed with another accounts.secret; name that among the former ones.");
}

Task<std::vector<Factor>> Factors::list(std::string user_id) {
    store::Parameters parameters{std::move(user_id)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           fmt::format("select {} from factors where user_id = $1 order by created_at, "
                                                       "id",
                                                       kFactorColumns),
                                           std::move(parameters)));
    std::vector<Factor> factors;
    for (const auto row : rows) factors.push_back(factor_of(row));
    co_return factors;
}

Task<bool> Factors::has_confirmed(std::string user_id) {
    SLIPWAY_CO_TRY(const auto factors, co_await list(std::move(user_id)));
    co_return any_confirmed(factors);
}

Task<std::size_t> Factors::recovery_codes_left(std::string user_id) {
    store::Parameters parameters{std::move(user_id)};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(store::Scope::system(),
                                                            "select count(*) as n from recovery_codes where "
                                                            "user_id = $1",
                                                            std::move(parameters)));
    co_return static_cast<std::size_t>(rows.front().integer("n"));
}

Task<NewFactor> Factors::add(Principal principal, std::string name, Visit) {
    SLIPWAY_CO_TRY(const auto factors, co_await list(principal.user.id));
    SLIPWAY_CO_CHECK(check_change(principal, any_confirmed(factors)));
    name = std::string(trim(name));
    if (name.empty()) name = "Authenticator";
    if (name.size() > kFactorNameBytesMax)
        co_return fail(ErrorCode::invalid, "The name of a factor has at most {} bytes.", kFactorNameBytesMax);
    const auto secret = random_bytes(kTotpSecretBytes);
    NewFactor made;
    made.factor = {.id = new_id(), .kind = "totp", .name = name, .created_at = now()};
    const auto& account = principal.user.email.empty() ? principal.user.username : principal.user.email;
    made.secret = to_base32(secret);
    made.uri = otpauth_uri(options_.issuer, account, secret);
    store::Parameters row{made.factor.id, principal.user.id, made.factor.name, seal(options_.key, secret),
                          made.factor.created_at};
    store::Parameters stale{principal.user.id, now() - kUnconfirmedKept};
    auto body = [&row, &stale](store::Transaction& transaction) -> Task<void> {
        auto old = stale;
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "delete from factors where user_id = $1 and confirmed_at is null and created_at < $2", std::move(old)));
        store::Parameters of_user{stale.front()};
        SLIPWAY_CO_TRY(
            const auto counted,
            co_await transaction.execute("select count(*) as n from factors where user_id = $1", std::move(of_user)));
        if (counted.front().integer("n") >= static_cast<std::int64_t>(kFactorsPerUserMax))
            co_return fail(ErrorCode::conflict, "There are {} factors already; remove one.", kFactorsPerUserMax);
        auto values = row;
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into factors(id, user_id, kind, name, secret, data, last_step, created_at) values ($1, $2, 'totp', "
            "$3, $4, '{}', 0, $5)",
            std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return made;
}

Task<std::vector<std::string>> Factors::renew_recovery_codes(store::Transaction& transaction, std::string user_id) {
    store::Parameters of_user{user_id};
    SLIPWAY_CO_CHECK(co_await transaction.execute("delete from recovery_codes where user_id = $1", std::move(of_user)));
    std::vector<std::string> codes;
    for (std::size_t i = 0; i < kRecoveryCodes; ++i) {
        codes.push_back(new_recovery_code());
        store::Parameters row{user_id, sha256_hex(folded_recovery_code(codes.back())), now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into recovery_codes(user_id, code_hash, created_at) values ($1, $2, $3)", std::move(row)));
    }
    co_return codes;
}

Task<std::vector<std::string>> Factors::confirm(Principal principal, std::string id, std::string code, Visit visit) {
    SLIPWAY_CO_TRY(const auto factors, co_await list(principal.user.id));
    const bool first = !any_confirmed(factors);
    SLIPWAY_CO_CHECK(check_change(principal, !first));
    SLIPWAY_CO_CHECK(co_await admit_try(principal.user.id));
    store::Parameters by_id{std::move(id), principal.user.id};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           "select id, name, secret from factors where id = $1 and user_id = $2 and "
                                           "confirmed_at is null",
                                           std::move(by_id)));
    if (rows.empty()) co_return unknown_factor();
    const auto factor_id = rows.front().text("id");
    const json::object details{{"factor_id", factor_id}, {"name", rows.front().text("name")}};
    SLIPWAY_CO_TRY(const auto secret, opened(rows.front().text("secret")));
    const auto typed = totp_input(code);
    const auto step = typed ? totp_match(secret, *typed, now(), 0) : std::nullopt;
    if (!step) co_return wrong_code();
    std::vector<std::string> codes;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters row{factor_id, now(), *step};
        SLIPWAY_CO_TRY(const auto changed,
                       co_await transaction.execute("update factors set confirmed_at = $2, last_used_at = $2, "
                                                    "last_step = $3 where id = $1 and confirmed_at is null",
                                                    std::move(row)));
        if (changed.changed() == 0) co_return unknown_factor();
        if (first) {
            SLIPWAY_CO_TRY(codes, co_await renew_recovery_codes(transaction, principal.user.id));
        }
        auto event = event_of("factor_added", principal, visit, details);
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return codes;
}

Task<void> Factors::remove(Principal principal, std::string id, Visit visit) {
    SLIPWAY_CO_TRY(const auto factors, co_await list(principal.user.id));
    SLIPWAY_CO_CHECK(check_change(principal, any_confirmed(factors)));
    const auto gone = std::ranges::find(factors, id, &Factor::id);
    if (gone == factors.end()) co_return unknown_factor();
    const bool last = gone->confirmed_at && std::ranges::count_if(factors, [](const Factor& factor) {
                                                return factor.confirmed_at.has_value();
                                            }) == 1;
    if (last && is_required(principal.user))
        co_return fail(ErrorCode::conflict, "This application requires a second factor; add another one first.");
    const json::object details{{"factor_id", id}, {"name", gone->name}};
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters row{id, principal.user.id};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("delete from factors where id = $1 and user_id = $2", std::move(row)));
        if (last) {
            store::Parameters of_user{principal.user.id};
            SLIPWAY_CO_CHECK(
                co_await transaction.execute("delete from recovery_codes where user_id = $1", std::move(of_user)));
        }
        auto event = event_of("factor_removed", principal, visit, details);
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<std::vector<std::string>> Factors::make_recovery_codes(Principal principal, Visit visit) {
    SLIPWAY_CO_TRY(const auto factors, co_await list(principal.user.id));
    if (!any_confirmed(factors)) co_return fail(ErrorCode::conflict, "Add a second factor first.");
    SLIPWAY_CO_CHECK(check_change(principal, true));
    std::vector<std::string> codes;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(codes, co_await renew_recovery_codes(transaction, principal.user.id));
        auto event = event_of("recovery_codes_made", principal, visit);
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return codes;
}

}  // namespace slipway::account
