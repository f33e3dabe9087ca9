// The security events of an application: who signed in, from where, and what was changed of accounts and workspaces.
//
// An event is written in the transaction of what it tells, so that neither is without the other; what changes nothing
// (a wrong password) has a transaction of its own. It is never changed: the program has no statement that does, and
// each row carries a seal (HMAC-SHA-256 of all its fields with a key that is not in the database) which tells a row
// that somebody else has changed. Events older than AuditOptions::kept_for are deleted.
//
// Details never hold a password, a token or a code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/types.h"
#include "base/json.h"
#include "store/database/database.h"

namespace slipway::account {

struct SecurityEvent {
    std::string event;      // one of audit_events.h; another is a bug, and throws std::logic_error
    bool success = true;    // else it was refused
    std::string workspace;  // "": of none
    std::string user_id;    // whom it is about; "": nobody who is known
    std::string actor_id;   // who did it, a user or a key; "": the same, or the operator by the command line
    Visit visit;
    json::object details;
};

struct RecordedEvent {
    std::string id;
    SecurityEvent event;
    Instant at;
    bool sealed = true;  // false: the row is not what the program wrote
};

struct AuditOptions {
    std::string key;                       // of the seals
    std::vector<std::string> former_keys;  // that older seals were made with
    std::chrono::seconds kept_for{std::chrono::hours(24 * 400)};
};

struct EventFilter {
    std::optional<std::string> workspace;           // "" those of none; nullopt: all, for the operator
    std::string user_id, actor_id, event, outcome;  // "" any; outcome "success" or "failure"
    std::optional<Instant> from, until;             // until is not in it
    std::string before;                             // the id that the page before ended with
    std::size_t limit = 100;                        // at most kEventsListedMax
};
inline constexpr std::size_t kEventsListedMax = 1000;

// Thread safe.
class Audit {
 public:
    Audit(store::Database& database, AuditOptions options) : database_(database), options_(std::move(options)) {}

    // Within the transaction (of the system's scope, or of the event's workspace) that does what is told.
    Task<void> record(store::Transaction& transaction, SecurityEvent event) const;
    // In a transaction of its own.
    Task<void> record(SecurityEvent event) const;

    // The newest first.
    Task<std::vector<RecordedEvent>> list(EventFilter filter) const;
    Task<std::optional<RecordedEvent>> find(std::optional<std::string> workspace, std::string id) const;
    // Deletes what has been kept long enough, at most so many at once; how many those were.
    Task<std::int64_t> forget_old(std::size_t at_once = 10'000) const;

 private:
    store::Database& database_;
    AuditOptions options_;
};

}  // namespace slipway::account
