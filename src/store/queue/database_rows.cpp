#include "store/queue/database_rows.h"

#include <algorithm>

#include "base/crypto.h"
#include "store/queue/page_cursor.h"

namespace slipway::store {
namespace {

constexpr std::int64_t kLeased = 1, kDead = 2;
constexpr std::string_view kOutOfAttempts = "It was leased as often as it may be and never finished.";

constexpr std::string_view kSelectInfo =
    "SELECT id, body, group_name, priority, attempts, attempts_max, enqueued, reason, state, due, died FROM "
    "queue_message WHERE workspace = $workspace AND queue = $1 AND";

MessageInfo info_of(const Row& row, Instant at) {
    MessageInfo info;
    info.id = row.text("id");
    info.body = row.bytes("body");
    info.group = row.text("group_name");
    info.priority = static_cast<int>(row.integer("priority"));
    info.attempts = static_cast<int>(row.integer("attempts"));
    info.attempts_max = static_cast<int>(row.integer("attempts_max"));
    info.enqueued = row.instant("enqueued");
    info.reason = row.text("reason");
    const auto state = row.integer("state");
    info.state = row.instant("due") > at ? MessageState::delayed : MessageState::ready;
    if (state == kLeased) info.state = MessageState::leased;
    if (state == kDead) {
        info.state = MessageState::dead;
        info.died = row.instant("died");
    }
    return info;
}

LeasedMessage leased_from(const Row& row, const LeaseRequest& request, const std::string& receipt) {
    LeasedMessage message;
    message.lease = {WorkspaceId{row.text("workspace")}, request.queue, row.text("id"), receipt};
    message.body = row.bytes("body");
    message.group = row.text("group_name");
    message.priority = static_cast<int>(row.integer("priority"));
    message.attempts = static_cast<int>(row.integer("attempts"));
    message.attempts_max = static_cast<int>(row.integer("attempts_max"));
    message.enqueued = row.instant("enqueued");
    message.until = request.until;
    return message;
}

Task<void> sweep(Transaction& transaction, const LeaseRequest& request) {
    Parameters exhausted{request.queue, request.at, kOutOfAttempts};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "UPDATE queue_message SET state = 2, died = $2, reason = $3, receipt = '' WHERE queue = $1 AND state = 1 AND "
        "due <= $2 AND attempts >= attempts_max",
        std::move(exhausted)));
    Parameters passed{request.at};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "DELETE FROM queue_deduplication WHERE until <= $1 AND NOT EXISTS (SELECT 1 FROM queue_message m WHERE "
        "m.workspace = queue_deduplication.workspace AND m.queue = queue_deduplication.queue AND "
        "m.id = queue_deduplication.id AND m.state < 2)",
        std::move(passed)));
    co_return Result<void>();
}

}  // namespace

Task<std::vector<LeasedMessage>> lease_messages(Transaction& transaction, LeaseRequest request) {
    SLIPWAY_CO_CHECK(co_await sweep(transaction, request));
    const auto receipt = random_token(12);
    Parameters parameters{request.queue, request.at, request.until, receipt, request.count_max};
    // Of a group: the first one, and only while no other is leased. Materialised, so that the rows are chosen once.
    auto sql = fmt::format(
        "WITH chosen AS MATERIALIZED (SELECT m.sequence FROM queue_message m WHERE m.queue = $1 AND m.state < 2 AND "
        "m.due <= $2 AND (m.group_name = '' OR NOT EXISTS (SELECT 1 FROM queue_message e WHERE "
        "e.workspace = m.workspace AND e.queue = m.queue AND e.group_name = m.group_name AND e.state < 2 AND "
        "e.sequence <> m.sequence AND (e.sequence < m.sequence OR (e.state = 1 AND e.due > $2)))) "
        "ORDER BY m.priority DESC, m.sequence LIMIT $5{}) "
        "UPDATE queue_message SET state = 1, due = $3, receipt = $4, attempts = attempts + 1 "
        "WHERE sequence IN (SELECT sequence FROM chosen) RETURNING sequence, workspace, id, body, group_name, "
        "priority, attempts, attempts_max, enqueued",
        request.skip_locked);
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(std::move(sql), std::move(parameters)));
    std::vector<std::size_t> order(rows.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(
        order, {}, [&](std::size_t i) { return std::pair(-rows[i].integer("priority"), rows[i].integer("sequence")); });
    std::vector<LeasedMessage> messages;
    messages.reserve(order.size());
    for (const auto i : order) messages.push_back(leased_from(rows[i], request, receipt));
    co_return messages;
}

