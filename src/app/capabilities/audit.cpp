#include "app/capabilities/audit.h"

#include <charconv>

#include "account/audit_events.h"

namespace slipway::app {
namespace {

std::optional<int> digits(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text.front() == '-' || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

// "2026-12-01", or with "T09:30:00Z" behind it.
std::optional<Instant> instant_of(std::string_view text) {
    constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";
    if (text.size() != kForm.size() && text.size() != kForm.find('T')) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (kForm[i] != 'd' && text[i] != kForm[i]) return std::nullopt;
    const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    Instant instant = std::chrono::sys_days(date);
    if (text.size() < kForm.size()) return instant;
    const auto hour = digits(text.substr(11, 2)), minute = digits(text.substr(14, 2)),
               second = digits(text.substr(17, 2));
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return instant + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

Result<std::optional<Instant>> instant_in(const json::object& wanted, std::string_view key) {
    const auto text = text_or(wanted, key);
    if (text.empty()) return std::optional<Instant>();
    const auto instant = instant_of(text);
    if (!instant)
        return fail(ErrorCode::invalid, "`{}` is a time such as 2026-12-01T09:30:00Z, or a day such as 2026-12-01.",
                    key);
    return instant;
}

std::string lines_of(const std::vector<account::RecordedEvent>& events) {
    std::string lines;
    for (const auto& event : events) lines += write_json(to_json(event)) + "\n";
    return lines;
}

}  // namespace

json::object to_json(const account::RecordedEvent& recorded) {
    const auto& event = recorded.event;
    return {{"id", recorded.id},
            {"at", to_iso8601(recorded.at)},
            {"event", event.event},
            {"outcome", event.success ? "success" : "failure"},
            {"user_id", event.user_id},
            {"actor_id", event.actor_id},
            {"workspace", event.workspace},
            {"address", event.visit.address},
            {"user_agent", event.visit.user_agent},
            {"request_id", event.visit.request_id},
            {"details", event.details},
            {"sealed", recorded.sealed}};
}

Result<account::EventFilter> event_filter(const json::object& wanted) {
    account::EventFilter filter;
    filter.user_id = std::string(text_or(wanted, "user"));
    filter.actor_id = std::string(text_or(wanted, "actor"));
    filter.event = std::string(text_or(wanted, "event"));
    filter.outcome = std::string(text_or(wanted, "outcome"));
    filter.before = std::string(text_or(wanted, "before"));
    if (!filter.event.empty() && !account::is_security_event(filter.event))
        return fail(ErrorCode::invalid, "There is no event '{}'; there are {}.", filter.event,
                    fmt::join(account::kSecurityEvents, ", "));
    if (!filter.outcome.empty() && filter.outcome != "success" && filter.outcome != "failure")
        return fail(ErrorCode::invalid, "`outcome` is success or failure.");
    SLIPWAY_TRY(filter.from, instant_in(wanted, "from"));
    SLIPWAY_TRY(filter.until, instant_in(wanted, "until"));
    const auto limit = integer_or(wanted, "limit", static_cast<std::int64_t>(filter.limit));
    filter.limit = static_cast<std::size_t>(
        std::clamp<std::int64_t>(limit, 1, static_cast<std::int64_t>(account::kEventsListedMax)));
    return filter;
}

Task<json::object> list_events(const Capabilities& capabilities, account::EventFilter filter) {
    const auto limit = filter.limit;
    SLIPWAY_CO_TRY(const auto events, co_await capabilities.audit.list(std::move(filter)));
    json::array items;
    for (const auto& event : events) items.push_back(to_json(event));
    json::object page{{"events", std::move(items)}};
    if (events.size() == limit) page["next"] = events.back().id;
    co_return page;
}

Task<void> export_events(const Capabilities& capabilities, account::EventFilter filter, EventPage page) {
    filter.limit = account::kEventsListedMax;
    for (std::size_t told = 0; told < kEventsExportedMax;) {
        SLIPWAY_CO_TRY(const auto events, co_await capabilities.audit.list(filter));
        if (!events.empty()) {
            auto lines = lines_of(events);
            SLIPWAY_CO_CHECK(co_await page(std::move(lines)));
            filter.before = events.back().id;
        }
        if (events.size() < filter.limit) break;
        told += events.size();
    }
    co_return Result<void>();
}

}  // namespace slipway::app
