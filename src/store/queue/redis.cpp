#include "store/queue/redis.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "store/queue/page_cursor.h"
#include "store/queue/redis_scripts.h"
#include "store/redis/client.h"

namespace slipway::store {
namespace {

using Texts = std::vector<std::string>;

std::string text_of(std::int64_t number) { return fmt::format("{}", number); }

std::int64_t number_of(const redis::Reply& reply) { return reply.as_integer().value_or(0); }

Instant instant_of(const redis::Reply& reply) { return from_unix_ms(number_of(reply)); }

std::unexpected<Error> strange(std::string_view what) {
    return fail(ErrorCode::upstream, "Redis answered {} in another form than the queue's scripts do.", what);
}

// A hash as HGETALL answers it, as a map or as a list.
class Hash {
 public:
    explicit Hash(const redis::Reply& reply) : reply_(reply) {}
    bool empty() const { return reply_.items.empty(); }
    const redis::Reply& operator[](std::string_view name) const {
        static const redis::Reply none;
        for (std::size_t i = 0; i + 1 < reply_.items.size(); i += 2)
            if (reply_.items[i].text == name) return reply_.items[i + 1];
        return none;
    }

 private:
    const redis::Reply& reply_;
};

MessageInfo info_of(std::string id, const Hash& hash) {
    MessageInfo info;
    info.id = std::move(id);
    info.body = hash["b"].text;
    info.group = hash["g"].text;
    info.priority = static_cast<int>(number_of(hash["p"]));
    info.attempts = static_cast<int>(number_of(hash["a"]));
    info.attempts_max = static_cast<int>(number_of(hash["x"]));
    info.enqueued = instant_of(hash["t"]);
    info.reason = hash["why"].text;
    for (const auto state : {MessageState::ready, MessageState::delayed, MessageState::leased, MessageState::dead})
        if (hash["s"].text == to_string(state)) info.state = state;
    if (info.state == MessageState::dead) info.died = instant_of(hash["died"]);
    return info;
}

class RedisQueue : public Queue {
 public:
    RedisQueue(std::unique_ptr<redis::Client> client, RedisQueueOptions options)
        : client_(std::move(client)), options_(std::move(options)) {}

    Task<Enqueued> enqueue(WorkspaceId workspace, std::string queue, NewMessage message) override;
    Task<void> extend(Lease lease, Milliseconds visibility) override;
    Task<void> acknowledge(Lease lease) override;
    Task<void> retry(Lease lease, std::string reason, std::optional<Milliseconds> retry_after) override;
    Task<void> release(Lease lease) override;
    Task<void> bury(Lease lease, std::string reason) override;
    Task<MessageInfo> find(WorkspaceId workspace, std::string queue, std::string id) override;
    Task<QueueCounts> counts(WorkspaceId workspace, std::string queue) override {
        return counts_at(std::move(queue), "c:" + workspace.value);
    }
    Task<QueueCounts> total_counts(std::string queue) override { return counts_at(std::move(queue), "c"); }
    Task<MessagePage> dead_letters(WorkspaceId workspace, std::string queue, std::size_t limit,
                                   std::optional<std::string> cursor) override;
    Task<std::int64_t> redrive(WorkspaceId workspace, std::string queue, std::optional<std::string> id) override;
    Task<std::int64_t> purge(WorkspaceId workspace, std::string queue, bool dead_letters) override;
    Task<QueueStatus> status() override;

 protected:
    Task<std::vector<LeasedMessage>> lease_now(std::string queue, std::size_t count_max,
                                               Milliseconds visibility) override;

 private:
    std::string base_of(std::string_view queue) const { return fmt::format("{}:q:{{{}}}:", options_.name, queue); }
    Task<redis::Reply> evaluate(const redis::Script& script, std::string_view queue, Texts arguments) {
        return client_->evaluate(script, Texts{base_of(queue)}, std::move(arguments));
    }
    // A script about a lease. `conflict` when it is not held.
    Task<redis::Reply> change(const redis::Script& script, Lease lease, Texts more);
    Task<QueueCounts> counts_at(std::string queue, std::string name);
    Task<std::string> setting(std::string name);

