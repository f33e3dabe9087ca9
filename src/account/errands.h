// Work of accounts that goes on after its request, so that the answer neither waits for it nor shows by its time what
// it did: mails, and what depends on whether an address is known.
//
// What is to be done is noted in the transaction that wants it (table account_codes, purpose "errand"), sealed with the
// application's key, for links in mails are secrets. A job that carries nothing but the note's id does it, with the
// queue's retries; then the note is deleted. A note whose job was lost with its process is started again.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "job/service.h"
#include "job/worker.h"
#include "store/database/database.h"

namespace slipway::account {

inline constexpr std::string_view kErrandJob = "accounts.errand";

class Errands {
 public:
    // Errors as a job's handler (job/worker.h): `invalid`, `not_found` and `forbidden` give it up.
    using Handler = std::function<Task<void>(json::object values)>;

    // `key`: base/sealed_box.h. What it is given outlives it.
    Errands(store::Database& database, job::Jobs& jobs, WorkspaceId workspace, std::string key,
            std::vector<std::string> former_keys = {});

    // Before anything is run.
    void handle(std::string kind, Handler handler) { handlers_[std::move(kind)] = std::move(handler); }

    // Within a transaction of the system's scope; its id, for start() once that is committed.
    Task<std::string> note(store::Transaction& transaction, std::string kind, json::object values) const;
    // In a transaction of its own, and starts it.
    Task<void> begin(std::string kind, json::object values);
    // A job that cannot be started now is started later.
    Task<void> start(std::vector<std::string> ids);
    // The handler of the job kErrandJob.
    Task<void> run(job::Job job);
    // Notes of which nothing was heard for a while.
    Task<void> start_left();

 private:
    Task<void> drop(std::string id) const;

    store::Database& database_;
    job::Jobs& jobs_;
    WorkspaceId workspace_;
    std::vector<std::string> keys_;  // the first seals
    std::map<std::string, Handler, std::less<>> handlers_;
    std::atomic<Instant> looked_{Instant()};
};

}  // namespace slipway::account
