// Which secrets of a store an application has:
//   secretsmanager://tutor/app,ANTHROPIC_API_KEY=tutor/anthropic,tutor/prod/*?region=us-west-2
//   ssm:///tutor/prod/*?region=us-west-2
// A list of names, each a secret whose text is a JSON object (its members are the variables) or a value (the variable
// is the last segment of the name: "tutor/anthropic-api-key" is ANTHROPIC_API_KEY). VARIABLE=name takes the text as it
// is. "prefix/*" is all that begins with the prefix. An earlier one counts before a later one. `endpoint` names another
// server. A comma in a name is written %2C.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace slipway::store {

struct SecretItem {
    std::string name;      // or the prefix, with its slash
    std::string variable;  // empty: from the name or the text
    bool all_below = false;
};
struct SecretsPlace {
    std::vector<SecretItem> items;
    std::string region, endpoint;
};

// `region` is taken when the URL has none. `invalid` says what is wrong.
Result<SecretsPlace> parse_secrets_url(std::string_view url, std::string_view scheme, std::string_view region);

}  // namespace slipway::store