    std::unique_ptr<redis::Client> client_;
    RedisQueueOptions options_;
};

Task<Enqueued> RedisQueue::enqueue(WorkspaceId workspace, std::string queue, NewMessage message) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    SLIPWAY_CO_CHECK(check_message(message));
    Texts arguments{new_id(),
                    std::move(workspace.value),
                    std::move(message.group),
                    text_of(message.priority),
                    std::move(message.body),
                    text_of(message.delay.count()),
                    text_of(message.attempts_max),
                    std::move(message.deduplication_key),
                    text_of(kQueueDeduplicationTime.count())};
    SLIPWAY_CO_TRY(const auto reply, co_await evaluate(queue_scripts::enqueue(), queue, std::move(arguments)));
    if (reply.items.size() != 2) co_return strange("an enqueued message");
    Enqueued enqueued;
    enqueued.id = reply.items[0].text;
    enqueued.duplicate = number_of(reply.items[1]) == 1;
    co_return enqueued;
}

Task<std::vector<LeasedMessage>> RedisQueue::lease_now(std::string queue, std::size_t count_max,
                                                       Milliseconds visibility) {
    const auto receipt = random_token(12);
    Texts arguments{text_of(static_cast<std::int64_t>(count_max)), text_of(visibility.count()), receipt};
    SLIPWAY_CO_TRY(auto reply, co_await evaluate(queue_scripts::lease(), queue, std::move(arguments)));
    std::vector<LeasedMessage> messages;
    for (auto& item : reply.items) {
        if (item.items.size() != 9) co_return strange("a leased message");
        LeasedMessage message;
        message.lease.queue = queue;
        message.lease.receipt = receipt;
        message.lease.id = std::move(item.items[0].text);
        message.lease.workspace.value = std::move(item.items[1].text);
        message.body = std::move(item.items[2].text);
        message.group = std::move(item.items[3].text);
        message.priority = static_cast<int>(number_of(item.items[4]));
        message.attempts = static_cast<int>(number_of(item.items[5]));
        message.attempts_max = static_cast<int>(number_of(item.items[6]));
        message.enqueued = instant_of(item.items[7]);
        message.until = instant_of(item.items[8]);
        messages.push_back(std::move(message));
    }
    co_return messages;
}

Task<redis::Reply> RedisQueue::change(const redis::Script& script, Lease lease, Texts more) {
    SLIPWAY_CO_CHECK(check_queue_name(lease.queue));
    Texts arguments{std::move(lease.id), std::move(lease.workspace.value), std::move(lease.receipt)};
    arguments.insert(arguments.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    SLIPWAY_CO_TRY(auto reply, co_await evaluate(script, lease.queue, std::move(arguments)));
    if (reply.as_integer() == 0)
        co_return fail(ErrorCode::conflict, "The lease has ended: the message is done, or somebody else has it.");
    co_return reply;
}

Task<void> RedisQueue::extend(Lease lease, Milliseconds visibility) {
    SLIPWAY_CO_CHECK(check_visibility(visibility));
    Texts more{text_of(visibility.count())};
    SLIPWAY_CO_CHECK(co_await change(queue_scripts::extend(), std::move(lease), std::move(more)));
    co_return Result<void>();
}

Task<void> RedisQueue::acknowledge(Lease lease) {
    Texts none;
    SLIPWAY_CO_CHECK(co_await change(queue_scripts::acknowledge(), std::move(lease), std::move(none)));
    co_return Result<void>();
}

Task<void> RedisQueue::retry(Lease lease, std::string reason, std::optional<Milliseconds> retry_after) {
    if (retry_after) SLIPWAY_CO_CHECK(check_retry(*retry_after));
    const auto shown = std::string(cut_utf8(reason, kQueueReasonBytesMax));
    const auto delay = retry_after.value_or(Milliseconds(-1));
    Texts more{shown, text_of(delay.count())};
    SLIPWAY_CO_TRY(const auto reply, co_await change(queue_scripts::retry(), lease, std::move(more)));
    if (reply.items.empty()) co_return Result<void>();
    Texts again{shown, text_of(retry_time(static_cast<int>(number_of(reply.items[0]))).count())};
    SLIPWAY_CO_CHECK(co_await change(queue_scripts::retry(), std::move(lease), std::move(again)));
    co_return Result<void>();
}

Task<void> RedisQueue::release(Lease lease) {
    Texts none;
    SLIPWAY_CO_CHECK(co_await change(queue_scripts::release(), std::move(lease), std::move(none)));
    co_return Result<void>();
}

Task<void> RedisQueue::bury(Lease lease, std::string reason) {
    Texts more{std::string(cut_utf8(reason, kQueueReasonBytesMax))};
    SLIPWAY_CO_CHECK(co_await change(queue_scripts::bury(), std::move(lease), std::move(more)));
    co_return Result<void>();
}

Task<MessageInfo> RedisQueue::find(WorkspaceId workspace, std::string queue, std::string id) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    auto command = redis::Command("HGETALL").key(base_of(queue) + "m:" + id).repeatable();
    SLIPWAY_CO_TRY(const auto reply, co_await client_->run(std::move(command)));
    const Hash hash(reply);
    if (hash.empty() || hash["w"].text != workspace.value)
        co_return fail(ErrorCode::not_found, "There is no such message in the queue.");
    co_return info_of(std::move(id), hash);
}

Task<QueueCounts> RedisQueue::counts_at(std::string queue, std::string name) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    auto command = redis::Command("HGETALL").key(base_of(queue) + name).repeatable();
    SLIPWAY_CO_TRY(const auto reply, co_await client_->run(std::move(command)));
    const Hash hash(reply);
    QueueCounts counts;
    counts.ready = number_of(hash["ready"]);
    counts.delayed = number_of(hash["delayed"]);
    counts.leased = number_of(hash["leased"]);
    counts.dead = number_of(hash["dead"]);
    co_return counts;
}

