#include "store/queue/sqs_rows.h"

namespace slipway::store {
namespace {

constexpr std::int64_t kLeased = 1;
constexpr std::string_view kIsHead =
    "(m.group_name = '' OR NOT EXISTS (SELECT 1 FROM queue_message e WHERE e.workspace = m.workspace AND "
    "e.queue = m.queue AND e.group_name = m.group_name AND e.state < 2 AND e.sequence < m.sequence))";

}  // namespace

Task<std::vector<LiveMessage>> live_messages(Database& database, std::string queue, std::vector<std::string> ids) {
    std::vector<LiveMessage> messages;
    if (ids.empty()) co_return messages;
    Parameters parameters{std::move(queue)};
    std::string list;
    for (auto& id : ids) {
        parameters.emplace_back(std::move(id));
        list += fmt::format("{}${}", list.empty() ? "" : ", ", parameters.size());
    }
    auto sql = fmt::format(
        "SELECT m.id AS id, m.due AS due, m.state AS state, CASE WHEN {} THEN 1 ELSE 0 END AS head FROM queue_message "
        "m WHERE "
        "m.queue = $1 AND m.state < 2 AND m.id IN ({})",
        kIsHead, list);
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(Scope::system(), std::move(sql), std::move(parameters)));
    for (const auto row : rows)
        messages.push_back({row.text("id"), row.instant("due"), row.integer("state") == kLeased, row.truth("head")});
    co_return messages;
}

Task<std::optional<Instant>> next_due(Database& database, std::string queue) {
    auto sql = fmt::format(
        "SELECT m.due AS due FROM queue_message m WHERE m.queue = $1 AND m.state < 2 AND {} ORDER BY m.due LIMIT 1",
        kIsHead);
    Parameters parameters{std::move(queue)};
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(Scope::system(), std::move(sql), std::move(parameters)));
    std::optional<Instant> due;
    if (!rows.empty()) due = rows.front().instant("due");
    co_return due;
}

Task<std::optional<LiveMessage>> first_of(Database& database, WorkspaceId workspace, std::string queue, std::string id,
                                          std::string group) {
    const std::string_view which = group.empty() ? "id = $2" : "group_name = $2";
    auto sql = fmt::format(
        "SELECT id, due, state FROM queue_message WHERE workspace = $workspace AND queue = $1 AND {} AND state < 2 "
        "ORDER BY sequence LIMIT 1",
        which);
    Parameters parameters{std::move(queue), group.empty() ? std::move(id) : std::move(group)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.read(std::move(workspace), std::move(sql), std::move(parameters)));
    std::optional<LiveMessage> first;
    if (rows.empty()) co_return first;
    const auto row = rows.front();
    first.emplace(row.text("id"), row.instant("due"), row.integer("state") == kLeased);
    co_return first;
}

Task<bool> is_followed(Database& database, Lease lease, std::string group) {
    if (group.empty()) co_return false;
    Parameters parameters{std::move(lease.queue), std::move(group), std::move(lease.id)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.read(std::move(lease.workspace),
                                          "SELECT 1 AS found FROM queue_message WHERE workspace = $workspace AND "
                                          "queue = $1 AND group_name = $2 AND id <> $3 AND state < 2 LIMIT 1",
                                          std::move(parameters)));
    co_return !rows.empty();
}

Task<std::int64_t> count_heads(Database& database, std::string queue, std::optional<Instant> due_before) {
    Parameters parameters{std::move(queue), kHeadsMax};
    if (due_before) parameters.emplace_back(*due_before);
    auto sql = fmt::format(
        "SELECT count(*) AS heads FROM (SELECT 1 FROM queue_message m WHERE m.queue = $1 AND m.state < 2 AND {}{} "
        "LIMIT $2) found",
        kIsHead, due_before ? " AND m.due < $3" : "");
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(Scope::system(), std::move(sql), std::move(parameters)));
    co_return rows.front().integer("heads");
}

Task<bool> take_back(Database& database, WorkspaceId workspace, std::string queue, std::string id) {
    bool gone = false;
    auto body = [&](Transaction& transaction) -> Task<void> {
        Parameters waiting{queue, id};
        SLIPWAY_CO_TRY(const auto message,
                       co_await transaction.execute("DELETE FROM queue_message WHERE workspace = $workspace AND "
                                                    "queue = $1 AND id = $2 AND state = 0 AND attempts = 0",
                                                    std::move(waiting)));
        gone = message.changed() == 1;
        if (!gone) co_return Result<void>();
        Parameters key{queue, id};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "DELETE FROM queue_deduplication WHERE workspace = $workspace AND queue = $1 AND id = $2", std::move(key)));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await database.transact(std::move(workspace), body));
    co_return gone;
}

}  // namespace slipway::store
