// Documents and found passages as JSON: the form of the default API, of the command line and of scripts.
#pragma once

#include "knowledge/types.h"

namespace slipway::knowledge {

json::object to_json(const Document& document);
// A source with the passage's text and how its score came about.
json::object to_json(const Found& found, const Source& source);

}  // namespace slipway::knowledge
