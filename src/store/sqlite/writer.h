// The one writer of a SQLite file: a thread with a bounded queue that puts what waits into one commit (group commit).
//
// Each unit of work runs inside a SAVEPOINT of one BEGIN IMMEDIATE … COMMIT. The awaiting coroutine resumes, on its own
// executor, only after the COMMIT has reached the disk (WAL, synchronous=FULL), so success means durable. A unit that
// fails is rolled back alone; a COMMIT that fails fails every unit of its group.
//
// A unit may run more than once: when another one ends the whole transaction (full disk, interrupted write), those
// before it are repeated. So it must set its outputs rather than add to them, and touch nothing outside but them. It
// must not begin or end a transaction itself.
//
// Cancelling the awaiting coroutine takes the unit out of the queue, or interrupts and rolls it back; once it is being
// committed it is too late. In every case the coroutine resumes only when the unit will not run any more: it may refer
// to what the coroutine keeps.
//
// Thread safe. Destroy the writer before the event loops of its callers; what still waits then is answered
// `unavailable`.
//
//     std::size_t erased = 0;
//     sqlite::Writer::Work work = [&](sqlite::Connection& connection) -> Result<void> { … erased = …; return {}; };
//     SLIPWAY_CO_CHECK(co_await writer.run(std::move(work)));
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/task.h"
#include "store/sqlite/connection.h"

namespace slipway::store::sqlite {

struct WriterOptions {
    std::size_t group_max = 64;           // units in one commit
    Milliseconds group_time_max{100};     // a group that is this old takes no further unit
    std::size_t queue_max = 4096;         // waiting units; one more is answered `unavailable` at once
    Milliseconds queue_time_max{30'000};  // a unit that waited longer is answered `unavailable`
    Milliseconds unit_time_max{10'000};   // a unit that runs longer is interrupted and rolled back
    // Work that can wait, in a transaction of its own: after the start and after each time of writing, once nothing was
    // written for idle_after, and again as long as it answers that it did something.
    std::function<Result<bool>(Connection&)> idle_work;
    Milliseconds idle_after{1000};
};

struct WriterCounts {
    std::uint64_t commits = 0;
    std::uint64_t units = 0;  // committed
};

class Writer {
 public:
    using Work = std::function<Result<void>(Connection&)>;
    // A coroutine that runs on the writer's thread. While it waits nothing else runs there.
    using Body = std::function<Task<void>(Connection&)>;

    explicit Writer(Connection connection, WriterOptions options = {});
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // `unavailable` when the queue is full, the time is over, the caller was cancelled, or SQLite could not write;
    // `internal` when the unit throws; else what the unit answered. `time_max` replaces unit_time_max.
    Task<void> run(Work work, std::optional<Milliseconds> time_max = {});
    Task<void> run_body(Body body, std::optional<Milliseconds> time_max = {});

    // True on the writer's own thread, where waiting for the writer would never end.
    bool is_here() const { return std::this_thread::get_id() == thread_.get_id(); }
    std::size_t waiting() const;
    WriterCounts counts() const;

 private:
    struct Unit;
    using UnitPointer = std::shared_ptr<Unit>;
    using Group = std::vector<UnitPointer>;
    using Source = std::function<UnitPointer()>;

    Task<void> submit(UnitPointer unit);
    void enqueue(const UnitPointer& unit);
    void cancel(const UnitPointer& unit);
    void serve();
    enum class Wait : unsigned char { no, until_idle, for_ever };
    UnitPointer next(Wait wait);
    bool is_stopping() const;
    bool work_idle();
    void run_group(UnitPointer first);
    Group attempt(Source& source);
    Result<void> begin();
    void complain(const Error& error);
    bool run_in_savepoint(Unit& unit, Result<void>& outcome);
    Result<void> run_unit(Unit& unit);
    Result<void> drive(Unit& unit);
    void commit(Group& group);
    static Group settle_failed(Group group);

    Connection connection_;
    WriterOptions options_;
    asio::io_context loop_{1};
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<UnitPointer> queue_;
    bool stopping_ = false;
    std::chrono::steady_clock::time_point silent_until_;  // of complain()
    std::atomic<std::uint64_t> commits_{0};
    std::atomic<std::uint64_t> units_{0};
    std::thread thread_;
};

}  // namespace slipway::store::sqlite