Task<MessagePage> RedisQueue::dead_letters(WorkspaceId workspace, std::string queue, std::size_t limit,
                                           std::optional<std::string> cursor) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    SLIPWAY_CO_TRY(const auto after, PageCursor::from(cursor));
    limit = std::clamp<std::size_t>(limit, 1, kDeadLettersMax);
    const auto base = base_of(queue);
    MessagePage page;
    PageCursor last;
    const auto step = static_cast<std::int64_t>(limit + 1);
    for (std::int64_t offset = 0;; offset += step) {
        auto range = redis::Command("ZRANGEBYSCORE").key(base + "x:" + workspace.value).add(after.died).add("+inf");
        range.add("LIMIT").add(offset).add(step);
        SLIPWAY_CO_TRY(const auto ids, co_await client_->run(std::move(range).repeatable()));
        if (ids.items.empty()) co_return page;
        std::vector<redis::Command> reads;
        for (const auto& id : ids.items)
            reads.push_back(redis::Command("HGETALL").key(base + "m:" + id.text).repeatable());
        SLIPWAY_CO_TRY(const auto hashes, co_await client_->run_all(std::move(reads)));
        for (std::size_t i = 0; i < hashes.size(); ++i) {
            const Hash hash(hashes[i]);
            const auto died = number_of(hash["died"]);
            if (hash.empty() || (died == after.died && ids.items[i].text <= after.id)) continue;
            if (page.messages.size() == limit) {
                page.next = last.text();
                co_return page;
            }
            page.messages.push_back(info_of(ids.items[i].text, hash));
            last.died = died;
            last.id = ids.items[i].text;
        }
    }
}

Task<std::int64_t> RedisQueue::redrive(WorkspaceId workspace, std::string queue, std::optional<std::string> id) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    Texts arguments{std::move(workspace.value), std::move(id).value_or(""),
                    text_of(static_cast<std::int64_t>(kDeadLettersMax))};
    SLIPWAY_CO_TRY(const auto reply, co_await evaluate(queue_scripts::redrive(), queue, std::move(arguments)));
    co_return number_of(reply);
}

Task<std::int64_t> RedisQueue::purge(WorkspaceId workspace, std::string queue, bool dead_letters) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    constexpr std::int64_t kStep = 500;
    std::int64_t total = 0;
    for (std::string cursor = "0";;) {
        Texts arguments{workspace.value, dead_letters ? text_of(kStep) : cursor};
        const auto& script = dead_letters ? queue_scripts::purge_dead() : queue_scripts::purge_waiting();
        SLIPWAY_CO_TRY(const auto reply, co_await evaluate(script, queue, std::move(arguments)));
        if (dead_letters) {
            total += number_of(reply);
            if (number_of(reply) < kStep) co_return total;
            continue;
        }
        if (reply.items.size() != 2) co_return strange("a purge");
        total += number_of(reply.items[1]);
        cursor = reply.items[0].text;
        if (cursor == "0") co_return total;
    }
}

// Empty when the server does not tell, as managed ones do not.
Task<std::string> RedisQueue::setting(std::string name) {
    auto command = redis::Command("CONFIG").add("GET").add(name).repeatable();
    const auto reply = co_await client_->run(std::move(command));
    if (!reply || reply->items.size() != 2) co_return std::string();
    co_return reply->items[1].text;
}

Task<QueueStatus> RedisQueue::status() {
    SLIPWAY_CO_TRY(auto server, co_await client_->status());
    QueueStatus status;
    status.engine = std::move(server.engine);
    status.latency = server.latency;
    SLIPWAY_CO_TRY(const auto policy, co_await setting("maxmemory-policy"));
    SLIPWAY_CO_TRY(const auto append, co_await setting("appendonly"));
    SLIPWAY_CO_TRY(const auto flush, co_await setting("appendfsync"));
    if (!policy.empty() && policy != "noeviction")
        status.warnings.push_back("maxmemory-policy is " + policy + ": Redis may throw messages away; set noeviction");
    if (append == "no") status.warnings.emplace_back("appendonly is no: a crash loses all since the last snapshot");
    if (append == "yes" && flush != "always")
        status.warnings.push_back("appendfsync is " + flush + ": a crash may lose the last second or more");
    co_return status;
}

}  // namespace

Result<std::unique_ptr<Queue>> open_redis_queue(std::string_view url, RedisQueueOptions options) {
    SLIPWAY_CHECK(check_queue_name(options.name));
    SLIPWAY_TRY(auto where, redis::parse_url(url));
    SLIPWAY_TRY(auto client, redis::open(std::move(where)));
    return std::unique_ptr<Queue>(std::make_unique<RedisQueue>(std::move(client), std::move(options)));
}

}  // namespace slipway::store
