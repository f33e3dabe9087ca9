#include "app/manifest/chat.h"

#include <algorithm>

namespace slipway::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::array<Choice<NodeKind>, 4> kKinds{{{NodeKind::route, "route"},
                                                  {NodeKind::retrieve, "retrieve"},
                                                  {NodeKind::answer, "answer"},
                                                  {NodeKind::guard, "guard"}}};

}  // namespace

std::string_view to_string(NodeKind kind) {
    for (const auto& choice : kKinds)
        if (choice.value == kind) return choice.name;
    return "none";
}

AnswerSection::AnswerSection() {
    options.refusal = "The documents do not answer this question.";
    options.greeting = "Hello! Ask me something; I answer from the documents of this application.";
    options.notice = "No language model is configured; these are sentences of the documents.\n\n";
}

const NodeSection* ChatSection::find(std::string_view name) const {
    const auto found = std::ranges::find(graph, name, &NodeSection::name);
    return found == graph.end() ? nullptr : &*found;
}

static void describe(Keys& keys, EdgeSection& edge) {
    keys.text("to", edge.to, "A node, or `end`.", {Form::identifier, true});
    keys.text("when", edge.when,
              "A condition such as `intent == smalltalk`, `confidence < 0.5`, `passages == 0`, `refused == true`. Left "
              "out: always.");
}

static void describe_models(Keys& keys, TextMap& models) {
    keys.text_map("models", models,
                  "The model of this node by provider, such as openai: gpt-4o. Left out: the provider's own.");
}

static void describe(Keys& keys, RouteSection& route) {
    auto& options = route.options;
    keys.number("confidence_min", options.confidence_min, 0, 1, "Below this confidence all namespaces are searched.");
    keys.integer("namespaces_max", options.namespaces_max, 1, 100, "Most namespaces that one question is searched in.");
    keys.text("catch_all", options.catch_all, "A namespace that alone means: search everywhere.", {Form::identifier});
    keys.texts("small_talk", options.small_talk,
               "Greetings and thanks; a short message of such words gets no retrieval.");
    keys.integer("small_talk_words_max", options.small_talk_words_max, 0, 20, "Longer messages are questions.");
    keys.path("prompt", route.prompt, PathKind::file,
              "Prompt for a model that routes, with {{namespaces}} and {{question}}. Left out: keywords only.");
    keys.duration("model_time", options.model_time, milliseconds(100), minutes(5),
                  "How long the model may take; then keywords decide.");
    describe_models(keys, route.models);
}

static void describe(Keys& keys, RetrieveNodeSection& retrieve) {
    keys.integer("passages", retrieve.options.passages, 0, 100, "Most passages; 0 as knowledge.retrieve says.");
    keys.integer("snippet_characters", retrieve.options.snippet_characters, 20, 4000,
                 "Length of the snippet of a source.");
}

static void describe(Keys& keys, AnswerSection& answer) {
    auto& options = answer.options;
    keys.path("prompt", answer.prompt, PathKind::file,
              "System prompt, with {{passages}}, {{question}} and {{refusal}}. Left out: a plain one.");
    keys.text("refusal", options.refusal, "What is said when the documents do not answer, word for word.",
              {Form::prose});
    keys.path("small_talk_prompt", answer.small_talk_prompt, PathKind::file,
              "System prompt for greetings. Left out: the fixed greeting.");
    keys.text("greeting", options.greeting, "Answer to a greeting when no model is configured.", {Form::prose});
    keys.text("notice", options.notice, "Put before an answer of the local model.",
              {.form = Form::prose, .or_none = true});
    keys.duration("model_time", options.model_time, milliseconds(100), minutes(60),
                  "How long the model may take for an answer.");
    describe_models(keys, answer.models);
}

static void describe(Keys& keys, GuardSection& guard) {
    keys.path("rules", guard.rules, PathKind::file, "File with the classes of what needs a disclaimer or is replaced.");
    keys.bytes("hold_back", guard.options.hold_back, 16, 4096,
               "Text that a stream holds back, so that a phrase is seen whole before it is sent.");
}

static void describe(Keys& keys, NodeSection& node) {
    keys.choice("kind", node.kind, kKinds, "What the node does.", true);
    keys.list("next", node.next, "to",
              "Where to go on: the first whose condition holds. Left out: the node below; after the last one the end.");
    keys.duration("timeout", node.timeout, milliseconds(100), minutes(60), "How long the node may take.");
    keys.text("fallback", node.fallback,
              "Node to go on with when this one fails or is late. Left out: route and retrieve are passed over, a "
              "failed answer ends the run.",
              {Form::identifier});
    keys.variant("options", "route", node.kind == NodeKind::route, node.route, "Options of a route node.");
    keys.variant("options", "retrieve", node.kind == NodeKind::retrieve, node.retrieve, "Options of a retrieve node.");
    keys.variant("options", "answer", node.kind == NodeKind::answer, node.answer, "Options of an answer node.");
    keys.variant("options", "guard", node.kind == NodeKind::guard, node.guard, "Options of a guard node.");
}

static void describe(Keys& keys, TitleSection& title) {
    keys.integer("characters_max", title.characters_max, 10, 200, "Longest title that is made of a first message.");
}

void describe(Keys& keys, ChatSection& chat) {
    keys.named("graph", chat.graph,
               "The agents that a message passes, the first one first. Left out: route, retrieve, answer.");
    keys.integer("history_tokens", chat.history_tokens, 0, 1'000'000,
                 "Tokens of the conversation that a model is given (estimated).");
    keys.bytes("message_bytes_max", chat.message_bytes_max, 100, 10 << 20, "Longest message, in bytes.");
    keys.integer("message_characters_max", chat.message_characters_max, 100, 10 << 20,
                 "Longest message, in characters.");
    keys.boolean("streaming", chat.streaming,
                 "Whether an answer is told as it grows; else in one piece when it is whole.");
    keys.section("title", chat.title, "Titles of chats.");
}

}  // namespace slipway::app
