// Prompt templates: text with {{name}} places.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/types.h"

namespace slipway::agent {

using PromptValues = std::map<std::string, std::string, std::less<>>;

// Unknown names are left empty. Values are inserted as they are: they are never searched for places again.
std::string fill(std::string_view prompt, const PromptValues& values);

// A <passage number="1" title="…"> block for each. Passages are data: what could close the block early is defused.
std::string render_passages(const std::vector<knowledge::Found>& found);

}  // namespace slipway::agent
