// Errors of a Redis server as Errors of the program. Messages name the place and never hold what was sent: a server may
// repeat arguments, the password among them, so only the first word of its answer and our own words are told.
#pragma once

#include "store/redis/reply.h"

namespace slipway::store::redis {

// `unavailable` for what passes (loading, read only, full, no primary, wrong password, out of connections), `internal`
// for a command that is wrong. details.redis is the first word of the answer.
Error error_of(std::string_view place, const Reply& error);

// The same of the greeting: what to do about user and password.
Error refused_greeting(std::string_view place, const Reply& error, bool gave_password);

// An error that says it has to do with the connection, not with a command.
Error broken(std::string_view place, std::string_view what);

}  // namespace slipway::store::redis
