#include "store/queue/queue.h"

#include <algorithm>

#include "base/back_off.h"

namespace slipway::store {
namespace {

constexpr Milliseconds kPauseMax{500};
constexpr Milliseconds kWaitMax{60'000};
constexpr Milliseconds kBackOffFirst{1'000}, kBackOffMax{3'600'000};

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

}  // namespace

std::string_view to_string(MessageState state) {
    switch (state) {
        case MessageState::ready:
            return "ready";
        case MessageState::delayed:
            return "delayed";
        case MessageState::leased:
            return "leased";
        case MessageState::dead:
            break;
    }
    return "dead";
}

Task<std::vector<LeasedMessage>> Queue::lease(std::string queue, LeaseOptions options) {
    SLIPWAY_CO_CHECK(check_queue_name(queue));
    SLIPWAY_CO_CHECK(check_visibility(options.visibility));
    if (options.count_max < 1 || options.count_max > kQueueLeaseMax || options.wait < Milliseconds(0) ||
        options.wait > kWaitMax)
        co_return fail(ErrorCode::invalid, "A lease is for 1 to {} messages and waits at most {} ms.", kQueueLeaseMax,
                       kWaitMax.count());
    co_return co_await lease_within(std::move(queue), std::move(options));
}

Task<std::vector<LeasedMessage>> Queue::lease_within(std::string queue, LeaseOptions options) {
    const auto end = std::chrono::steady_clock::now() + options.wait;
    for (LeasePause pause;;) {
        SLIPWAY_CO_TRY(auto messages, co_await lease_now(queue, options.count_max, options.visibility));
        const auto left = std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now());
        const bool stopped = options.stop && options.stop->asked();
        if (!messages.empty() || left <= Milliseconds(0) || stopped || co_await cancelled()) co_return messages;
        co_await pause.wait(left, options.stop);
    }
}

asio::awaitable<void> LeasePause::wait(Milliseconds at_most, std::shared_ptr<Stop> stop) {
    auto sleep = sleep_for(std::min(less_by_chance(next_), at_most));
    next_ = std::min(next_ * 2, kPauseMax);
    if (stop) {
        co_await run_until(std::move(stop), std::move(sleep));
    } else {
        co_await std::move(sleep);
    }
}

Milliseconds retry_time(int attempts) {
    return back_off(static_cast<unsigned>(std::max(attempts, 1)), kBackOffFirst, kBackOffMax);
}

Result<void> check_queue_name(std::string_view queue) {
    if (!queue.empty() && queue.size() <= 64 && std::ranges::all_of(queue, is_name_character)) return {};
    return fail(ErrorCode::invalid, "The name of a queue has letters, digits, '-', '_' and '.', at most 64.");
}

Result<void> check_message(const NewMessage& message) {
    if (message.body.size() > kQueueBodyBytesMax)
        return fail(ErrorCode::invalid, "A message has more than {} bytes; keep what is large in the object store.",
                    kQueueBodyBytesMax);
    if (message.group.size() > kQueueNameBytesMax || message.deduplication_key.size() > kQueueNameBytesMax)
        return fail(ErrorCode::invalid, "A group or deduplication key has more than {} bytes.", kQueueNameBytesMax);
    if (message.priority < 0 || message.priority > kQueuePriorityMax)
        return fail(ErrorCode::invalid, "A priority is 0 to {}.", kQueuePriorityMax);
    if (message.attempts_max < 1 || message.attempts_max > kQueueAttemptsMax)
        return fail(ErrorCode::invalid, "A message has 1 to {} attempts.", kQueueAttemptsMax);
    return check_retry(message.delay);
}

Result<void> check_visibility(Milliseconds visibility) {
    if (visibility >= Milliseconds(1) && visibility <= kQueueVisibilityMax) return {};
    return fail(ErrorCode::invalid, "A lease lasts from 1 ms to 12 hours.");
}

Result<void> check_retry(Milliseconds retry_after) {
    if (retry_after >= Milliseconds(0) && retry_after <= kQueueDelayMax) return {};
    return fail(ErrorCode::invalid, "A message is delayed by at most 7 days.");
}

Task<std::vector<LeasedMessage>> Queue::take(std::string, std::vector<Delivery>, Milliseconds) {
    co_return fail(ErrorCode::invalid, "Nothing is delivered to this queue: it is not in SQS.");
}

std::vector<std::string> Queue::left_over(const std::vector<Delivery>& deliveries) {
    std::vector<std::string> ids;
    for (const auto& delivery : deliveries) ids.push_back(delivery.id);
    return ids;
}

}  // namespace slipway::store
