// Sessions: what a sign-in begins, refresh tokens continue, and the user or an administrator ends.
//
// A session has an idle life (unused for so long, it has ended; using it means refreshing) and an absolute one. Its
// refresh tokens have generations (refresh_token.h), and a token is answered by this rule:
//
//     the newest                          the next one, which is the newest from now on
//     the one before it, within           the newest again: two tabs at once, or an answer that never arrived. "In use"
//       kRepeatTime or while the newest   is known from access tokens, which carry the generation: the first request
//       was never in use                  with one notes it.
//     any older one                       the session ends: somebody has a copy (token_reused in the audit)
//     one never given out, or not ours    refused, and nothing changes
//
// Of two requests with the newest one, on two servers, one makes the next and the other is given it again.
//
// A session that has ended is refused at once on all servers: the database is asked (or the mirror, session_mirror.h),
// unless options.checked is false; then its access tokens work until they end.
//
// Tokens from before this rule existed were random and kept hashed; they count as one generation before the first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "account/audit.h"
#include "account/devices.h"
#include "account/refresh_token.h"
#include "account/session_mirror.h"
#include "account/types.h"

namespace slipway::account {

inline constexpr std::chrono::seconds kRepeatTime{10};
inline constexpr std::size_t kSessionsPerUserMax = 100;  // of one user; then the one unused for longest ends

struct SessionOptions {
    std::string secret;                       // of the server; refresh tokens are sealed with it
    std::vector<std::string> former_secrets;  // with which older tokens were sealed
    std::chrono::seconds idle{std::chrono::hours(24 * 30)};
    std::chrono::seconds absolute{std::chrono::hours(24 * 365)};
    bool one_per_device = false;  // a sign-in ends earlier sessions of the same device
    bool checked = true;          // at each request
    store::Cache* mirror = nullptr;
};

struct NewSession {
    std::string user_id;
    Visit visit;
    std::optional<NewDevice> device = {};
    int assurance = 1;
    std::string methods = "pwd";
};

// What a client is given of a session.
struct Grant {
    std::string session_id, device_id, user_id, refresh_token;
    std::int64_t generation = 0;  // for the access token
    Instant ends_at;              // no access token may outlast it
};

struct Session {
    std::string id;
    std::optional<Device> device;
    std::string address, user_agent, methods;
    int assurance = 1;
    Instant created_at, last_used_at, expires_at;
};

// Which of a user's sessions are to end, and why.
struct Ending {
    std::string user_id;
    std::string session_id = {};  // this one alone; "": all
    std::string but = {};         // not this one
    std::string device_id = {};   // only those of this device
    std::string reason;           // kept beside the session
};

// Thread safe. What it is given outlives it.
class Sessions {
 public:
    Sessions(store::Database& database, const Audit& audit, SessionOptions options);

    Task<Grant> open(NewSession session);
    // `unauthorized` with details.reason: invalid, expired, reused, blocked (the user).
    Task<Grant> refresh(std::string refresh_token, Visit visit);
    // Of a session that stands. `unauthorized` otherwise, or when it is another user's. `generation`: that of the
    // access token, 0 where there is none.
    Task<SessionState> standing(std::string user_id, std::string session_id, std::int64_t generation);
    // The user and the session of a refresh token, whatever its generation; nullopt when it is not ours.
    Task<std::optional<std::pair<std::string, std::string>>> find_by_token(std::string refresh_token);

    // Those that stand, the one used last first.
    Task<std::vector<Session>> list(std::string user_id);
    Task<std::vector<Device>> devices(std::string user_id) { return devices_of(database_, std::move(user_id)); }
    // How many ended. What was revoked is refused on all servers once this returns.
    Task<std::int64_t> end(Ending ending, Visit visit, std::string actor_id = {});
    // `not_found` when it is not the user's. Its sessions end.
    Task<void> remove_device(std::string user_id, std::string device_id, Visit visit);
    // A password or a factor was shown again.
    Task<void> note_authentication(std::string session_id, int assurance);

    // Within a transaction that changes something else; the ids go to forget() once it is committed.
    Task<std::vector<std::string>> end_within(store::Transaction& transaction, Ending ending);
    Task<void> forget(std::vector<std::string> session_ids) { return mirror_.forget(std::move(session_ids)); }

 private:
    struct Found;
    Task<void> answer(store::Transaction& transaction, Found& found, const Visit& visit);
    Task<void> rotate(store::Transaction& transaction, Found& found);
    bool is_sealed(const RefreshToken& token, const std::string& session_key) const;
    Task<SessionState> read_state(std::string user_id, std::string session_id, std::int64_t generation);

    store::Database& database_;
    const Audit& audit_;
    SessionOptions options_;
    SessionMirror mirror_;
};

}  // namespace slipway::account
