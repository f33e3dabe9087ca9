// The queue port: work for later, done at least once. Adapters: database.h (SQLite, PostgreSQL), redis.h (streams),
// sqs.h (Amazon SQS beside the database).
//
// A message waits in a named queue until a worker leases it; while leased, nobody else gets it. The worker acknowledges
// it (it is gone), retries it after a failure (it comes back later), buries it (a dead letter), or says nothing: then
// it comes back when the lease runs out. So work may be done twice, and a worker makes its effect happen once with
// first_time() (effect.h).
//
// The order: higher priority first, then as enqueued. Of a group one message at a time is leased, in the order they
// were enqueued; one that is delayed or failed holds up those behind it. A message that has used up its attempts is
// buried.
//
// The workspace is a parameter: a message belongs to one, and names, groups, deduplication keys, counts and dead
// letters of one workspace are not another's. Leasing alone serves all of them, as a worker does; a lease carries the
// workspace that its message belongs to.
//
// Thread safe. All calls are cancellable; one that was cancelled or answered `unavailable` may have had its effect.
// Errors of all: `invalid` (a name, time or size out of bounds), `unavailable`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/workspace.h"

namespace slipway::store {

inline constexpr std::size_t kQueueBodyBytesMax = 256 << 10;
inline constexpr std::size_t kQueueNameBytesMax = 128;     // of a group, a deduplication key
inline constexpr std::size_t kQueueReasonBytesMax = 1000;  // longer ones are cut
inline constexpr int kQueuePriorityMax = 9;
inline constexpr int kQueueAttemptsMax = 1000;
inline constexpr std::size_t kQueueLeaseMax = 100;  // messages in one call
inline constexpr Milliseconds kQueueDelayMax{7LL * 24 * 3600 * 1000};
inline constexpr Milliseconds kQueueVisibilityMax{12LL * 3600 * 1000};
// A deduplication key counts at least so long, and as long as its message is there and not buried.
inline constexpr Milliseconds kQueueDeduplicationTime{300'000};

struct NewMessage {
    std::string body;  // any bytes
    Milliseconds delay{0};
    std::string deduplication_key = {};  // empty: none
    int priority = 0;                    // 0 … 9, the highest first
    std::string group = {};              // empty: none
    int attempts_max = 5;
};

struct Enqueued {
    std::string id;
    bool duplicate = false;  // there was one with this deduplication key; `id` is that one's
};

// What proves to the queue that a worker holds a message.
struct Lease {
    WorkspaceId workspace;
    std::string queue, id, receipt;
};

struct LeasedMessage {
    Lease lease;
    std::string body, group;
    int priority = 0;
    int attempts = 1;  // with this one
    int attempts_max = 1;
    Instant enqueued;
    Instant until;  // the lease ends then
};

struct LeaseOptions {
    std::size_t count_max = 10;
    Milliseconds visibility{30'000};
    Milliseconds wait{0};  // for the first message
    // Ends the wait when it is asked, without an error; what was leased by then is given out. On the executor of the
    // call, and for one call at a time.
    std::shared_ptr<Stop> stop = nullptr;
};

// A message that the engine brought by itself, instead of being asked for one: to a function that SQS calls.
struct Delivery {
    std::string id, handle;  // MessageId, ReceiptHandle
    std::string body;
    Instant sent;
    int receives = 1;
};

enum class MessageState : unsigned char { ready, delayed, leased, dead };
std::string_view to_string(MessageState state);

struct MessageInfo {
    std::string id, body, group;
    MessageState state = MessageState::ready;
    int priority = 0, attempts = 0, attempts_max = 0;
    Instant enqueued;
    std::string reason;           // of the last failure, or of the burial
    std::optional<Instant> died;  // when it was buried
};

struct MessagePage {
    std::vector<MessageInfo> messages;
    std::optional<std::string> next;
};

struct QueueCounts {
    std::int64_t ready = 0;    // also those that wait behind another of their group
    std::int64_t delayed = 0;  // until their time, or after a failure
    std::int64_t leased = 0;   // also where the lease has run out and nobody took it yet
    std::int64_t dead = 0;
};

struct QueueStatus {
    std::string engine;
    Milliseconds latency{0};
    std::vector<std::string> warnings;  // settings of the engine with which messages may be lost
};

class Queue {
 public:
    virtual ~Queue() = default;

    // Durable, as far as the adapter promises, once this returns.
    virtual Task<Enqueued> enqueue(WorkspaceId workspace, std::string queue, NewMessage message) = 0;

    // The next messages of all workspaces; none when none came within options.wait.
    Task<std::vector<LeasedMessage>> lease(std::string queue, LeaseOptions options = {});
    // Whether a lease that waits is given at once what is enqueued meanwhile. Then it is not to be stopped for that:
    // what it is just being given would be hidden as long as a lease.
    virtual bool hears_while_waiting() const { return false; }
    // As lease(), with what was delivered in place of what would have been asked for: as many messages as wait, not
    // more than deliveries, and not always those that were delivered (sqs.h). `invalid` where nothing is ever
    // delivered.
    virtual Task<std::vector<LeasedMessage>> take(std::string queue, std::vector<Delivery> deliveries,
                                                  Milliseconds visibility);
    // Once what take() gave is settled: the ids of those deliveries that the engine is to bring again. Once.
    virtual std::vector<std::string> left_over(const std::vector<Delivery>& deliveries);
    // The lease ends `visibility` from now. `conflict` here and below when it is not held any more: it ran out and
    // somebody else took the message, or it is done. What the worker did then may be done again by another.
    virtual Task<void> extend(Lease lease, Milliseconds visibility) = 0;
    virtual Task<void> acknowledge(Lease lease) = 0;
    // It comes back after `retry_after`, by default after retry_time(attempts); buried when no attempt is left.
    virtual Task<void> retry(Lease lease, std::string reason, std::optional<Milliseconds> retry_after = {}) = 0;
    // At once, as if it had never been leased: the attempt does not count.
    virtual Task<void> release(Lease lease) = 0;
    virtual Task<void> bury(Lease lease, std::string reason) = 0;

    // `not_found` once it is acknowledged or purged.
    virtual Task<MessageInfo> find(WorkspaceId workspace, std::string queue, std::string id) = 0;
    virtual Task<QueueCounts> counts(WorkspaceId workspace, std::string queue) = 0;
    // Of all workspaces, for operators.
    virtual Task<QueueCounts> total_counts(std::string queue) = 0;
    // The longest dead first; at most 1000.
    virtual Task<MessagePage> dead_letters(WorkspaceId workspace, std::string queue, std::size_t limit,
                                           std::optional<std::string> cursor) = 0;
    // Dead letters wait again, behind what waits, with all attempts; one by its id, or at most 1000. How many.
    virtual Task<std::int64_t> redrive(WorkspaceId workspace, std::string queue, std::optional<std::string> id) = 0;
    // Removes what waits and is not leased, or the dead letters. How many.
    virtual Task<std::int64_t> purge(WorkspaceId workspace, std::string queue, bool dead_letters) = 0;
    virtual Task<QueueStatus> status() = 0;

 protected:
    virtual Task<std::vector<LeasedMessage>> lease_now(std::string queue, std::size_t count_max,
                                                       Milliseconds visibility) = 0;
    // Until there is something, or the wait is over. Asks lease_now() at least twice a second where the engine has no
    // way to wait.
    virtual Task<std::vector<LeasedMessage>> lease_within(std::string queue, LeaseOptions options);
};

// Between two looks of one who waits: grows from one to the next, a little by chance; ends early with `stop`.
class LeasePause {
 public:
    asio::awaitable<void> wait(Milliseconds at_most, std::shared_ptr<Stop> stop);

 private:
    Milliseconds next_{10};
};

// After the first failure about a second, doubled with each, at most an hour; less up to half by chance.
Milliseconds retry_time(int attempts);

// What each adapter checks first. The name of a queue: letters, digits, '-', '_' and '.', at most 64.
Result<void> check_queue_name(std::string_view queue);
Result<void> check_message(const NewMessage& message);
Result<void> check_visibility(Milliseconds visibility);
Result<void> check_retry(Milliseconds retry_after);

}  // namespace slipway::store
