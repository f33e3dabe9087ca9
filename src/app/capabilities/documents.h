// Documents and search results as JSON: the same for scripts, the API and the command line. Links are signed.
#pragma once

#include "app/capabilities/links.h"
#include "knowledge/service.h"

namespace slipway::app {

// What knowledge::to_json tells, and "url", which opens the original, where there is one.
json::object to_json(const knowledge::Document& document, const Links& links, const WorkspaceId& workspace);

// {"question", "mode", "results": [ … ]}, and "note" where the search has something to say.
json::object to_json(const knowledge::SearchResult& result, const Links& links, const WorkspaceId& workspace);

}  // namespace slipway::app
