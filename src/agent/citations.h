// Which of its sources an answer cites. A model is given more passages than it uses; a reader wants those it used.
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "knowledge/types.h"

namespace slipway::agent {

// The numbers in square brackets: "[1]", "[1][3]", "[1, 3]", "[1-3]". At most three digits each; what else stands in
// brackets cites nothing.
std::set<int> cited_in(std::string_view answer);

// The sources as JSON, in their order and with their numbers, each with "cited": whether `answer` cites it. An answer
// that cites nothing by number has only false there.
json::array to_json(const std::vector<knowledge::Source>& sources, std::string_view answer);

}  // namespace slipway::agent
