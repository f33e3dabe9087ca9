#include "job/worker.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.h"
#include "base/metrics.h"
#include "job/service.h"
#include "job/tables.h"

namespace slipway::job {
namespace {

constexpr int kSettleTries = 5;
constexpr Milliseconds kRest{1'000};  // until a queue that sleeps is thought of again

metrics::Counter& ended(std::string_view result) {
    return metrics::counter("slipway_jobs_total", "Attempts at jobs, by what became of them.", {{"result", result}});
}

// Whether another attempt could end otherwise.
bool is_final(ErrorCode code) {
    return code == ErrorCode::invalid || code == ErrorCode::not_found || code == ErrorCode::forbidden;
}

// Exceptions are bugs; the job tells that there was one, the log what it said.
Task<void> guarded(const Handler& handler, const Job& job) {
    try {
        co_return co_await handler(job);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted)
            co_return fail(ErrorCode::unavailable, "The job was stopped before it ended.");
        log::error("job threw", {{"job", json::string_view(job.name)}, {"what", error.what()}});
    } catch (const std::exception& error) {
        log::error("job threw", {{"job", json::string_view(job.name)}, {"what", error.what()}});
    }
    co_return fail(ErrorCode::internal, "The job failed; the log says why.");
}

Task<void> no_handler(const Job& job) {
    co_return fail(ErrorCode::unavailable, "No handler of this process is called {}.", job.name);
}

}  // namespace

// A job under way, and what may end it before its time.
struct Attempt {
    explicit Attempt(store::LeasedMessage leased) : message(std::move(leased)) {}
    store::LeasedMessage message;
    std::shared_ptr<Stop> stop = std::make_shared<Stop>();
    std::shared_ptr<asio::steady_timer> beat;
    std::optional<Result<void>> outcome;
    std::string user;
    std::optional<Info> info;  // once it began
    bool over = false, lost = false, late = false;
};

struct Worker::State : std::enable_shared_from_this<Worker::State> {
    State(store::Database& in, store::Queue& from, WorkerOptions given)
        : database(in), queue(from), options(std::move(given)), upkeep(in, options.upkeep) {}

    store::Database& database;
    store::Queue& queue;
    WorkerOptions options;
    std::mutex waking;                              // of `executor`, which wake() reads from other threads
    std::optional<asio::any_io_executor> executor;  // while run() runs
    Upkeep upkeep;
    std::map<std::string, Handler> handlers;
    Handler others = no_handler;
    std::list<Attempt*> attempts;
    // The lanes that wait for their turn to ask the queue, and the end of the drain: run()'s, as they must not outlive
    // the loop.
    std::weak_ptr<asio::steady_timer> turn, drain;
    std::shared_ptr<Stop> wait;                 // of the lane that asks
    std::vector<std::shared_ptr<Stop>> sweeps;  // of each lane
    std::atomic<bool> woken = false;
    bool stopping = false, cut_off = false, queue_lost = false, polling = false, asleep = false, leasing = false;

    asio::awaitable<void> lane();
    asio::awaitable<std::vector<store::LeasedMessage>> next();
    asio::awaitable<bool> nothing_waits();
    asio::awaitable<void> rest(Milliseconds time);
    asio::awaitable<void> attempt(store::LeasedMessage message);
    asio::awaitable<void> run_handler(Attempt& attempt);
    asio::awaitable<void> keep_lease(Attempt& attempt);
    asio::awaitable<void> settle(Attempt& attempt);
    void tell_change(const Attempt& attempt, job::State state, std::string reason) const;
    Task<void> tell_end(const Attempt& attempt);
    Task<void> give_back(const Attempt& attempt);
    Task<void> tell_failure(const Attempt& attempt, const Error& error);
    void stop_attempts();
};

Worker::Worker(store::Database& database, store::Queue& queue, WorkerOptions options)
    : state_(std::make_shared<State>(database, queue, std::move(options))) {}
Worker::~Worker() = default;

void Worker::handle(std::string name, Handler handler) { state_->handlers[std::move(name)] = std::move(handler); }
void Worker::handle_others(Handler handler) { state_->others = std::move(handler); }

std::size_t Worker::running() const { return state_->attempts.size(); }

asio::awaitable<void> Worker::run() {
    const auto state = state_;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer all_ended(executor, std::chrono::steady_clock::time_point::max());
    std::size_t lanes = std::max<std::size_t>(state->options.jobs_max, 1);
    const auto never = std::chrono::steady_clock::time_point::max();
    const auto drain = std::make_shared<asio::steady_timer>(executor);
    const auto turn = std::make_shared<asio::steady_timer>(executor, never);
    state->drain = drain;
    state->turn = turn;
    {
        const std::lock_guard lock(state->waking);
        state->executor = executor;
    }
    for (auto left = lanes; left > 0; --left)
        asio::co_spawn(executor, state->lane(), [&](const std::exception_ptr&) {
            if (--lanes == 0) all_ended.cancel();
        });
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());  // lanes refer to this frame
    while (lanes > 0) co_await all_ended.async_wait(asio::as_tuple(asio::deferred));
    const std::lock_guard lock(state->waking);
    state->executor.reset();
}

