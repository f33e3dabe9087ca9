// What a check of a plan found: where, how grave, and what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::deploy {

enum class Severity : unsigned char {
    error,    // it does not work, or leaves a door open: the command fails
    warning,  // it works, and somebody will regret it
    note,     // worth to know
};
std::string_view to_string(Severity severity);

struct Finding {
    std::string rule;  // "alb.https", "C13": docs/plan.md lists all
    Severity severity = Severity::error;
    std::string resource;  // its address in the plan; empty: of the stack as a whole
    std::string message;   // what is wrong
    std::string fix;       // what to do
    std::string waived;    // the reason of a waiver (policy/waivers.h); then it counts as a note
};
using Findings = std::vector<Finding>;

// Grave ones first, then by rule and resource; each once.
void sort(Findings& findings);

}  // namespace slipway::deploy
