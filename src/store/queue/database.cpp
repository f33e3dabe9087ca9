#include "store/queue/database.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "store/queue/database_rows.h"

namespace slipway::store {
namespace {

constexpr Migration kMigrations[] = {
    {.capability = "queue",
     .number = 1,
     .sql = "CREATE TABLE queue_message (sequence {serial}, workspace TEXT NOT NULL, queue TEXT NOT NULL, "
            "id TEXT NOT NULL, state INTEGER NOT NULL, group_name TEXT NOT NULL, priority INTEGER NOT NULL, "
            "body {bytes} NOT NULL, attempts INTEGER NOT NULL, attempts_max INTEGER NOT NULL, "
            "enqueued BIGINT NOT NULL, due BIGINT NOT NULL, receipt TEXT NOT NULL, reason TEXT NOT NULL, "
            "died BIGINT NOT NULL, UNIQUE (workspace, queue, id));"
            "CREATE INDEX queue_message_next ON queue_message (queue, priority DESC, sequence) WHERE state < 2;"
            "CREATE INDEX queue_message_due ON queue_message (queue, due) WHERE state < 2;"
            "CREATE INDEX queue_message_group ON queue_message (workspace, queue, group_name, sequence) "
            "WHERE state < 2;"
            "CREATE INDEX queue_message_dead ON queue_message (workspace, queue, died, id) WHERE state = 2;"
            "CREATE TABLE queue_deduplication (workspace TEXT NOT NULL, queue TEXT NOT NULL, name TEXT NOT NULL, "
            "id TEXT NOT NULL, until BIGINT NOT NULL, PRIMARY KEY (workspace, queue, name));"
            "CREATE INDEX queue_deduplication_until ON queue_deduplication (until);"},
    // Each lease looks for leases that ended; without this it read all that waits.
    {.capability = "queue",
     .number = 2,
     .sql = "CREATE INDEX queue_message_leased ON queue_message (queue, due) WHERE state = 1;"},
};

// A key that is free again: its time has passed, and its message is done or dead.
constexpr std::string_view kFreeKey =
    "until <= $1 AND NOT EXISTS (SELECT 1 FROM queue_message m WHERE m.workspace = queue_deduplication.workspace AND "
    "m.queue = queue_deduplication.queue AND m.id = queue_deduplication.id AND m.state < 2)";

// Takes the key for `id`; the id of who has it already otherwise.
Task<std::optional<std::string>> take_key(Transaction& transaction, std::string queue, std::string key,
                                          std::string id) {
    const auto at = now();
    Parameters old{at, queue, key};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        fmt::format("DELETE FROM queue_deduplication WHERE workspace = $workspace AND queue = $2 AND name = $3 AND {}",
                    kFreeKey),
        std::move(old)));
    Parameters mine{queue, key, std::move(id), at + kQueueDeduplicationTime};
    SLIPWAY_CO_TRY(const auto taken,
                   co_await transaction.execute("INSERT INTO queue_deduplication (workspace, queue, name, id, until) "
                                                "VALUES ($workspace, $1, $2, $3, $4) "
                                                "ON CONFLICT (workspace, queue, name) DO NOTHING",
                                                std::move(mine)));
    if (taken.changed() == 1) co_return std::optional<std::string>();
    Parameters same{std::move(queue), std::move(key)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute("SELECT id FROM queue_deduplication WHERE workspace = $workspace AND "
                                                "queue = $1 AND name = $2",
                                                std::move(same)));
    if (rows.empty()) co_return fail(ErrorCode::conflict, "A message with this key was just removed; try again.");
    co_return std::optional(rows.front().text("id"));
}

Result<void> held(const Rows& rows) {
    if (rows.changed() == 1) return {};
    return fail(ErrorCode::conflict, "The lease has ended: the message is done, or somebody else has it.");
}

class DatabaseQueue : public Queue {
 public:
    explicit DatabaseQueue(Database& database) : database_(database) {}