void Worker::stop() {
    const auto drain = state_->drain.lock();
    if (std::exchange(state_->stopping, true) || !drain) return;
    if (const auto turn = state_->turn.lock()) turn->cancel();
    if (state_->wait) state_->wait->ask();
    for (const auto& sweep : state_->sweeps) sweep->ask();
    drain->expires_after(state_->options.drain_time_max);
    drain->async_wait([weak = std::weak_ptr<State>(state_)](boost::system::error_code error) {
        const auto state = error ? nullptr : weak.lock();
        if (state) state->stop_attempts();
    });
}

Task<std::vector<std::string>> Worker::run_delivered(std::vector<store::Delivery> deliveries, Milliseconds time_max) {
    const auto state = state_;
    const auto executor = co_await asio::this_coro::executor;
    auto copies = deliveries;
    SLIPWAY_CO_TRY(auto messages,
                   co_await state->queue.take(state->options.queue_name, std::move(copies), state->options.visibility));
    asio::steady_timer all_ended(executor, std::chrono::steady_clock::time_point::max()), limit(executor, time_max);
    state->cut_off = false;
    limit.async_wait([state](boost::system::error_code error) {
        if (!error) state->stop_attempts();
    });
    std::size_t left = messages.size();
    for (auto& message : messages)
        asio::co_spawn(executor, state->attempt(std::move(message)), [&](const std::exception_ptr&) {
            if (--left == 0) all_ended.cancel();
        });
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());  // attempts refer to this frame
    while (left > 0) co_await all_ended.async_wait(asio::as_tuple(asio::deferred));
    co_return state->queue.left_over(deliveries);
}

void Worker::wake() {
    if (state_->woken.exchange(true)) return;
    const std::lock_guard lock(state_->waking);
    if (state_->executor)
        asio::post(*state_->executor, [state = state_] {
            if (state->wait && !(state->leasing && state->queue.hears_while_waiting())) state->wait->ask();
        });
}

void Worker::State::stop_attempts() {
    cut_off = true;
    for (auto* const attempt : attempts) attempt->stop->ask();
}

// One of the lanes that have nothing to do asks the queue; with a message it hands the asking on.
asio::awaitable<void> Worker::State::lane() {
    const auto self = shared_from_this();
    const auto stop = sweeps.emplace_back(std::make_shared<Stop>());
    while (!stopping) {
        const auto waiting = turn.lock();
        if (polling) {
            co_await waiting->async_wait(asio::as_tuple(asio::deferred));
            continue;
        }
        polling = true;
        auto messages = co_await next();
        polling = false;
        waiting->cancel_one();
        for (auto& message : messages) co_await attempt(std::move(message));
        if (messages.empty()) continue;
        auto sweep = upkeep.sweep_if_due();
        co_await run_until(stop, std::move(sweep));
    }
}

asio::awaitable<std::vector<store::LeasedMessage>> Worker::State::next() {
    const bool called = woken.exchange(false);
    wait = std::make_shared<Stop>();
    const bool sleepy = !called && options.may_poll && !options.may_poll();
    if (sleepy && !asleep) asleep = co_await nothing_waits();
    if (!sleepy) asleep = false;
    if (asleep) {
        co_await rest(kRest);
        co_return std::vector<store::LeasedMessage>();
    }
    store::LeaseOptions lease;
    lease.count_max = 1;
    lease.visibility = options.visibility;
    lease.wait = options.poll_time;
    lease.stop = wait;
    leasing = true;
    auto messages = co_await queue.lease(options.queue_name, lease);
    leasing = false;
    if (messages) {
        queue_lost = false;
        co_return *std::move(messages);
    }
    if (!std::exchange(queue_lost, true))
        log::warning("jobs cannot be leased", {{"reason", json::string_view(messages.error().message)}});
    co_await rest(options.pause_after_failure);
    co_return std::vector<store::LeasedMessage>();
}

asio::awaitable<bool> Worker::State::nothing_waits() {
    const auto counts = co_await queue.total_counts(options.queue_name);
    co_return counts && counts->ready + counts->delayed + counts->leased == 0;
}

// Until somebody stops or wakes the worker.
asio::awaitable<void> Worker::State::rest(Milliseconds time) {
    auto sleep = sleep_for(time);
    co_await run_until(wait, std::move(sleep));
}

asio::awaitable<void> Worker::State::attempt(store::LeasedMessage message) {
    Attempt attempt(std::move(message));
    attempt.beat = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
    if (stopping) {  // it came while the lease was asked for
        static_cast<void>(co_await give_back(attempt));
        co_return;
    }
    const auto listed = attempts.insert(attempts.end(), &attempt);
    auto run = run_handler(attempt);
    auto keep = keep_lease(attempt);
    co_await both(std::move(run), std::move(keep));
    attempts.erase(listed);
    co_await settle(attempt);
}

