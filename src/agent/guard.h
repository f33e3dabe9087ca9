// The guarding node: rules over what the user asked and what the model says, also while it streams.
//
// A class with `replacement` stops the answer at its first match (in the answer, or in the question): what was held
// back is dropped and the replacement ends the answer. A class with `disclaimer` appends it once at the end when the
// question or the answer matches. A window of text is held back so that a phrase that arrives in pieces is seen before
// its first part was sent.
#pragma once

#include "agent/node.h"

namespace slipway::agent {

struct GuardClass {
    std::string name;
    std::vector<std::string> phrases;     // matched as whole words, case and accents folded
    std::vector<std::string> exceptions;  // phrases inside which a match does not count ("kill time")
    bool question_too = true;             // look at the user's message as well
    std::string replacement;              // not empty: the answer ends with this
    std::string disclaimer;
};

struct GuardOptions {
    std::vector<GuardClass> classes;
    std::size_t hold_back = 80;  // bytes; raised to what the longest phrase and exception need
    std::size_t look_ahead = 1;  // computed: bytes behind a match that must be known before it counts
};

class GuardNode final : public Node {
 public:
    explicit GuardNode(GuardOptions options);
    std::string_view kind() const override { return "guard"; }
    Task<void> run(State& state, Step& step, Output& output) override;  // only when nothing answered before it
    std::unique_ptr<TextFilter> filter() const override;

    // The first match of a class in folded text that ends at or before `end_max`; npos when there is none.
    struct Match {
        std::size_t at = std::string::npos;
        std::string phrase;
    };
    static Match find_match(const GuardClass& rules, std::string_view folded, std::size_t end_max = std::string::npos);
    const GuardOptions& options() const { return options_; }

 private:
    GuardOptions options_;  // phrases folded
};

}  // namespace slipway::agent
