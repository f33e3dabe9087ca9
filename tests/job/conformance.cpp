#include "job/conformance.h"

#include "job/scheduler.h"
#include "job/service.h"
#include "job/tables.h"
#include "must.h"
#include "store/database/sqlite.h"
#include "store/queue/database.h"
#include "store/queue/effect.h"

namespace slipway::test {
namespace {

using job::Info;
using job::Job;
using job::Jobs;
using job::NewJob;
using job::State;
using job::Worker;
using job::WorkerOptions;

const WorkspaceId kHere{"here"};
const WorkspaceId kThere{"there"};

NewJob named(std::string name) {
    NewJob made;
    made.name = std::move(name);
    made.arguments["number"] = 7;
    return made;
}

WorkerOptions quick() {
    WorkerOptions options;
    options.poll_time = Milliseconds(20);
    return options;
}

// Until the job is in this state; fails after some seconds.
Task<Info> wait_for(Jobs& jobs, std::string id, State state) {
    Info info;
    for (int i = 0; i < 2000; ++i) {
        SLIPWAY_CO_TRY(info, co_await jobs.find(kHere, id));
        if (info.state == state) co_return info;
        co_await sleep_for(Milliseconds(10));
    }
    co_return fail(ErrorCode::internal, "expected: {}, not {} ({})", to_string(state), to_string(info.state),
                   info.reason);
}

asio::awaitable<void> keep(std::optional<Result<void>>& result, Task<void> script, std::vector<Worker*> workers) {
    result.emplace(co_await std::move(script));
    for (auto* const worker : workers) worker->stop();
}

asio::awaitable<void> run_all(std::vector<Worker*> workers) {
    auto all = workers.back()->run();
    workers.pop_back();
    for (auto* const worker : workers) all = both(std::move(all), worker->run());
    co_await std::move(all);
}

// Runs the script while the workers work, then stops them and waits until they have ended.
Task<void> beside(std::vector<Worker*> workers, Task<void> script) {
    std::optional<Result<void>> result;
    auto kept = keep(result, std::move(script), workers);
    auto run = run_all(workers);
    co_await both(std::move(kept), std::move(run));
    co_return *std::move(result);
}

Task<void> runs_and_tells(JobPlace& place) {
    auto stores = place.open();
    Jobs jobs(*stores.database, *stores.queue);
    Worker worker(*stores.database, *stores.queue, quick());
    std::vector<Job> seen;
    auto note = [&](const Job& job) -> Task<void> {
        seen.push_back(job);
        co_return Result<void>();
    };
    worker.handle("note", note);
    auto script = [&]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto started, co_await jobs.start(kHere, named("note")));
        SLIPWAY_CO_CHECK(expect(started.state != State::failed, "it is on its way, or done already"));
        SLIPWAY_CO_TRY(const auto info, co_await wait_for(jobs, started.id, State::done));
        SLIPWAY_CO_CHECK(expect(info.name == "note" && info.attempts == 1 && info.reason.empty(), "what it was"));
        SLIPWAY_CO_CHECK(expect(info.started && info.finished && *info.started <= *info.finished, "its times"));
        SLIPWAY_CO_CHECK(expect_error(co_await jobs.find(kThere, started.id), ErrorCode::not_found, "another's job"));
        SLIPWAY_CO_TRY(const auto here, co_await jobs.list(kHere, State::done, 10, std::nullopt));
        SLIPWAY_CO_TRY(const auto there, co_await jobs.list(kThere, std::nullopt, 10, std::nullopt));
        co_return expect(here.jobs.size() == 1 && there.jobs.empty(), "a list of one's own");
    };
    SLIPWAY_CO_CHECK(co_await beside({&worker}, script()));
    SLIPWAY_CO_CHECK(expect(seen.size() == 1 && seen[0].workspace == kHere, "once, for its workspace"));
    co_return expect(integer_or(seen[0].arguments, "number", 0) == 7, "its arguments");
}

