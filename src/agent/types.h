// What flows through a graph of agents: the input of a run, the state that its nodes read and write, and what a
// listener is told.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/packed_sources.h"
#include "model/chat_model.h"

namespace slipway::agent {

struct RunInput {
    WorkspaceId workspace;
    std::string message;
    std::vector<model::Message> history;  // of this conversation, oldest first, already cut to the token budget
    // Nobody looks at history, passages and the question's vector after the run, and the sources may be packed then:
    // the last node that may need them lets them go. Answers are waited for by thousands at once, and this is most of
    // what a run holds.
    bool forget = false;
};

// One visit of a node, kept with the message.
struct Step {
    std::string node;
    std::string kind;
    std::int64_t started_ms = 0;  // since the run began
    std::int64_t duration_ms = 0;
    std::int64_t prompt_tokens = 0, completion_tokens = 0;
    std::string decision;  // what the node concluded, for a person
    std::string error;     // what went wrong and was worked around
};
json::object to_json(const Step& step);

struct State {
    RunInput input;

    std::string question;                                   // the message, completed from the conversation
    std::optional<store::Vector> question_vector;           // of `question`, where vectors were searched
    std::optional<knowledge::QuestionVector> vector_ahead;  // of `question`, made while a model routed it
    std::string intent;                                     // "question", "smalltalk", or what a model said
    double confidence = 0;                                  // of the routing, 0 … 1
    std::vector<std::string> namespaces;                    // to search; empty: all
    std::string routing_reason;

    bool last_use = false;  // the node that is visited is the last that may need history, vector and passages
    std::vector<knowledge::Found> found;
    std::vector<knowledge::Source> sources;  // numbered from 1, as the answer cites them
    knowledge::PackedSources packed;         // the sources, where the last node that may need them has let them go

    std::string answer;  // exactly what was sent
    std::string agent;   // the node that answered
    std::string model;
    bool refused = false;            // the documents do not answer, or a guard stepped in: nothing is cited
    std::string cut_short;           // why the answer, although the run went well, is not whole; empty: it is
    std::vector<std::string> flags;  // what the guard noticed
    model::Usage usage;
    std::vector<Step> trace;
};

// What a listener is told, in this order: routed, sources (when there are any), text …
struct Event {
    enum class Kind : unsigned char { routed, sources, text };
    Kind kind = Kind::text;
    std::string_view text;         // of a text event
    const State* state = nullptr;  // as far as it is known
};
// An error of the listener (its client is gone) ends the run.
using Listener = std::function<Task<void>(const Event&)>;

}  // namespace slipway::agent
