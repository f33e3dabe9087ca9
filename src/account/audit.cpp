#include "account/audit.h"

#include <algorithm>
#include <stdexcept>

#include "account/audit_events.h"
#include "base/crypto.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::size_t kUserAgentBytesMax = 300;
constexpr std::size_t kFieldBytesMax = 200;  // addresses and ids of requests
constexpr std::string_view kColumns =
    "id, workspace, event, outcome, user_id, actor_id, address, user_agent, request_id, details, at, seal";

std::string_view outcome_of(bool success) { return success ? "success" : "failure"; }

// Each field with its length before it, so that no two rows have the same text.
std::string seal_of(const std::string& key, std::initializer_list<std::string_view> fields) {
    std::string text;
    for (const auto field : fields) text += fmt::format("{}:{},", field.size(), field);
    return to_base64url(hmac_sha256(key, text));
}

std::string seal_of(const std::string& key, const store::Row& row) {
    return seal_of(key, {row.text("id"), row.text("workspace"), row.text("event"), row.text("outcome"),
                         row.text("user_id"), row.text("actor_id"), row.text("address"), row.text("user_agent"),
                         row.text("request_id"), row.text("details"), std::to_string(row.integer("at"))});
}

bool is_sealed(const AuditOptions& options, const store::Row& row) {
    const auto seal = row.text("seal");
    const auto made_with = [&](const std::string& key) { return equal_constant_time(seal_of(key, row), seal); };
    return made_with(options.key) || std::ranges::any_of(options.former_keys, made_with);
}

RecordedEvent event_of(const AuditOptions& options, const store::Row& row) {
    RecordedEvent recorded;
    recorded.id = row.text("id");
    recorded.at = row.instant("at");
    recorded.sealed = is_sealed(options, row);
    auto& event = recorded.event;
    event.event = row.text("event");
    event.success = row.text("outcome") == outcome_of(true);
    event.workspace = row.text("workspace");
    event.user_id = row.text("user_id");
    event.actor_id = row.text("actor_id");
    event.visit = {row.text("address"), row.text("user_agent"), row.text("request_id")};
    if (auto details = parse_json(row.text("details")); details && details->is_object())
        event.details = std::move(details->as_object());
    return recorded;
}

// The conditions of a filter, with their parameters in the order of their numbers.
struct Where {
    std::string sql = "1 = 1";
    store::Parameters parameters;

    void add(std::string_view condition, store::Value value) {
        parameters.push_back(std::move(value));
        sql += fmt::format(" and {} ${}", condition, parameters.size());
    }
    void add_text(std::string_view condition, const std::string& text) {
        if (!text.empty()) add(condition, text);
    }
};

Where where_of(const EventFilter& filter) {
    Where where;
    if (filter.workspace) where.add("workspace =", *filter.workspace);
    where.add_text("user_id =", filter.user_id);
    where.add_text("actor_id =", filter.actor_id);
    where.add_text("event =", filter.event);
    where.add_text("outcome =", filter.outcome);
    if (filter.from) where.add("at >=", *filter.from);
    if (filter.until) where.add("at <", *filter.until);
    where.add_text("id <", filter.before);
    return where;
}

}  // namespace

Task<void> Audit::record(store::Transaction& transaction, SecurityEvent event) const {
    if (!is_security_event(event.event)) throw std::logic_error(fmt::format("no security event: {}", event.event));
    const std::string id = new_id();
    const std::string outcome(outcome_of(event.success));
    const std::string address(cut_utf8(event.visit.address, kFieldBytesMax));
    const std::string user_agent(cut_utf8(event.visit.user_agent, kUserAgentBytesMax));
    const std::string request_id(cut_utf8(event.visit.request_id, kFieldBytesMax));
    const auto actor_id = event.actor_id.empty() ? event.user_id : event.actor_id;
    const auto details = write_json(event.details);
    const auto at = to_unix_ms(now());
    const auto seal = seal_of(options_.key, {id, event.workspace, event.event, outcome, event.user_id, actor_id,
                                             address, user_agent, request_id, details, std::to_string(at)});
    store::Parameters row{id,         event.workspace, event.event, outcome, event.user_id, actor_id, address,
                          user_agent, request_id,      details,     at,      seal};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        fmt::format("insert into security_events({}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                    kColumns),
        std::move(row)));
    co_return Result<void>();
}

Task<void> Audit::record(SecurityEvent event) const {
    auto body = [this, event = std::move(event)](store::Transaction& transaction) -> Task<void> {
        auto again = event;
        co_return co_await record(transaction, std::move(again));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact_guarded(store::Scope::system(), named_body);
}

Task<std::vector<RecordedEvent>> Audit::list(EventFilter filter) const {
    auto where = where_of(filter);
    where.parameters.push_back(std::min(filter.limit, kEventsListedMax));
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           fmt::format("select {} from security_events where {} order by id desc limit "
                                                       "${}",
                                                       kColumns, where.sql, where.parameters.size()),
                                           std::move(where.parameters)));
    std::vector<RecordedEvent> events;
    for (const auto row : rows) events.push_back(event_of(options_, row));
    co_return events;
}

Task<std::optional<RecordedEvent>> Audit::find(std::optional<std::string> workspace, std::string id) const {
    EventFilter filter;
    filter.workspace = std::move(workspace);
    auto where = where_of(filter);
    where.add("id =", std::move(id));
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           fmt::format("select {} from security_events where {}", kColumns, where.sql),
                                           std::move(where.parameters)));
    std::optional<RecordedEvent> found;
    if (!rows.empty()) found = event_of(options_, rows.front());
    co_return found;
}

Task<std::int64_t> Audit::forget_old(std::size_t at_once) const {
    store::Parameters old{now() - options_.kept_for, at_once};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.write(store::Scope::system(),
                                            "delete from security_events where id in (select id from security_events "
                                            "where at < $1 order by id limit $2)",
                                            std::move(old)));
    co_return rows.changed();
}

}  // namespace slipway::account