Task<void> failures_are_tried_again_or_given_up(JobPlace& place) {
    auto stores = place.open();
    Jobs jobs(*stores.database, *stores.queue);
    Worker worker(*stores.database, *stores.queue, quick());
    int flaky_calls = 0;
    auto flaky = [&](const Job&) -> Task<void> {
        if (++flaky_calls == 1) co_return fail(ErrorCode::upstream, "the model is away");
        co_return Result<void>();
    };
    auto wrong = [](const Job&) -> Task<void> { co_return fail(ErrorCode::invalid, "there is no such document"); };
    auto throws = [](const Job&) -> Task<void> {
        throw std::runtime_error("a bug");
        co_return Result<void>();
    };
    worker.handle("flaky", flaky);
    worker.handle("wrong", wrong);
    worker.handle("throws", throws);
    auto script = [&]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto again, co_await jobs.start(kHere, named("flaky")));
        SLIPWAY_CO_TRY(const auto never, co_await jobs.start(kHere, named("wrong")));
        auto once = named("throws"), unknown = named("nobody knows it");
        once.attempts_max = 1;
        SLIPWAY_CO_TRY(const auto bug, co_await jobs.start(kHere, once));
        SLIPWAY_CO_CHECK(expect_error(co_await jobs.start(kHere, unknown), ErrorCode::invalid, "a name with spaces"));
        SLIPWAY_CO_TRY(auto info, co_await wait_for(jobs, never.id, State::failed));
        SLIPWAY_CO_CHECK(expect(info.reason == "there is no such document" && info.attempts == 1, "given up at once"));
        SLIPWAY_CO_TRY(info, co_await wait_for(jobs, bug.id, State::failed));
        SLIPWAY_CO_CHECK(expect(!info.reason.empty() && !info.reason.contains("a bug"), "a reason without internals"));
        SLIPWAY_CO_TRY(info, co_await wait_for(jobs, again.id, State::done));
        SLIPWAY_CO_CHECK(expect(info.attempts == 2, "the second attempt"));
        SLIPWAY_CO_TRY(const auto count, co_await jobs.redrive(kHere, never.id));
        SLIPWAY_CO_CHECK(expect(count == 1, "a given-up job can be run again"));
        SLIPWAY_CO_TRY(info, co_await wait_for(jobs, never.id, State::failed));
        co_return expect(info.attempts == 1, "with all its attempts");
    };
    co_return co_await beside({&worker}, script());
}

Task<void> equal_keys_are_one_job(JobPlace& place) {
    auto stores = place.open();
    Jobs jobs(*stores.database, *stores.queue);
    auto keyed = named("note");
    keyed.deduplication_key = "key";
    SLIPWAY_CO_TRY(const auto first, co_await jobs.start(kHere, keyed));
    SLIPWAY_CO_TRY(const auto second, co_await jobs.start(kHere, keyed));
    co_return expect(first.id == second.id, "the same job");
}

