#include "store/sqlite/writer.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/metrics.h"
#include "base/resume.h"

namespace slipway::store::sqlite {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kComplaintEvery{10};

std::unexpected<Error> stopped() {
    return fail(ErrorCode::unavailable, "The write was cancelled before it was committed; nothing was changed.");
}

Result<void> control(Connection& connection, std::string_view sql) {
    SLIPWAY_TRY(auto statement, connection.prepare(sql));
    return statement.run();
}

Result<void> end_savepoint(Connection& connection, bool keep) {
    if (!keep) {
        SLIPWAY_CHECK(control(connection, "ROLLBACK TO unit"));
    }
    return control(connection, "RELEASE unit");
}

}  // namespace

struct Writer::Unit {
    std::variant<Work, Body> action;
    Milliseconds time_max;
    Clock::time_point queued = Clock::now();
    std::atomic<bool> stop{false};
    Result<void> outcome = {};
    std::move_only_function<void(Result<void>)> complete;

    void finish(Result<void> result) { std::exchange(complete, nullptr)(std::move(result)); }
};

Writer::Writer(Connection connection, WriterOptions options)
    : connection_(std::move(connection)), options_(std::move(options)), thread_(&Writer::serve, this) {}

Writer::~Writer() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

Task<void> Writer::run(Work work, std::optional<Milliseconds> time_max) {
    auto unit = std::make_shared<Unit>(std::move(work), time_max.value_or(options_.unit_time_max));
    co_return co_await submit(std::move(unit));
}

Task<void> Writer::run_body(Body body, std::optional<Milliseconds> time_max) {
    auto unit = std::make_shared<Unit>(std::move(body), time_max.value_or(options_.unit_time_max));
    co_return co_await submit(std::move(unit));
}

// The handler is completed exactly once, by the writer's thread or by whoever takes the unit out of the queue.
Task<void> Writer::submit(UnitPointer unit) {
    if (is_here())
        co_return fail(ErrorCode::internal,
                       "A write to {} waits for another one from inside a transaction, which would never end.",
                       connection_.file().filename().string());
    auto start = [this, &unit](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto caller = asio::get_associated_executor(handler);
        auto guard = asio::make_work_guard(caller);
        unit->complete = [handler = std::move(handler), guard = std::move(guard), slot](Result<void> result) mutable {
            auto resume = [handler = std::move(handler), slot, result = std::move(result)]() mutable {
                slot.clear();
                std::move(handler)(std::move(result));
            };
            resume_on(std::move(guard), std::move(resume));
        };
        if (slot.is_connected()) {
            slot.assign([this, unit](asio::cancellation_type type) {
                if ((type & asio::cancellation_type::terminal) != asio::cancellation_type::none) cancel(unit);
            });
        }
        enqueue(unit);
    };
    co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(Result<void>)>(start,
                                                                                               asio::use_awaitable);
}

void Writer::enqueue(const UnitPointer& unit) {
    bool taken = false;
    {
        const std::scoped_lock lock(mutex_);
        taken = queue_.size() < options_.queue_max && !stopping_;
        if (taken) queue_.push_back(unit);
    }
    // Not under the lock, for which the writer would wake up only to wait again. The writer is still there: the caller,
    // who keeps it, resumes on its own loop, and that is busy here.
    if (taken) return wake_.notify_one();
    unit->finish(
        fail(ErrorCode::unavailable, "Too many writes are waiting ({}); try again in a moment.", options_.queue_max));
}

void Writer::cancel(const UnitPointer& unit) {
    unit->stop.store(true, std::memory_order_relaxed);
    bool waiting = false;
    {
        const std::scoped_lock lock(mutex_);
        waiting = std::erase(queue_, unit) != 0;
    }
    if (waiting) {
        unit->finish(stopped());
    } else {
        asio::post(loop_, [] {});  // a body that waits is looked at again
    }
}

std::size_t Writer::waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

WriterCounts Writer::counts() const { return {commits_.load(), units_.load()}; }

