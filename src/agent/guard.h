// The guarding node: rules over what the user asked and what the model says, also while it streams.
//
// A class with `replacement` stops the answer at its first match (in the answer, or in the question): what was held
// back is dropped and the replacement ends the answer. Where the match speaks of somebody else (guard_class.h) the
// answer goes on and the replacement is appended to it; and once the question does, the answer may speak of it too. A
// class with `disclaimer` appends it once at the end when the question or the answer matches. A window of text is held
// back so that a phrase that arrives in pieces is seen before its first part was sent.
#pragma once

#include "agent/guard_class.h"
#include "agent/node.h"

namespace slipway::agent {

struct GuardOptions {
    std::vector<GuardClass> classes;
    std::size_t hold_back = 80;      // bytes; raised to what the longest phrase and exception need
    std::size_t look_ahead = 1;      // computed: bytes behind a match that must be known before it counts
    std::size_t phrase_longest = 0;  // computed: in words
    std::size_t words_held = 0;      // computed: so much of the text held back are words, not punctuation
    // computed: exceptions and others of several words. Sent up to its middle, one would be what it makes harmless.
    std::vector<std::string> kept_whole;
};

class GuardNode final : public Node {
 public:
    explicit GuardNode(GuardOptions options);
    std::string_view kind() const override { return "guard"; }
    Task<void> run(State& state, Step& step, Output& output) override;  // only when nothing answered before it
    bool reads_passages() const override { return false; }
    std::unique_ptr<TextFilter> filter() const override;

    const GuardOptions& options() const { return options_; }

 private:
    GuardOptions options_;  // classes folded
};

}  // namespace slipway::agent
