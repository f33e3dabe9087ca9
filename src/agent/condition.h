// Conditions on edges: `confidence < 0.5`, `intent == smalltalk`, `passages == 0`, `refused == true`.
#pragma once

#include <string>
#include <string_view>

#include "agent/types.h"

namespace slipway::agent {

class Condition {
 public:
    // Empty text: always true. `invalid` names the fields and operators there are.
    static Result<Condition> parse(std::string_view text);
    bool holds(const State& state) const;

 private:
    enum class Operator : unsigned char { always, equal, different, less, less_equal, greater, greater_equal };
    std::string field_;
    Operator operator_ = Operator::always;
    std::string text_;
    double number_ = 0;
};

}  // namespace slipway::agent
