// PostgreSQL's errors as ours. What is asked of the server again is decided by SQLSTATE (Appendix A of its manual).
#pragma once

#include <string>
#include <string_view>

#include "store/database/postgres/libpq.h"

namespace slipway::store::postgres {

inline constexpr std::string_view kLockTimeOut = "55P03";  // lock_not_available

// What a failure says about trying again.
enum class Again : unsigned char {
    no,
    transaction,  // a serialisation failure or deadlock: the whole transaction, from its beginning
    connection,   // the server ends, starts, or is a replica now: on another connection, a little later
};

struct Failure {
    Error error;
    Again again = Again::no;
    bool read_only = false;  // it would have written where only reading is allowed
};

// Of a result with an error. `sql` is named when the statement itself is wrong (`internal`), `shown` is the server for
// messages. Codes: `conflict` (details.constraint), `unavailable` (time, locks, connections, disk, read only, ending or
// starting), `invalid` (a value out of range or not of its type), `internal` for the rest. details.sqlstate for the
// rest, and for a lock.
Failure failure_of(const Libpq& pq, const PGresult* result, std::string_view sql, std::string_view shown);

// Of a connection that could not be made, or broke. The message of libpq holds no password.
Error connection_failure(std::string_view message, std::string_view shown);

}  // namespace slipway::store::postgres
