#include "account/errands.h"

#include "base/crypto.h"
#include "base/log.h"
#include "base/sealed_box.h"

namespace slipway::account {
namespace {

constexpr std::string_view kPurpose = "errand";
constexpr std::chrono::hours kKeptFor{48};
constexpr std::chrono::minutes kLeftAfter{10};  // without a word
constexpr std::size_t kLeftMax = 100;
constexpr int kAttempts = 12;  // over some hours

}  // namespace

Errands::Errands(store::Database& database, job::Jobs& jobs, WorkspaceId workspace, std::string key,
                 std::vector<std::string> former_keys)
    : database_(database), jobs_(jobs), workspace_(std::move(workspace)), keys_{std::move(key)} {
    keys_.insert(keys_.end(), former_keys.begin(), former_keys.end());
}

Task<std::string> Errands::note(store::Transaction& transaction, std::string kind, json::object values) const {
    std::string id = random_token();
    const auto current = now();
    store::Parameters row{id, kPurpose, kind, seal(keys_.front(), write_json(values)), current, current + kKeptFor};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "insert into account_codes(code_hash, purpose, bound_to, data, failures, created_at, expires_at) values ($1, "
        "$2, $3, $4, 0, $5, $6)",
        std::move(row)));
    co_return id;
}

Task<void> Errands::begin(std::string kind, json::object values) {
    std::vector<std::string> ids;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        ids.clear();
        SLIPWAY_CO_TRY(auto id, co_await note(transaction, kind, values));
        ids.push_back(std::move(id));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact_guarded(store::Scope::system(), named_body));
    co_return co_await start(std::move(ids));
}

Task<void> Errands::start(std::vector<std::string> ids) {
    for (auto& id : ids) {
        job::NewJob wanted;
        wanted.name = kErrandJob;
        wanted.arguments = {{"id", id}};
        wanted.deduplication_key = std::move(id);
        wanted.attempts_max = kAttempts;
        const auto started = co_await jobs_.start(workspace_, std::move(wanted));
        if (!started) log::warning("an errand of accounts starts later", {{"reason", started.error().message}});
    }
    co_return Result<void>();
}

Task<void> Errands::drop(std::string id) const {
    store::Parameters done{std::move(id), kPurpose};
    SLIPWAY_CO_CHECK(co_await database_.write_guarded(
        store::Scope::system(), "delete from account_codes where code_hash = $1 and purpose = $2", std::move(done)));
    co_return Result<void>();
}

Task<void> Errands::run(job::Job job) {
    std::string id(text_or(job.arguments, "id"));
    store::Parameters wanted{id, kPurpose, now()};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           "select bound_to, data from account_codes where code_hash = $1 and purpose "
                                           "= $2 and expires_at > $3",
                                           std::move(wanted)));
    if (rows.empty()) co_return Result<void>();  // done, or too old to be of use
    std::optional<std::string> text;
    for (const auto& key : keys_)
        if (!text) text = open_sealed(key, rows.front().text("data"));
    const auto handler = handlers_.find(rows.front().text("bound_to"));
    auto values = text ? parse_json(*text) : Result<json::value>(json::value());
    auto done = Result<void>(fail(ErrorCode::invalid, "The note of this errand is of no use any more."));
    if (values && values->is_object() && handler != handlers_.end())
        done = co_await handler->second(std::move(values->as_object()));
    const bool again = !done && done.error().code != ErrorCode::invalid && done.error().code != ErrorCode::not_found &&
                       done.error().code != ErrorCode::forbidden;
    if (!again) SLIPWAY_CO_CHECK(co_await drop(std::move(id)));
    if (done && now() - looked_.load() > kLeftAfter) SLIPWAY_CO_CHECK(co_await start_left());
    co_return done;
}

Task<void> Errands::start_left() {
    looked_ = now();
    store::Parameters left{kPurpose, now() - kLeftAfter, kLeftMax};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           "select code_hash from account_codes where purpose = $1 and created_at < "
                                           "$2 order by created_at limit $3",
                                           std::move(left)));
    std::vector<std::string> ids;
    for (const auto row : rows) ids.push_back(row.text("code_hash"));
    co_return co_await start(std::move(ids));
}

}  // namespace slipway::account