asio::awaitable<void> Worker::State::run_handler(Attempt& attempt) {
    const auto& message = attempt.message;
    auto order = from_message(message.body);
    if (!order) {
        attempt.outcome.emplace(pass(order));
    } else {
        const auto own = handlers.find(order->name);
        const auto& handler = own == handlers.end() ? others : own->second;
        Job job{message.lease.workspace,     message.lease.id, std::move(order->name), std::move(order->user),
                std::move(order->arguments), message.attempts, message.attempts_max};
        Info info;
        info.id = job.id;
        info.name = job.name;
        info.attempts = job.attempts;
        info.attempts_max = job.attempts_max;
        info.created = message.enqueued;
        info.started = now();
        attempt.user = job.user;
        const auto noted = co_await note_started(database, job.workspace, info);
        if (noted) {
            attempt.info = std::move(info);
            tell_change(attempt, job::State::running, "");
            auto work = with_timeout(guarded(handler, job), options.job_time_max, "The job");
            auto stored = store_in(attempt.outcome, std::move(work));
            co_await run_until(attempt.stop, std::move(stored));
        } else {
            attempt.outcome.emplace(std::unexpected(noted.error()));
        }
    }
    attempt.over = true;
    attempt.beat->cancel();
}

asio::awaitable<void> Worker::State::keep_lease(Attempt& attempt) {
    while (!attempt.over) {
        attempt.beat->expires_after(std::max(options.visibility / 3, Milliseconds(1)));
        co_await attempt.beat->async_wait(asio::as_tuple(asio::deferred));
        if (attempt.over) co_return;
        const auto extended = co_await queue.extend(attempt.message.lease, options.visibility);
        if (extended || extended.error().code != ErrorCode::conflict) continue;  // a queue that is away may come back
        attempt.lost = true;
        attempt.stop->ask();
        co_return;
    }
}

void Worker::State::tell_change(const Attempt& attempt, job::State state, std::string reason) const {
    if (!options.on_change || !attempt.info) return;
    auto info = *attempt.info;
    info.state = state;
    info.reason = std::move(reason);
    if (state == job::State::done || state == job::State::failed) info.finished = now();
    options.on_change(attempt.message.lease.workspace, attempt.user, info);
}

// The row first, here and below: once it is settled in the queue, another worker may begin it and write its own.
Task<void> Worker::State::give_back(const Attempt& attempt) {
    const auto& lease = attempt.message.lease;
    constexpr std::string_view kReason = "Its worker ended.";
    SLIPWAY_CO_CHECK(
        co_await note_ended(database, lease.workspace, lease.id, job::State::queued, std::string(kReason)));
    tell_change(attempt, job::State::queued, std::string(kReason));
    co_return co_await queue.release(lease);
}

Task<void> Worker::State::tell_failure(const Attempt& attempt, const Error& error) {
    const auto& lease = attempt.message.lease;
    const bool last = is_final(error.code) || attempt.message.attempts >= attempt.message.attempts_max;
    const auto next = last ? job::State::failed : job::State::queued;
    SLIPWAY_CO_CHECK(co_await note_ended(database, lease.workspace, lease.id, next, error.message));
    tell_change(attempt, next, error.message);
    if (last) co_return co_await queue.bury(lease, error.message);
    co_return co_await queue.retry(lease, error.message);
}

Task<void> Worker::State::tell_end(const Attempt& attempt) {
    const auto& lease = attempt.message.lease;
    if (attempt.outcome.has_value() && attempt.outcome->has_value()) {
        SLIPWAY_CO_CHECK(co_await note_ended(database, lease.workspace, lease.id, job::State::done, ""));
        tell_change(attempt, job::State::done, "");
        co_return co_await queue.acknowledge(lease);
    }
    if (cut_off) co_return co_await give_back(attempt);
    const Error none{ErrorCode::unavailable, "The job was stopped before it ended."};
    const auto& error = attempt.outcome ? attempt.outcome->error() : none;
    co_return co_await tell_failure(attempt, error);
}

// A store that is away for a moment must not make the work be done again.
asio::awaitable<void> Worker::State::settle(Attempt& attempt) {
    const auto id = attempt.message.lease.id;
    if (attempt.lost) {
        ended("lost").add();
        log::warning("job lost its lease", {{"id", json::string_view(id)}});
        co_return;
    }
    Result<void> settled;
    for (int tries = 1; tries <= kSettleTries; ++tries) {
        settled = co_await tell_end(attempt);
        if (settled || settled.error().code != ErrorCode::unavailable || tries == kSettleTries) break;
        co_await sleep_for(std::min(options.pause_after_failure, options.visibility / (2 * kSettleTries)));
    }
    const bool done = attempt.outcome.has_value() && attempt.outcome->has_value();
    ended(!settled ? "unsettled" : done ? "done" : cut_off ? "returned" : "failed").add();
    if (settled) co_return;
    // It comes back when its lease runs out.
    log::warning("job not settled",
                 {{"id", json::string_view(id)}, {"reason", json::string_view(settled.error().message)}});
}

}  // namespace slipway::job
