// postgresql:// URLs: what libpq understands, and a few keys of our own.
//
//     postgresql://app:password@db.example.org:5432/app?sslmode=verify-full&pool=20
//
// clang-format off
//     sslmode, sslrootcert, sslcert, sslkey, sslcrl, channel_binding, target_session_attrs, application_name,
//     connect_timeout (s), keepalives…, tcp_user_timeout      as libpq has them; several hosts may be given
//     pool=20               connections at most, all event loops together
//     statement_timeout=30s a reading statement; a transaction has DatabaseOptions::transaction_time_max
//     lock_timeout=10s      waiting for a lock of somebody else
//     idle_timeout=10m      an unused connection is closed after this
//     idle=drain            keep none open that nobody has used for five minutes (or idle_timeout, where that is
//                           shorter), so that Aurora may sleep
//     prepared=auto|on|off  prepared statements; auto: where no pooler stands between (it compares process numbers)
//     iam=REGION            the password is an RDS IAM token (PostgresOptions::password)
// clang-format on
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"
#include "store/database/postgres/libpq.h"

namespace slipway::store::postgres {

inline constexpr Milliseconds kDrainTime{300'000};  // with idle=drain, unless idle_timeout is shorter

enum class Prepared : unsigned char { automatic, always, never };

// Where a database is and how it is to be talked to. Holds the password: never to be logged.
struct Target {
    std::vector<std::pair<std::string, std::string>> keywords;  // for libpq; without password
    std::string host = "localhost";                             // the first, for messages and name resolution
    std::uint16_t port = 5432;
    std::string user, password, database;
    std::string iam_region;
    std::size_t connections_max = 20;
    Milliseconds connect_time_max{10'000};
    Milliseconds statement_time_max{30'000};
    Milliseconds lock_time_max{10'000};
    Milliseconds idle_time_max{600'000};
    bool drains = false;
    Prepared prepared = Prepared::automatic;

    // "postgresql://app@db.example.org:5432/app": for messages, without the password.
    std::string shown() const;
};

// `invalid` names what is wrong, never the URL itself (it may hold a password).
Result<Target> parse_url(const Libpq& pq, std::string_view url);

}  // namespace slipway::store::postgres
