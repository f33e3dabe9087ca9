// A node of a graph. Node kinds: route.h, retrieve.h, answer.h, guard.h.
#pragma once

#include <memory>

#include "agent/types.h"

namespace slipway::agent {

// Where a node's text goes: through the filters of the nodes behind it, then to the listener and into State::answer.
class Output {
 public:
    virtual ~Output() = default;
    virtual Task<void> text(std::string_view piece) = 0;
    virtual Task<void> tell(Event::Kind kind) = 0;
    // True when a filter has ended the answer: the producer stops its model and returns success.
    virtual bool closed() const = 0;
};

// What a node behind the answer does to its text while it streams.
class TextFilter {
 public:
    virtual ~TextFilter() = default;
    // Returns what may be sent now. May set State::flags.
    virtual std::string push(State& state, std::string_view piece) = 0;
    // The rest, and whatever is appended.
    virtual std::string finish(State& state) = 0;
    virtual bool closed() const = 0;
    virtual std::string decision() const = 0;
};

class Node {
 public:
    virtual ~Node() = default;
    virtual std::string_view kind() const = 0;
    // Reads and writes the state; fills step.decision and tokens. Errors are handled by the graph (fallback, or the run
    // fails).
    virtual Task<void> run(State& state, Step& step, Output& output) = 0;
    // False: it needs neither the conversation's history nor the passages or the question's vector.
    virtual bool reads_passages() const { return true; }
    // A node that filters the text of the node before it; it is not run itself then.
    virtual std::unique_ptr<TextFilter> filter() const { return nullptr; }
};

}  // namespace slipway::agent