// The next unit that is still worth running; nullptr when there is none (or, when waiting for ever, the writer is to
// end).
Writer::UnitPointer Writer::next(Wait wait) {
    const auto due = [this] { return stopping_ || !queue_.empty(); };
    for (;;) {
        UnitPointer unit;
        bool ending = false;
        {
            std::unique_lock lock(mutex_);
            if (wait == Wait::for_ever) wake_.wait(lock, due);
            if (wait == Wait::until_idle) wake_.wait_for(lock, options_.idle_after, due);
            if (queue_.empty()) return nullptr;
            unit = std::move(queue_.front());
            queue_.pop_front();
            ending = stopping_;
        }
        if (ending) {
            unit->finish(fail(ErrorCode::unavailable, "The store is closing; nothing was changed."));
        } else if (Clock::now() - unit->queued > options_.queue_time_max) {
            unit->finish(fail(ErrorCode::unavailable,
                              "The write waited longer than {} ms for its turn; try again in a moment.",
                              options_.queue_time_max.count()));
        } else {
            return unit;
        }
    }
}

void Writer::serve() {
    for (bool has_idle_work = static_cast<bool>(options_.idle_work);;) {
        if (auto unit = next(has_idle_work ? Wait::until_idle : Wait::for_ever)) {
            run_group(std::move(unit));
            has_idle_work = static_cast<bool>(options_.idle_work);
        } else if (is_stopping()) {
            return;
        } else {
            has_idle_work = has_idle_work && work_idle();
        }
    }
}

bool Writer::is_stopping() const {
    const std::scoped_lock lock(mutex_);
    return stopping_;
}

// True when it did something, so that there may be more. What fails is tried again after the next write.
bool Writer::work_idle() {
    bool did_something = false;
    Work work = [&](Connection& connection) -> Result<void> {
        SLIPWAY_TRY(did_something, options_.idle_work(connection));
        return {};
    };
    Result<void> ended;
    const auto unit = std::make_shared<Unit>(std::move(work), options_.unit_time_max);
    unit->complete = [&ended](Result<void> result) { ended = std::move(result); };
    run_group(unit);
    if (!ended) complain(ended.error());
    return ended && did_something;
}

void Writer::run_group(UnitPointer first) {
    const auto started = Clock::now();
    std::size_t taken = 0;
    Source queued = [&]() -> UnitPointer {
        if (first) return std::exchange(first, nullptr);
        if (++taken >= options_.group_max || Clock::now() - started >= options_.group_time_max) return nullptr;
        return next(Wait::no);
    };
    auto lost = attempt(queued);
    // Each round settles at least the unit that ended it.
    while (!lost.empty()) {
        std::size_t position = 0;
        Source again = [&]() -> UnitPointer { return position < lost.size() ? lost[position++] : nullptr; };
        lost = attempt(again);
    }
}

Result<void> Writer::begin() {
    SLIPWAY_CHECK(control(connection_, "BEGIN IMMEDIATE"));
    auto in_place = connection_.check_in_place();
    if (!in_place) SLIPWAY_CHECK(control(connection_, "ROLLBACK"));
    return in_place;
}

// The operator learns that writing fails, but not once for each of a thousand requests.
void Writer::complain(const Error& error) {
    if (error.code != ErrorCode::unavailable || Clock::now() < silent_until_) return;
    silent_until_ = Clock::now() + kComplaintEvery;
    log::error("write failed", {{"file", connection_.file().filename().string()}, {"error", error.message}});
}

// One transaction. Returns the units that lost their work because another one ended it, through no fault of their own.
Writer::Group Writer::attempt(Source& source) {
    if (const auto begun = begin(); !begun) {
        complain(begun.error());
        while (auto unit = source()) unit->finish(begun);
        return {};
    }
    Group group;
    while (auto unit = source()) {
        const bool alive = run_in_savepoint(*unit, unit->outcome);
        if (alive) {
            group.push_back(std::move(unit));
            continue;
        }
        if (!unit->outcome) complain(unit->outcome.error());
        unit->finish(std::move(unit->outcome));
        auto lost = settle_failed(std::move(group));
        while (auto rest = source()) lost.push_back(std::move(rest));
        return lost;
    }
    commit(group);
    return {};
}

