// Second factors, and sign-ins that wait for one, as the default API and scripts show them.
#pragma once

#include "app/capabilities/capabilities.h"
#include "base/json.h"

namespace slipway::app {

// {id, kind, name, confirmed, created_at, last_used_at}
json::object factor_json(const account::Factor& factor);
json::array factors_json(const std::vector<account::Factor>& factors);

// {factor_token, factors: [{id, kind, name}], expires_in}: the answer to a sign-in that needs a second step.
json::object challenge_json(const account::Challenge& challenge);

// {factors, recovery_codes_left, required, offered}
Task<json::object> described_factors(const Capabilities& capabilities, account::Principal principal);
// {id, kind, name, …, secret, uri}
Task<json::object> add_factor(const Capabilities& capabilities, account::Principal principal, std::string name,
                              account::Visit visit);
// {recovery_codes}: empty unless it is the first factor. The session has shown it then.
Task<json::object> confirm_factor(const Capabilities& capabilities, account::Principal principal, std::string id,
                                  std::string code, account::Visit visit);
// {recovery_codes}
Task<json::object> new_recovery_codes(const Capabilities& capabilities, account::Principal principal,
                                      account::Visit visit);

}  // namespace slipway::app
