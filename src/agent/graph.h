// Runs a graph of agents: from its first node along the edges whose conditions hold, with a time-out and a fallback for
// each node, text streamed through, and a trace.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/condition.h"
#include "agent/node.h"

namespace slipway::agent {

struct Edge {
    Condition when;
    std::string to;  // empty: the run ends
};

struct GraphNode {
    std::unique_ptr<Node> node;
    std::vector<Edge> next;  // the first whose condition holds; none: the run ends
    Milliseconds time_max{60'000};
    std::string fallback;  // node to go on with when this one fails or is late; empty: go on with the next one if
                           // nothing was sent and the node is not the answer, else the run fails
};

// Immutable after validate(); many runs at the same time.
class Graph {
 public:
    void add(std::string name, GraphNode node);
    // False: the listener is told the text in one piece, when the run has succeeded.
    void set_streaming(bool streaming) { streaming_ = streaming; }
    // `invalid` when an edge leads nowhere or no node answers.
    Result<void> validate() const;

    // `state.input` is given; the rest is filled, also when the run fails or is cancelled in the middle: state.answer
    // is what was sent, or without streaming would have been sent.
    Task<void> run(State& state, Listener listener) const;
    // For who awaits it in the work of run_until(stop, …) already: the limits of nodes are kept by `stop`.
    Task<void> run(State& state, Listener listener, std::shared_ptr<Stop> stop) const;

 private:
    class Run;
    // All nodes that some way from this one leads to; this one only where a way leads back.
    std::vector<std::string> behind(const std::string& name) const;
    bool passages_needed_behind(const std::string& name) const;

    std::map<std::string, GraphNode, std::less<>> nodes_;
    std::string start_;
    bool streaming_ = true;
};

}  // namespace slipway::agent
