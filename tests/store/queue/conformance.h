// What every adapter of the queue port has to do, as named checks that report failures as values.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "store/check.h"
#include "store/queue/queue.h"

namespace slipway::test {

// A new and empty place for queues. Opened again, it is another process on the same messages.
class QueuePlace {
 public:
    virtual ~QueuePlace() = default;
    virtual Result<std::unique_ptr<store::Queue>> open() = 0;
};
using QueuePlaces = std::function<std::unique_ptr<QueuePlace>()>;

struct QueueCheck {
    std::string_view name;
    Task<void> (*run)(QueuePlace&);
};

std::span<const QueueCheck> queue_checks();         // one message, one worker
std::span<const QueueCheck> queue_order_checks();   // groups, priorities, tenants, dead letters
std::span<const QueueCheck> queue_worker_checks();  // workers that compete, and that die

// nullopt when the adapter passes; otherwise what went wrong.
std::optional<std::string> failure_of(const QueueCheck& check, const QueuePlaces& places);

inline const WorkspaceId kHere{"here"};
inline const WorkspaceId kThere{"there"};
inline constexpr Milliseconds kLongLease{600'000};

store::NewMessage message(std::string body);
Task<std::string> enqueue(store::Queue& queue, WorkspaceId workspace, store::NewMessage message);
// What can be leased now, for long.
Task<std::vector<store::LeasedMessage>> lease(store::Queue& queue, std::size_t count = 10,
                                              Milliseconds visibility = kLongLease);
// As lease(), but waits until there is one; fails after some seconds.
Task<store::LeasedMessage> lease_one(store::Queue& queue, Milliseconds visibility = kLongLease);
// "a b c"
std::string bodies(const std::vector<store::LeasedMessage>& messages);
Task<void> expect_bodies(store::Queue& queue, std::string expected);

}  // namespace slipway::test
