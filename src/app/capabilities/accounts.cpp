#include "app/capabilities/accounts.h"

namespace slipway::app {

json::object to_json(const account::Device& device) {
    json::object shown{{"id", device.id},
                       {"fingerprint", device.fingerprint},
                       {"name", device.name},
                       {"trusted", device.trusted_at.has_value()},
                       {"created_at", to_iso8601(device.created_at)},
                       {"last_seen_at", to_iso8601(device.last_seen_at)}};
    for (const auto& fact : device.facts) shown[fact.key()] = fact.value();
    return shown;
}

json::object to_json(const account::Session& session, std::string_view current) {
    json::object shown{{"id", session.id},
                       {"current", session.id == current},
                       {"address", session.address},
                       {"user_agent", session.user_agent},
                       {"methods", session.methods},
                       {"created_at", to_iso8601(session.created_at)},
                       {"last_used_at", to_iso8601(session.last_used_at)},
                       {"expires_at", to_iso8601(session.expires_at)}};
    if (session.device) shown["device"] = to_json(*session.device);
    return shown;
}

}  // namespace slipway::app
