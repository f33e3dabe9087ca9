// Limits on failed sign-ins. Kept in the database, so that a restart does not forget them and servers count together.
//
// An account has a count for each origin from which it was signed in to before (the fingerprint of a device, or a
// network), and one that all others share. After AccountOptions::attempts_max failures each further attempt of a count
// waits, twice as long each time, up to attempts_window. So who guesses from anywhere makes the others wait, never the
// owner on a device of theirs; and a reset of the password by mail is always open. A network has a limit over all
// names.
#include "account/service.h"
#include "base/network_address.h"

namespace slipway::account {
namespace {

constexpr std::chrono::seconds kForgottenAfter = std::chrono::hours(24);  // since the last failure
constexpr int kDoublings = 5;                                             // from the first delay to the longest
constexpr int kOriginsMax = 20;                                           // remembered of an account, those used last
constexpr int kNamesOfAddress = 10;  // a network has so many times the attempts of a name

// How long after the last of so many failures the next attempt may come.
std::chrono::seconds delay_after(std::int64_t failures, const AccountOptions& options) {
    const auto over = failures - options.attempts_max;
    if (over < 0) return std::chrono::seconds(0);
    const auto halvings = kDoublings - std::min<std::int64_t>(over, kDoublings);
    return std::max(options.attempts_window / (std::int64_t{1} << halvings), std::chrono::seconds(1));
}

// delay_after() in SQL, in milliseconds.
std::string delay_sql(const AccountOptions& options) {
    std::string cases;
    for (int over = 0; over < kDoublings; ++over) {
        const auto failures = options.attempts_max + over;
        cases += fmt::format(" when sign_in_attempts.failures = {} then {}", failures,
                             Milliseconds(delay_after(failures, options)).count());
    }
    return fmt::format("case when sign_in_attempts.failures < {} then 0{} else {} end", options.attempts_max, cases,
                       Milliseconds(options.attempts_window).count());
}

std::unexpected<Error> too_many(std::chrono::milliseconds left) {
    const auto wait = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(left).count());
    auto message = fmt::format("Too many failed attempts. Try again in {} seconds.", wait);
    return std::unexpected(Error{ErrorCode::rate_limited, std::move(message), {}}.with("retry_after_seconds", wait));
}

Task<store::Rows> row_of(store::Transaction& transaction, std::string subject) {
    store::Parameters parameters{std::move(subject)};
    co_return co_await transaction.execute("select failures, window_ends_at from sign_in_attempts where subject = $1",
                                           std::move(parameters));
}

// One statement looks at the limit and counts, so that attempts at the same moment cannot pass it together.
Task<void> count_in_window(store::Transaction& transaction, std::string subject, Instant window_ends_at, int allowed) {
    store::Parameters counted{subject, window_ends_at, allowed};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute(
                       "insert into sign_in_attempts(subject, failures, window_ends_at) values ($1, 1, $2) on "
                       "conflict(subject) do update set failures = sign_in_attempts.failures + 1 where "
                       "sign_in_attempts.failures < $3",
                       std::move(counted)));
    if (rows.changed() > 0) co_return Result<void>();
    SLIPWAY_CO_TRY(const auto window, co_await row_of(transaction, std::move(subject)));
    co_return too_many(window.empty() ? Milliseconds(0) : window.front().instant("window_ends_at") - now());
}

// `window_ends_at` is when the count is forgotten, which tells when the last failure was.
Task<void> count_with_delay(store::Transaction& transaction, std::string subject, const AccountOptions& options) {
    const auto current = now();
    store::Parameters counted{subject, current + kForgottenAfter, current + kForgottenAfter};
    auto sql = fmt::format(
        "insert into sign_in_attempts(subject, failures, window_ends_at) values ($1, 1, $2) on conflict(subject) do "
        "update set failures = sign_in_attempts.failures + 1, window_ends_at = $2 where "
        "sign_in_attempts.window_ends_at + {} <= $3",
        delay_sql(options));
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(std::move(sql), std::move(counted)));
    if (rows.changed() > 0) co_return Result<void>();
    SLIPWAY_CO_TRY(const auto row, co_await row_of(transaction, std::move(subject)));
    if (row.empty()) co_return too_many(Milliseconds(0));
    const auto last = row.front().instant("window_ends_at") - kForgottenAfter;
    co_return too_many(last + delay_after(row.front().integer("failures"), options) - current);
}