// False when the whole transaction is gone.
bool Writer::run_in_savepoint(Unit& unit, Result<void>& outcome) {
    outcome = control(connection_, "SAVEPOINT unit");
    if (!outcome) return connection_.in_transaction();
    connection_.set_limit(Clock::now() + unit.time_max, &unit.stop);
    outcome = run_unit(unit);
    connection_.clear_limit();
    if (outcome && unit.stop.load(std::memory_order_relaxed)) outcome = stopped();
    if (outcome && connection_.has_open_references())
        outcome = fail(ErrorCode::conflict, "Something refers to an entry that does not exist.");
    if (!connection_.in_transaction()) {
        if (outcome)
            outcome = fail(ErrorCode::internal, "A unit of work ended the transaction that it shares with others.");
        return false;
    }
    auto ended = end_savepoint(connection_, outcome.has_value());
    if (!ended && outcome) outcome = std::move(ended);
    return connection_.in_transaction();
}

Result<void> Writer::run_unit(Unit& unit) {
    try {
        if (auto* const work = std::get_if<Work>(&unit.action)) return (*work)(connection_);
        return drive(unit);
    } catch (const std::exception& error) {
        log::error("write failed unexpectedly",
                   {{"file", connection_.file().filename().string()}, {"reason", error.what()}});
        return fail(ErrorCode::internal, "A write failed unexpectedly: {}.", error.what());
    }
}

// Runs the loop of this thread until the body has ended; cancels it when it is to stop or has used up its time.
Result<void> Writer::drive(Unit& unit) {
    std::optional<Result<void>> ended;
    std::exception_ptr thrown;
    asio::cancellation_signal cancel;
    const auto deadline = Clock::now() + unit.time_max;
    auto on_end = [&](std::exception_ptr error, Result<void> result) {
        thrown = error;
        ended = std::move(result);
    };
    auto body = std::get<Body>(unit.action)(connection_);
    asio::co_spawn(loop_, std::move(body), asio::bind_cancellation_slot(cancel.slot(), on_end));
    bool over = false;
    while (!ended) {
        loop_.restart();
        if (over) {
            loop_.run_one();
        } else {
            loop_.run_one_until(deadline);
            over = unit.stop.load(std::memory_order_relaxed) || Clock::now() >= deadline;
            // From inside the loop: from outside Asio would only note it down, perhaps past the end of the body.
            if (over && !ended) asio::post(loop_, [&] { cancel.emit(asio::cancellation_type::terminal); });
        }
    }
    loop_.restart();
    loop_.poll();
    if (over) {
        // What a cancelled body threw or answered does not matter: it did not finish.
        if (unit.stop.load(std::memory_order_relaxed)) return stopped();
        return fail(ErrorCode::unavailable, "The transaction took longer than {} ms and was rolled back.",
                    unit.time_max.count());
    }
    if (thrown) std::rethrow_exception(thrown);
    return *std::move(ended);
}

void Writer::commit(Group& group) {
    static auto& durations = metrics::histogram("slipway_sqlite_commit_duration_seconds",
                                                "Time of commits, each with all transactions that waited together.");
    static auto& transactions =
        metrics::counter("slipway_sqlite_transactions_total", "Transactions that were written.");
    const auto began = std::chrono::steady_clock::now();
    auto committed = control(connection_, "COMMIT");
    durations.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    if (!committed && connection_.in_transaction()) {
        const auto undone = control(connection_, "ROLLBACK");
        if (!undone) log::error("rollback failed", {{"error", undone.error().message}});
    }
    if (committed) commits_.fetch_add(1);
    if (!committed) complain(committed.error());
    for (const auto& unit : group) {
        if (!unit->outcome) {
            unit->finish(std::move(unit->outcome));
        } else {
            if (committed) units_.fetch_add(1);
            if (committed) transactions.add();
            unit->finish(committed);
        }
    }
}

Writer::Group Writer::settle_failed(Group group) {
    Group good;
    for (auto& unit : group) {
        if (unit->outcome) {
            good.push_back(std::move(unit));
        } else {
            unit->finish(std::move(unit->outcome));
        }
    }
    return good;
}

}  // namespace slipway::store::sqlite
