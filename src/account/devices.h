// The devices that somebody signs in from, as their clients describe them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "store/database/database.h"

namespace slipway::account {

struct DeviceLimits {
    static constexpr std::size_t fingerprint_bytes = 200;
    static constexpr std::size_t name_bytes = 200;
    static constexpr std::size_t fact_bytes = 100;
    static constexpr std::size_t per_user = 100;  // then the one that was not seen for longest is forgotten
};

struct NewDevice {
    std::string fingerprint;  // what the client calls it, unique for the user; without one it is no device
    std::string name;
    json::object facts;  // texts: type, model, os_version, app_version
};

struct Device {
    std::string id, fingerprint, name;
    json::object facts;
    std::optional<Instant> trusted_at;
    Instant created_at, last_seen_at;
};

// From {fingerprint, name, type, model, os_version, app_version}, as clients send it; other keys are left out.
// `invalid` where one is too long or no text.
Result<NewDevice> device_from(const json::object& given);

// Makes it known, or renews what is known of it; its id.
Task<std::string> note_device(store::Transaction& transaction, std::string user_id, NewDevice device);
// The one that was seen last first.
Task<std::vector<Device>> devices_of(store::Database& database, std::string user_id);

}  // namespace slipway::account