Task<MessageInfo> find_message(Database& database, WorkspaceId workspace, std::string queue, std::string id) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    Parameters parameters{std::move(queue), id};
    auto sql = fmt::format("{} id = $2", kSelectInfo);
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.read(std::move(workspace), std::move(sql), std::move(parameters)));
    if (rows.empty()) co_return fail(ErrorCode::not_found, "There is no such message in the queue.");
    co_return info_of(rows.front(), now());
}

Task<QueueCounts> count_messages(Database& database, Scope scope, std::string queue) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    const auto own = scope.workspace() ? "workspace = $workspace AND " : "";
    auto sql = fmt::format(
        "SELECT count(CASE WHEN state = 0 AND due <= $2 THEN 1 END) AS ready, "
        "count(CASE WHEN state = 0 AND due > $2 THEN 1 END) AS later, "
        "count(CASE WHEN state = 1 THEN 1 END) AS leased, count(CASE WHEN state = 2 THEN 1 END) AS dead "
        "FROM queue_message WHERE {}queue = $1",
        own);
    Parameters parameters{std::move(queue), now()};
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(std::move(scope), std::move(sql), std::move(parameters)));
    QueueCounts counts;
    const auto row = rows.front();
    counts.ready = row.integer("ready");
    counts.delayed = row.integer("later");
    counts.leased = row.integer("leased");
    counts.dead = row.integer("dead");
    co_return counts;
}

Task<MessagePage> dead_messages(Database& database, WorkspaceId workspace, std::string queue, std::size_t limit,
                                std::optional<std::string> cursor) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    SLIPWAY_CO_TRY(auto after, PageCursor::from(cursor));
    limit = std::clamp<std::size_t>(limit, 1, kDeadLettersMax);
    Parameters parameters{std::move(queue), after.died, std::move(after.id), limit + 1};
    auto sql =
        fmt::format("{} state = 2 AND (died > $2 OR (died = $2 AND id > $3)) ORDER BY died, id LIMIT $4", kSelectInfo);
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.read(std::move(workspace), std::move(sql), std::move(parameters)));
    MessagePage page;
    for (std::size_t i = 0; i < std::min(rows.size(), limit); ++i) page.messages.push_back(info_of(rows[i], now()));
    if (rows.size() > limit) {
        PageCursor last;
        last.died = to_unix_ms(*page.messages.back().died);
        last.id = page.messages.back().id;
        page.next = last.text();
    }
    co_return page;
}

// Removed and inserted again: its place is behind what waits.
Task<std::int64_t> redrive_messages(Database& database, WorkspaceId workspace, std::string queue,
                                    std::optional<std::string> id) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    std::int64_t count = 0;
    auto body = [&](Transaction& transaction) -> Task<void> {
        Parameters chosen{queue, kDeadLettersMax};
        if (id) chosen.emplace_back(*id);
        auto sql = fmt::format(
            "DELETE FROM queue_message WHERE workspace = $workspace AND queue = $1 AND id IN (SELECT id FROM "
            "queue_message WHERE workspace = $workspace AND queue = $1 AND state = 2{} ORDER BY died, id LIMIT $2) "
            "RETURNING id, group_name, priority, body, attempts_max, enqueued, died",
            id ? " AND id = $3" : "");
        SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(std::move(sql), std::move(chosen)));
        std::vector<std::size_t> order(rows.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::sort(order, {},
                          [&](std::size_t i) { return std::pair(rows[i].integer("died"), rows[i].text("id")); });
        for (const auto i : order) {
            const auto row = rows[i];
            Bytes bytes{row.bytes("body")};
            Parameters again{queue,
                             row.text("id"),
                             row.text("group_name"),
                             row.integer("priority"),
                             std::move(bytes),
                             row.integer("attempts_max"),
                             row.integer("enqueued"),
                             now()};
            SLIPWAY_CO_CHECK(co_await transaction.execute(
                "INSERT INTO queue_message (workspace, queue, id, state, group_name, priority, body, attempts, "
                "attempts_max, enqueued, due, receipt, reason, died) VALUES ($workspace, $1, $2, 0, $3, $4, $5, 0, $6, "
                "$7, $8, '', '', 0)",
                std::move(again)));
        }
        count = static_cast<std::int64_t>(rows.size());
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await database.transact(std::move(workspace), body));
    co_return count;
}

}  // namespace slipway::store
