// What is known of sessions, kept in a cache that all servers share, so that who somebody is costs no question to the
// database.
//
// The database decides: a session is put here after it was read there, and stays a minute at most. One that ends is
// taken away, and for that minute a mark is left in its place, so that no server which read the database a moment
// before puts it back. Where the cache is lost nothing is found, and the database is asked. (Were it lost for the
// server alone that ends a session, the others could take the session for valid until its minute is over.)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/cache/cache.h"

namespace slipway::account {

// Of a session that has not ended.
struct SessionState {
    std::string user_id, device_id;
    Instant ends_at;                   // whatever happens: the earlier of idle and absolute life
    Instant authenticated_at;          // when a password or a factor was last asked for
    int assurance = 1;                 // 2: after a second factor
    std::int64_t used_generation = 0;  // of the newest access token that was seen
};

class SessionMirror {
 public:
    // Null: there is none, and nothing is ever found.
    explicit SessionMirror(store::Cache* cache) : cache_(cache) {}

    bool is_there() const { return cache_ != nullptr; }
    Task<std::optional<SessionState>> find(std::string session_id) const;
    Task<void> keep(std::string session_id, SessionState state) const;
    Task<void> forget(std::vector<std::string> session_ids) const;

 private:
    store::Cache* cache_;
};

}  // namespace slipway::account