Task<void> long_jobs_keep_their_lease(JobPlace& place) {
    auto stores = place.open();
    Jobs jobs(*stores.database, *stores.queue);
    auto options = quick();
    options.visibility = Milliseconds(1'500);
    Worker one(*stores.database, *stores.queue, options), two(*stores.database, *stores.queue, options);
    int calls = 0;
    auto slow = [&](const Job&) -> Task<void> {
        ++calls;
        co_await sleep_for(Milliseconds(3'500));  // longer than the lease
        co_return Result<void>();
    };
    one.handle("slow", slow);
    two.handle("slow", slow);
    auto script = [&]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto started, co_await jobs.start(kHere, named("slow")));
        SLIPWAY_CO_CHECK(co_await wait_for(jobs, started.id, State::done));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await beside({&one, &two}, script()));
    co_return expect(calls == 1, fmt::format("once, not {} times", calls));
}

// Ends while a job runs: one that ends in time is done, one that does not goes back, as if it had not been begun.
Task<void> a_stop_finishes_or_returns(JobPlace& place) {
    auto stores = place.open();
    Jobs jobs(*stores.database, *stores.queue);
    auto options = quick();
    options.drain_time_max = Milliseconds(300);
    Worker worker(*stores.database, *stores.queue, options);
    int begun = 0;
    auto short_one = [&](const Job&) -> Task<void> {
        ++begun;
        co_await sleep_for(Milliseconds(50));
        co_return Result<void>();
    };
    auto endless = [&](const Job&) -> Task<void> {
        ++begun;
        while (true) co_await sleep_for(Milliseconds(1'000));
    };
    worker.handle("short", short_one);
    worker.handle("endless", endless);
    std::string short_id, endless_id;
    auto script = [&]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto long_job, co_await jobs.start(kHere, named("endless")));
        SLIPWAY_CO_TRY(const auto short_job, co_await jobs.start(kHere, named("short")));
        short_id = short_job.id;
        endless_id = long_job.id;
        while (begun < 2) co_await sleep_for(Milliseconds(1));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await beside({&worker}, script()));
    SLIPWAY_CO_TRY(const auto finished, co_await jobs.find(kHere, short_id));
    SLIPWAY_CO_TRY(const auto returned, co_await jobs.find(kHere, endless_id));
    SLIPWAY_CO_CHECK(expect(finished.state == State::done, "what ends in time is done"));
    SLIPWAY_CO_CHECK(expect(returned.state == State::queued, "what does not is queued again"));
    store::LeaseOptions lease;
    SLIPWAY_CO_TRY(const auto messages, co_await stores.queue->lease("jobs", lease));
    SLIPWAY_CO_CHECK(expect(messages.size() == 1 && messages[0].lease.id == endless_id, "at once, for others"));
    co_return expect(messages[0].attempts == 1, "the attempt does not count");
}

// A worker that dies with its jobs (its loop is destroyed): another one does them, and each effect happens once.
Task<void> what_a_dead_worker_held_is_done(JobPlace& place) {
    asio::io_context loop(1);  // of the dead one: stands still, but is there for what was on its way to it
    auto stores = place.open(), others = place.open();
    Jobs jobs(*stores.database, *stores.queue);
    auto options = quick();
    options.visibility = Milliseconds(200);
    int effects = 0;
    const auto effect_in = [&effects](store::Database& database) {
        return [&](const Job& job) -> Task<void> {
            auto body = [&](store::Transaction& transaction) -> Task<void> {
                SLIPWAY_CO_TRY(const bool first, co_await store::first_time(transaction, job.id));
                if (first) ++effects;
                co_return Result<void>();
            };
            co_return co_await database.transact(job.workspace, body);
        };
    };
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i) {
        SLIPWAY_CO_TRY(const auto started, co_await jobs.start(kHere, named("effect")));
        ids.push_back(started.id);
    }
    {
        Worker dying(*others.database, *others.queue, options);
        const auto effect = effect_in(*others.database);
        auto dies = [&](const Job& job) -> Task<void> {
            SLIPWAY_CO_CHECK(co_await effect(job));
            while (true) co_await sleep_for(Milliseconds(1'000));  // after the effect, before it could say so
        };
        dying.handle("effect", dies);
        asio::co_spawn(loop, dying.run(), [](const std::exception_ptr&) {});
        for (int looks = 0; looks < 600 && dying.running() == 0; ++looks) loop.run_for(Milliseconds(50));
        loop.run_for(Milliseconds(100));
        SLIPWAY_CO_CHECK(expect(dying.running() > 0, "it held some"));
    }
    Worker worker(*stores.database, *stores.queue, options);
    const auto effect = effect_in(*stores.database);
    worker.handle("effect", effect);
    auto script = [&]() -> Task<void> {
        for (const auto& id : ids) SLIPWAY_CO_CHECK(co_await wait_for(jobs, id, State::done));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await beside({&worker}, script()));
    co_return expect(effects == 6, fmt::format("six effects, not {}", effects));
}

// Nobody is left to say why: the queue gives the job up, and find() tells.
Task<void> attempts_that_died_are_told(JobPlace& place) {
    auto stores = place.open();
    Jobs jobs(*stores.database, *stores.queue);
    auto once = named("dies");
    once.attempts_max = 1;
    SLIPWAY_CO_TRY(const auto started, co_await jobs.start(kHere, once));
    store::LeaseOptions lease;
    lease.visibility = Milliseconds(1);
    SLIPWAY_CO_TRY(const auto held, co_await stores.queue->lease("jobs", lease));
    SLIPWAY_CO_CHECK(expect(held.size() == 1, "a worker has it"));
    Worker worker(*stores.database, *stores.queue, quick());
    auto script = [&]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto info, co_await wait_for(jobs, started.id, State::failed));
        co_return expect(!info.reason.empty() && info.finished.has_value(), "why and when");
    };
    co_return co_await beside({&worker}, script());
}

// A message whose row was never written, as when the process ended between the two.
Task<void> jobs_without_a_row_are_known(JobPlace& place) {
    auto stores = place.open();
    Jobs jobs(*stores.database, *stores.queue);
    store::NewMessage message;
    message.body = job::to_message(named("note"));
    SLIPWAY_CO_TRY(const auto enqueued, co_await stores.queue->enqueue(kHere, "jobs", message));
    SLIPWAY_CO_TRY(const auto before, co_await jobs.find(kHere, enqueued.id));
    SLIPWAY_CO_CHECK(expect(before.name == "note" && before.state == State::queued, "what the queue knows"));
    SLIPWAY_CO_CHECK(expect_error(co_await jobs.find(kThere, enqueued.id), ErrorCode::not_found, "another's job"));
    Worker worker(*stores.database, *stores.queue, quick());
    auto note = [](const Job&) -> Task<void> { co_return Result<void>(); };
    worker.handle("note", note);
    auto script = [&]() -> Task<void> {
        SLIPWAY_CO_CHECK(co_await wait_for(jobs, enqueued.id, State::done));
        co_return Result<void>();
    };
    co_return co_await beside({&worker}, script());
}

