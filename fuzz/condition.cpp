// Conditions on the edges of a graph, as a manifest writes them.
#include "agent/condition.h"

#include "target.h"

SLIPWAY_FUZZ_TARGET(condition) {
    using namespace slipway;
    const auto condition = agent::Condition::parse(input);
    if (!condition) return;
    agent::State state;
    state.intent = "question";
    state.confidence = 0.5;
    static_cast<void>(condition->holds(state));
}
