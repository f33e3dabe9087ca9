// What jobs promise, whatever queue they stand on, as named checks that report failures as values.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "job/worker.h"
#include "store/check.h"
#include "store/queue/queue.h"
#include "store/temporary_folder.h"

namespace slipway::test {

// A database with the tables, and a queue, as one process opens them. Opened again, it is another process.
struct JobStores {
    std::unique_ptr<store::Database> database;
    std::unique_ptr<store::Queue> queue;
};

class JobPlace {
 public:
    virtual ~JobPlace() = default;
    JobStores open();

 protected:
    virtual std::unique_ptr<store::Queue> open_queue(store::Database& database) = 0;

 private:
    TemporaryFolder folder_;
};
using JobPlaces = std::function<std::unique_ptr<JobPlace>()>;

struct JobCheck {
    std::string_view name;
    Task<void> (*run)(JobPlace&);
};

std::span<const JobCheck> job_checks();

// nullopt when they hold; otherwise what went wrong.
std::optional<std::string> failure_of(const JobCheck& check, const JobPlaces& places);

}  // namespace slipway::test
