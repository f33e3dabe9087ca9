// Which variables a manifest reads where: what a person sets to change a key, whether it is set today or not.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/manifest/yaml.h"

namespace slipway::app {

// The path of a key ("stores.database", "files.drafts.store") → the names in its expression, those of cases that were
// not chosen included, in the order of the file. A section has those of all its keys.
using KeyVariables = std::map<std::string, std::vector<std::string>, std::less<>>;
KeyVariables variables_in(const YamlValue& root);

// Adds the names of `text` that are not there yet: NAME of ${NAME}, ${NAME:-other}, ${NAME:+text} and $NAME.
void add_variables(std::string_view text, std::vector<std::string>& names);

}  // namespace slipway::app
