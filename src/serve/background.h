// Jobs of an application: the worker that runs them, and the clock that starts them.
//
// A job's name says who does it: names without a dot are declared by the application's scripts, with job("name",
// function); those with one are Slipway's own, which no user can start, only the manifest's schedules and the operator:
//
//     documents.sync        {}                 brings knowledge.documents up to date
//     documents.reindex     {}                 makes the search index anew
//     data.backup           {folder, keep}     a backup in a folder of its own below `folder`; the newest `keep` (7)
//                                              stay. Only into a folder that a schedule of the manifest names, whose
//                                              `keep` counts.
//     domains.recheck       {}                 proven domains are looked up again, each hour where there may be some
//     workspaces.remove     {workspace}        what was in a workspace that has been deleted goes away
#pragma once

#include "job/scheduler.h"
#include "job/worker.h"
#include "serve/application.h"
#include "serve/operator.h"

namespace slipway::serve {

class Background {
 public:
    // `application` and `commands` outlive it. `invalid` when a schedule starts a job that nobody declares.
    // `alone`: nobody but this process starts jobs without a worker of its own, so that a queue in a database with
    // idle=drain may be left alone while nothing is asked.
    static Result<std::unique_ptr<Background>> make(Application& application, Operator& commands, bool alone = true);

    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // Until stop(): returns when each job that was begun is settled or returned to the queue. Once, on one loop.
    asio::awaitable<void> run();
    // From the loop of run().
    void stop();
    // In place of run(): job::Worker::run_delivered().
    Task<std::vector<std::string>> run_delivered(std::vector<store::Delivery> deliveries, Milliseconds time_max) {
        return worker_.run_delivered(std::move(deliveries), time_max);
    }

 private:
    Background(Application& application, Operator& commands, bool alone, std::vector<job::ScheduledJob> entries);
    Task<void> run_script(const job::Job& job);
    Task<void> back_up(const job::Job& job);
    Task<account::Principal> principal_of(const job::Job& job);

    Application& application_;
    Operator& commands_;
    job::Worker worker_;
    job::Scheduler scheduler_;
};

// Whether there is a job of that name, of the scripts or of Slipway's own.
bool has_job(Application& application, std::string_view name);

}  // namespace slipway::serve