Task<void> schedules_start_one_job_each(JobPlace& place) {
    auto one_place = place.open(), other_place = place.open();
    Jobs one_jobs(*one_place.database, *one_place.queue), other_jobs(*other_place.database, *other_place.queue);
    std::vector<job::ScheduledJob> entries;
    entries.push_back({kHere, "nightly", must(job::Schedule::parse("0 3 * * *")), named("night")});
    entries.push_back({kThere, "nightly", must(job::Schedule::parse("every 1h")), named("hour")});
    job::Scheduler one(*one_place.database, one_jobs, entries), other(*other_place.database, other_jobs, entries);
    const Instant noon(std::chrono::sys_days(std::chrono::year(2026) / 5 / 1) + std::chrono::hours(12));
    SLIPWAY_CO_TRY(auto started, co_await one.start_due(noon));
    SLIPWAY_CO_CHECK(expect(started == 0, "nothing is due when it is new"));
    // Both processes look at the same time, and again.
    const auto look = [&](Instant at) -> Task<void> {
        auto start = [at](job::Scheduler& scheduler) -> Task<void> {
            SLIPWAY_CO_CHECK(co_await scheduler.start_due(at));
            co_return Result<void>();
        };
        for (int i = 0; i < 2; ++i) {
            std::vector<Task<void>> both_look;
            both_look.push_back(start(one));
            both_look.push_back(start(other));
            SLIPWAY_CO_CHECK(first_failure(co_await all_of(std::move(both_look))));
        }
        co_return Result<void>();
    };
    const auto total = [&](WorkspaceId workspace) -> Task<std::int64_t> {
        SLIPWAY_CO_TRY(const auto counts, co_await one_jobs.counts(std::move(workspace)));
        co_return counts.ready;
    };
    SLIPWAY_CO_CHECK(co_await look(noon + std::chrono::minutes(61)));
    SLIPWAY_CO_TRY(auto hours, co_await total(kThere));
    SLIPWAY_CO_TRY(auto nights, co_await total(kHere));
    SLIPWAY_CO_CHECK(expect(hours == 1 && nights == 0, fmt::format("one hour is over, not {}", hours)));
    SLIPWAY_CO_CHECK(co_await look(noon + std::chrono::hours(16)));
    SLIPWAY_CO_TRY(hours, co_await total(kThere));
    SLIPWAY_CO_TRY(nights, co_await total(kHere));
    co_return expect(hours == 2 && nights == 1, "what was missed is started once");
}

// What the queue lies in is to sleep, but not while a job waits for its time.
Task<void> a_sleepy_worker_forgets_no_job(JobPlace& place) {
    auto stores = place.open();
    Jobs jobs(*stores.database, *stores.queue);
    auto options = quick();
    options.may_poll = [] { return false; };
    Worker worker(*stores.database, *stores.queue, options);
    auto work = [](const Job&) -> Task<void> { co_return Result<void>(); };
    worker.handle("later", work);
    auto script = [&]() -> Task<void> {
        auto later = named("later");
        later.delay = Milliseconds(1'000);
        SLIPWAY_CO_TRY(const auto delayed, co_await jobs.start(kHere, std::move(later)));
        worker.wake();
        SLIPWAY_CO_CHECK(co_await wait_for(jobs, delayed.id, State::done));
        co_await sleep_for(Milliseconds(50));
        SLIPWAY_CO_TRY(const auto next, co_await jobs.start(kHere, named("later")));
        worker.wake();
        SLIPWAY_CO_CHECK(co_await wait_for(jobs, next.id, State::done));
        co_return Result<void>();
    };
    co_return co_await beside({&worker}, script());
}

constexpr JobCheck kChecks[] = {
    {"RunsAndTells", runs_and_tells},
    {"FailuresAreTriedAgainOrGivenUp", failures_are_tried_again_or_given_up},
    {"EqualKeysAreOneJob", equal_keys_are_one_job},
    {"LongJobsKeepTheirLease", long_jobs_keep_their_lease},
    {"AStopFinishesOrReturns", a_stop_finishes_or_returns},
    {"WhatADeadWorkerHeldIsDone", what_a_dead_worker_held_is_done},
    {"AttemptsThatDiedAreTold", attempts_that_died_are_told},
    {"JobsWithoutARowAreKnown", jobs_without_a_row_are_known},
    {"SchedulesStartOneJobEach", schedules_start_one_job_each},
    {"ASleepyWorkerForgetsNoJob", a_sleepy_worker_forgets_no_job},
};

}  // namespace

std::span<const JobCheck> job_checks() { return kChecks; }

std::optional<std::string> failure_of(const JobCheck& check, const JobPlaces& places) {
    const auto place = places();
    return failure_of_check(check.name, check.run(*place));
}

JobStores JobPlace::open() {
    JobStores stores;
    stores.database = must(store::open_sqlite(folder_ / "data.db"));
    must(run_to_end(stores.database->migrate(store::queue_migrations())));
    must(run_to_end(stores.database->migrate(store::effect_migrations())));
    must(run_to_end(stores.database->migrate(job::migrations())));
    stores.queue = open_queue(*stores.database);
    return stores;
}

}  // namespace slipway::test
