#include "store/redis/failure.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace slipway::store::redis {
namespace {

struct Known {
    std::string_view name, meaning;
    ErrorCode code = ErrorCode::unavailable;
};

constexpr std::array kKnown{
    Known{"LOADING", "is starting and reads its data; it answers once that is done"},
    Known{"READONLY", "is a read-only replica; give the primary's address"},
    Known{"OOM", "is full (maxmemory, and it may evict nothing); give it more memory"},
    Known{"MISCONF", "cannot write to its disk and refuses changes; its log says why"},
    Known{"MASTERDOWN", "is a replica that has lost its primary"},
    Known{"CLUSTERDOWN", "belongs to a cluster that is down"},
    Known{"TRYAGAIN", "is moving the keys to another node"},
    Known{"NOREPLICAS", "has fewer replicas than it needs for a write"},
    Known{"BUSY", "runs a script that does not end"},
    Known{"NOAUTH", "wants a password; put it into the URL"},
    Known{"WRONGPASS", "refused user or password"},
    Known{"NOPERM", "does not permit this to the user of the URL; widen the user's ACL"},
    Known{"CROSSSLOT", "was asked for keys that lie on several nodes", ErrorCode::internal},
    Known{"WRONGTYPE", "holds something of another kind under this key", ErrorCode::internal},
};

// "max number of clients reached" has no word of its own.
bool is_out_of_connections(const Reply& error) { return error.text.starts_with("ERR max number of clients"); }

// A word of capitals and nothing else: whatever else a server says may hold an argument.
std::string_view shown_name(const Reply& error) {
    const auto name = error.error_name();
    const bool plain = !name.empty() && name.size() <= 32 &&
                       std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
    return plain ? name : "an error";
}

Error named(ErrorCode code, std::string message, std::string_view name) {
    return Error{code, std::move(message)}.with("redis", json::string_view(name));
}

}  // namespace

Error error_of(std::string_view place, const Reply& error) {
    const auto name = shown_name(error);
    if (is_out_of_connections(error))
        return named(ErrorCode::unavailable, fmt::format("{} has no connection left (maxclients).", place),
                     "MAXCLIENTS");
    const auto* const known = std::ranges::find(kKnown, name, &Known::name);
    if (known != kKnown.end()) return named(known->code, fmt::format("{} {}.", place, known->meaning), name);
    return named(ErrorCode::internal, fmt::format("{} refused a command with {}.", place, name), name);
}

Error refused_greeting(std::string_view place, const Reply& error, bool gave_password) {
    auto told = error_of(place, error);
    if (shown_name(error) == "ERR" && gave_password && !is_out_of_connections(error))
        told.message = fmt::format("{} refused the greeting; perhaps it has no password and the URL gives one.", place);
    told.code = ErrorCode::unavailable;
    return std::move(told).with("phase", "connection");
}

Error broken(std::string_view place, std::string_view what) {
    return Error{ErrorCode::unavailable, fmt::format("{}: {}.", place, what)}.with("phase", "connection");
}

}  // namespace slipway::store::redis