    Task<Enqueued> enqueue(WorkspaceId workspace, std::string queue, NewMessage message) override;
    Task<void> extend(Lease lease, Milliseconds visibility) override;
    Task<void> acknowledge(Lease lease) override;
    Task<void> retry(Lease lease, std::string reason, std::optional<Milliseconds> retry_after) override;
    Task<void> release(Lease lease) override;
    Task<void> bury(Lease lease, std::string reason) override;
    Task<MessageInfo> find(WorkspaceId workspace, std::string queue, std::string id) override {
        return find_message(database_, std::move(workspace), std::move(queue), std::move(id));
    }
    Task<QueueCounts> counts(WorkspaceId workspace, std::string queue) override {
        return count_messages(database_, std::move(workspace), std::move(queue));
    }
    Task<QueueCounts> total_counts(std::string queue) override {
        return count_messages(database_, Scope::system(), std::move(queue));
    }
    Task<MessagePage> dead_letters(WorkspaceId workspace, std::string queue, std::size_t limit,
                                   std::optional<std::string> cursor) override {
        return dead_messages(database_, std::move(workspace), std::move(queue), limit, std::move(cursor));
    }
    Task<std::int64_t> redrive(WorkspaceId workspace, std::string queue, std::optional<std::string> id) override {
        return redrive_messages(database_, std::move(workspace), std::move(queue), std::move(id));
    }
    Task<std::int64_t> purge(WorkspaceId workspace, std::string queue, bool dead_letters) override;
    Task<QueueStatus> status() override;

 protected:
    Task<std::vector<LeasedMessage>> lease_now(std::string queue, std::size_t count_max,
                                               Milliseconds visibility) override;

 private:
    // `change` of the message that is leased; its parameters begin with $4.
    Task<void> change(Lease lease, std::string_view change, Parameters parameters);

    Database& database_;
};

Task<Enqueued> DatabaseQueue::enqueue(WorkspaceId workspace, std::string queue, NewMessage message) {
    Enqueued enqueued;
    auto body = [&](Transaction& transaction) -> Task<void> {
        auto copy = message;  // the body may run again
        SLIPWAY_CO_TRY(enqueued, co_await enqueue_within(transaction, queue, std::move(copy)));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await database_.transact_guarded(std::move(workspace), body));
    co_return enqueued;
}

// Whether anything is due is read on a snapshot, so that an idle worker writes nothing. What is chosen is locked as it
// is chosen, so workers need no order among each other; serialisable ones lost against each other most of the time.
Task<std::vector<LeasedMessage>> DatabaseQueue::lease_now(std::string queue, std::size_t count_max,
                                                          Milliseconds visibility) {
    Parameters due{queue, now()};
    SLIPWAY_CO_TRY(const auto any,
                   co_await database_.read(Scope::system(),
                                           "SELECT 1 AS due FROM queue_message WHERE queue = $1 AND state < 2 AND "
                                           "due <= $2 LIMIT 1",
                                           std::move(due)));
    std::vector<LeasedMessage> messages;
    if (any.empty()) co_return messages;
    auto body = [&](Transaction& transaction) -> Task<void> {
        LeaseRequest request;
        request.queue = queue;
        request.count_max = count_max;
        request.at = now();
        request.until = request.at + visibility;
        request.skip_locked = database_.dialect().skip_locked;
        SLIPWAY_CO_TRY(messages, co_await lease_messages(transaction, std::move(request)));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await database_.transact_guarded(Scope::system(), body));
    co_return messages;
}

Task<void> DatabaseQueue::change(Lease lease, std::string_view change, Parameters parameters) {
    Parameters all{std::move(lease.queue), std::move(lease.id), std::move(lease.receipt)};
    for (auto& parameter : parameters) all.push_back(std::move(parameter));
    // The sum keeps the planner from the index of all leases, which is small when it looks and not when it runs.
    auto sql = fmt::format(
        "{} WHERE workspace = $workspace AND queue = $1 AND id = $2 AND receipt = $3 AND state + 0 = 1", change);
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.write_guarded(std::move(lease.workspace), std::move(sql), std::move(all)));
    co_return held(rows);
}

