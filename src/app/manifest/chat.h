// Section `chat`: the graph of agents that answers a message, and what a conversation remembers. The options of each
// kind of node are those of the agent room; files that the manifest names are read while it is loaded.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/answer.h"
#include "agent/guard.h"
#include "agent/retrieve.h"
#include "agent/route.h"
#include "app/manifest/keys.h"

namespace slipway::app {

enum class NodeKind : unsigned char { none, route, retrieve, answer, guard };  // none: never after loading
std::string_view to_string(NodeKind kind);

struct EdgeSection {
    std::string to;    // a node, or "end"
    std::string when;  // agent/condition.h; empty: always
};
inline constexpr std::string_view kEnd = "end";

struct RouteSection {
    agent::RouteOptions options;  // after loading: with topics, language, prompt, model
    std::filesystem::path prompt;
    TextMap models;  // provider → model
};

struct RetrieveNodeSection {
    agent::RetrieveOptions options{.passages = 0};  // after loading: with what knowledge.retrieve says
};

struct AnswerSection {
    AnswerSection();
    agent::AnswerOptions options;  // after loading: with prompts, model, temperature, tokens
    std::filesystem::path prompt;
    std::filesystem::path small_talk_prompt;
    TextMap models;  // provider → model
};

struct GuardSection {
    agent::GuardOptions options;  // after loading: with the classes of `rules`
    std::filesystem::path rules;
};

struct NodeSection {
    std::string name;
    NodeKind kind = NodeKind::none;
    std::vector<EdgeSection> next;  // after loading: never empty; the last node leads to the end
    Milliseconds timeout{60'000};
    std::string fallback;  // empty: as agent/graph.h says

    // The one of `kind` counts.
    RouteSection route;
    RetrieveNodeSection retrieve;
    AnswerSection answer;
    GuardSection guard;
};

struct TitleSection {
    std::size_t characters_max = 60;
};

struct ChatSection {
    std::vector<NodeSection> graph;  // the first one begins; after loading never empty
    std::size_t history_tokens = 2000;
    std::size_t message_bytes_max = 40'000;
    std::size_t message_characters_max = 10'000;
    bool streaming = true;
    TitleSection title;

    const NodeSection* find(std::string_view name) const;
};

void describe(Keys& keys, ChatSection& chat);

}  // namespace slipway::app
