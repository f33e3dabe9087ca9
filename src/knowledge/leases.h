// What one process has in the whole database for a while: a row of knowledge_leases. Internal to this room. Where one
// process has the database to itself nothing is written, and a lease is always had.
#pragma once

#include <optional>

#include "knowledge/holds.h"

namespace slipway::knowledge {

// Of the index that is being made anew. Its row stays until that was done to the end.
inline constexpr std::string_view kIndexLease = "index";

// On the loop of who took it. When it ends before end() its row stays, and its time runs out.
class ProcessLease {
 public:
    // Nothing when another process has it.
    static Task<std::optional<ProcessLease>> take(store::Database& database, const Holds& holds, std::string name);
    ProcessLease(ProcessLease&& other) noexcept = default;
    ProcessLease& operator=(ProcessLease&&) = delete;
    ~ProcessLease();

    // `conflict` when the time was over.
    Result<void> check() const;
    // What others are told; it goes out with the heartbeat.
    void tell(std::size_t done, std::size_t total) { *progress_ = {done, total}; }
    Task<void> end();
    // Nobody's, and for nobody before this time has passed.
    Task<void> put_off(Milliseconds time);

 private:
    using Progress = std::pair<std::size_t, std::size_t>;
    ProcessLease(store::Database& database, std::string name, std::string holder, std::string clock);
    void stop_beating();

    store::Database* database_;
    std::string name_, holder_, clock_;
    std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
    std::shared_ptr<Heartbeat> heartbeat_;  // nullptr where nothing is written
};

}  // namespace slipway::knowledge