Task<void> DatabaseQueue::extend(Lease lease, Milliseconds visibility) {
    SLIPWAY_CO_CHECK(check_visibility(visibility));
    Parameters parameters{now() + visibility};
    co_return co_await change(std::move(lease), "UPDATE queue_message SET due = $4", std::move(parameters));
}

Task<void> DatabaseQueue::acknowledge(Lease lease) { return change(std::move(lease), "DELETE FROM queue_message", {}); }

Task<void> DatabaseQueue::retry(Lease lease, std::string reason, std::optional<Milliseconds> retry_after) {
    if (retry_after) SLIPWAY_CO_CHECK(check_retry(*retry_after));
    const auto at = now();
    const auto shown = std::string(cut_utf8(reason, kQueueReasonBytesMax));
    if (!retry_after) {
        SLIPWAY_CO_TRY(const auto message, co_await find(lease.workspace, lease.queue, lease.id));
        retry_after = retry_time(message.attempts);
    }
    Parameters parameters{at + *retry_after, shown, at};
    co_return co_await change(std::move(lease),
                              "UPDATE queue_message SET state = CASE WHEN attempts >= attempts_max THEN 2 ELSE 0 END, "
                              "died = CASE WHEN attempts >= attempts_max THEN $6 ELSE died END, "
                              "due = $4, reason = $5, receipt = ''",
                              std::move(parameters));
}

Task<void> DatabaseQueue::release(Lease lease) {
    Parameters parameters{now()};
    co_return co_await change(std::move(lease),
                              "UPDATE queue_message SET state = 0, attempts = attempts - 1, due = $4, receipt = ''",
                              std::move(parameters));
}

Task<void> DatabaseQueue::bury(Lease lease, std::string reason) {
    Parameters parameters{cut_utf8(reason, kQueueReasonBytesMax), now()};
    co_return co_await change(std::move(lease),
                              "UPDATE queue_message SET state = 2, reason = $4, died = $5, receipt = ''",
                              std::move(parameters));
}

Task<std::int64_t> DatabaseQueue::purge(WorkspaceId workspace, std::string queue, bool dead_letters) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    Parameters parameters{std::move(queue), dead_letters ? 2 : 0};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.write(std::move(workspace),
                                            "DELETE FROM queue_message WHERE workspace = $workspace AND queue = $1 AND "
                                            "state = $2",
                                            std::move(parameters)));
    co_return rows.changed();
}

Task<QueueStatus> DatabaseQueue::status() {
    SLIPWAY_CO_TRY(auto database, co_await database_.status());
    QueueStatus status;
    status.engine = std::move(database.engine);
    status.latency = database.latency;
    co_return status;
}

}  // namespace

std::span<const Migration> queue_migrations() { return kMigrations; }

std::unique_ptr<Queue> make_database_queue(Database& database) { return std::make_unique<DatabaseQueue>(database); }

Task<Enqueued> enqueue_within(Transaction& transaction, std::string queue, NewMessage message) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    SLIPWAY_CO_CHECK(check_message(message));
    Enqueued enqueued;
    enqueued.id = new_id();
    if (!message.deduplication_key.empty()) {
        SLIPWAY_CO_TRY(auto earlier,
                       co_await take_key(transaction, queue, std::move(message.deduplication_key), enqueued.id));
        if (earlier) {
            enqueued.id = *std::move(earlier);
            enqueued.duplicate = true;
            co_return enqueued;
        }
    }
    const auto at = now();
    Bytes body{std::move(message.body)};
    Parameters parameters{
        std::move(queue),     enqueued.id, std::move(message.group), message.priority, std::move(body),
        message.attempts_max, at,          at + message.delay};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "INSERT INTO queue_message (workspace, queue, id, state, group_name, priority, body, attempts, attempts_max, "
        "enqueued, due, receipt, reason, died) VALUES ($workspace, $1, $2, 0, $3, $4, $5, 0, $6, $7, $8, '', '', 0)",
        std::move(parameters)));
    co_return enqueued;
}

}  // namespace slipway::store
