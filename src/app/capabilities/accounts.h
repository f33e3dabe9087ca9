// Accounts as the default API and scripts show them.
#pragma once

#include <string_view>

#include "account/sessions.h"
#include "base/json.h"

namespace slipway::app {

json::object to_json(const account::Device& device);
// `current`: the id of the session that asks.
json::object to_json(const account::Session& session, std::string_view current);

}  // namespace slipway::app
