// What was said before in the conversation, as nodes need it.
#pragma once

#include <string>
#include <vector>

#include "agent/types.h"

namespace slipway::agent {

// The user's messages of the history, oldest first.
std::vector<std::string> earlier_questions(const State& state);

}  // namespace slipway::agent