Task<void> give_back_one(store::Transaction& transaction, std::string subject) {
    store::Parameters less{subject}, nothing{subject};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "update sign_in_attempts set failures = failures - 1 where subject = $1", std::move(less)));
    SLIPWAY_CO_CHECK(co_await transaction.execute("delete from sign_in_attempts where subject = $1 and failures <= 0",
                                                  std::move(nothing)));
    co_return Result<void>();
}

// What an attempt is counted under. Asked with the same statements whether or not there is such an account.
struct Subjects {
    std::string user_id;  // "": nobody is called so
    std::string address;
    std::vector<std::string> origins;  // hashed: the device's, the network's
    std::string counted;               // the account's known origin, else the account with all unknown ones
};

std::vector<std::string> origins_of(std::string_view address, const std::string& device) {
    std::vector<std::string> origins;
    if (!device.empty()) origins.push_back(sha256_hex("device " + device));
    origins.push_back(sha256_hex(fmt::format("network {}", address)));
    return origins;
}

Task<Subjects> subjects_of(store::Transaction& transaction, std::string name, std::string address, std::string device) {
    constexpr std::string_view kName = "name:", kAddress = "address:";
    Subjects subjects;
    address = network_of(address.substr(kAddress.size()));
    subjects.address = fmt::format("{}{}", kAddress, address);
    subjects.origins = origins_of(address, device);
    store::Parameters named{name.substr(kName.size())};
    SLIPWAY_CO_TRY(const auto users,
                   co_await transaction.execute(
                       "select id from users where email = $1 or username_folded = $1 order by id", std::move(named)));
    if (!users.empty()) subjects.user_id = users.front().text("id");
    store::Parameters by_user{subjects.user_id};
    SLIPWAY_CO_TRY(const auto known, co_await transaction.execute(
                                         "select origin from sign_in_origins where user_id = $1", std::move(by_user)));
    subjects.counted = subjects.user_id.empty() ? name : "account:" + subjects.user_id;
    for (const auto& origin : subjects.origins)
        for (const auto row : known)
            if (row.text("origin") == origin) {
                subjects.counted += ":" + origin;
                co_return subjects;
            }
    co_return subjects;
}

Task<void> remember_origins(store::Transaction& transaction, const Subjects& subjects) {
    const auto current = now();
    for (const auto& origin : subjects.origins) {
        store::Parameters seen{subjects.user_id, origin, current};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into sign_in_origins(user_id, origin, last_seen_at) values ($1, $2, $3) on conflict(user_id, "
            "origin) do update set last_seen_at = $3",
            std::move(seen)));
    }
    store::Parameters bounded{subjects.user_id, kOriginsMax};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "delete from sign_in_origins where user_id = $1 and origin not in (select origin from sign_in_origins where "
        "user_id = $1 order by last_seen_at desc, origin limit $2)",
        std::move(bounded)));
    co_return Result<void>();
}

}  // namespace

Task<void> Accounts::count_attempt(Attempt attempt) {
    auto body = [this, attempt = std::move(attempt)](store::Transaction& transaction) -> Task<void> {
        const auto current = now();
        store::Parameters expired{current};
        SLIPWAY_CO_CHECK(co_await transaction.execute("delete from sign_in_attempts where window_ends_at <= $1",
                                                      std::move(expired)));
        SLIPWAY_CO_TRY(const auto subjects,
                       co_await subjects_of(transaction, attempt.name, attempt.address, attempt.device));
        SLIPWAY_CO_CHECK(co_await count_with_delay(transaction, subjects.counted, options_));
        co_return co_await count_in_window(transaction, subjects.address, current + options_.attempts_window,
                                           options_.attempts_max * kNamesOfAddress);
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<void> Accounts::give_back_attempt(Attempt attempt, bool succeeded) {
    auto body = [attempt = std::move(attempt), succeeded](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(const auto subjects,
                       co_await subjects_of(transaction, attempt.name, attempt.address, attempt.device));
        SLIPWAY_CO_CHECK(co_await give_back_one(transaction, subjects.address));
        if (!succeeded) co_return co_await give_back_one(transaction, subjects.counted);
        store::Parameters all{subjects.counted};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("delete from sign_in_attempts where subject = $1", std::move(all)));
        if (subjects.user_id.empty()) co_return Result<void>();
        co_return co_await remember_origins(transaction, subjects);
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

}  // namespace slipway::account
