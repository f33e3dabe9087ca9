// Who works on a document. Internal to this room.
//
// Inside a process a lock per source sees to it. Where other processes may use the database, too (Dialect::shared), the
// row of the document names its holder and until when it is held, by the database's clock; whoever works on it extends
// that, every third of the lease. When the time is over, another one takes the document and finishes or takes back what
// was left. Who lost a document learns it before it writes to a store again, and can publish nothing: each change of
// the row asks for its holder. An index cannot ask that, so what a process that was stopped for longer than its lease
// had sent may still arrive there; it marks the row then, and what is too much goes (tables.h, `dirty`).
//
// Where one process has the database to itself rows are held by nobody ('' until 0): the same statements hold, and
// nothing is written for it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/keyed_lock.h"
#include "store/database/database.h"

namespace slipway::knowledge {

// Extends a lease until it is ended. On the loop of who began it.
class Heartbeat : public std::enable_shared_from_this<Heartbeat> {
 public:
    struct Lease {
        store::Database* database;
        store::Scope scope;
        std::string extend;  // a statement that changes one row while the lease is ours
        std::function<store::Parameters()> parameters;
        Milliseconds time;
    };
    // `taken`: before the lease was asked for.
    static std::shared_ptr<Heartbeat> begin(asio::any_io_executor executor, Lease lease,
                                            std::chrono::steady_clock::time_point taken);
    Heartbeat(const asio::any_io_executor& executor, Lease lease, std::chrono::steady_clock::time_point taken);

    // By this process's own clock, so false too early rather than too late.
    bool valid() const { return !lost_ && std::chrono::steady_clock::now() < valid_until_; }
    bool lost() const { return lost_; }
    void end();
    // Once, now. `conflict` when it is somebody else's.
    Task<void> extend();

 private:
    static asio::awaitable<void> beat(std::shared_ptr<Heartbeat> self);

    Lease lease_;
    asio::steady_timer timer_;
    std::chrono::steady_clock::time_point valid_until_;
    bool over_ = false, lost_ = false;
};

// Of one document. When it ends before it was released, it is left for whoever looks for leftovers.
class Hold {
 public:
    Hold(std::string holder, std::shared_ptr<Heartbeat> heartbeat, std::atomic<bool>& left)
        : holder_(std::move(holder)), heartbeat_(std::move(heartbeat)), left_(&left) {}
    Hold(Hold&& other) noexcept
        : holder_(std::move(other.holder_)),
          heartbeat_(std::move(other.heartbeat_)),
          left_(std::exchange(other.left_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold();

    const std::string& holder() const { return holder_; }  // as the row names it
    // Before anything is written to a store: `conflict` when the time was over.
    Result<void> check() const;
    // As check(), but asks the database where it is in doubt.
    Task<void> confirm() const;
    // The row names nobody any more.
    void released();

 private:
    std::string holder_;
    std::shared_ptr<Heartbeat> heartbeat_;  // nullptr where one process has the database to itself
    std::atomic<bool>* left_;
};

struct HoldOptions {
    bool always = false;         // as if others used the database, too
    Milliseconds lease{30'000};  // of who died others take the documents after this
};

// The words of statements, and what begins and ends a hold. Thread safe.
class Holds {
 public:
    Holds(store::Database& database, HoldOptions options);

    bool shared() const { return shared_; }
    Milliseconds lease() const { return options_.lease; }
    std::string new_holder() const;
    // SQL: until when who takes the row now has it; that nobody has it.
    const std::string& until() const { return until_; }
    const std::string& is_free() const { return is_free_; }
    const std::string& clock() const { return clock_; }
    // For who has just become the holder. `taken`: before it was asked for.
    Hold begin(asio::any_io_executor executor, WorkspaceId workspace, std::string document_id, std::string holder,
               std::chrono::steady_clock::time_point taken);
    // The row is nobody's again, if it still is the holder's.
    Task<void> release(WorkspaceId workspace, std::string document_id, Hold& hold);

    // Something is left for recovery: a hold ended before it was released, or whoever sets it knows of something else.
    std::atomic<bool>& left() { return left_; }
    bool left() const { return left_; }

 private:
    store::Database& database_;
    HoldOptions options_;
    bool shared_;
    std::string clock_, until_, is_free_;
    std::atomic<bool> left_{false};
};

// Waits for a document that another process has, a little longer each time. `unavailable` when it takes too long.
class Patience {
 public:
    explicit Patience(Milliseconds limit) : end_(std::chrono::steady_clock::now() + limit) {}
    Task<void> wait();

 private:
    std::chrono::steady_clock::time_point end_;
    Milliseconds pause_{20};
};

std::unexpected<Error> lost_hold();

}  // namespace slipway::knowledge
