// The routing node: what does the user want, how sure are we, and which namespaces may hold the answer?
//
// A question that leans on the conversation is completed from it first (knowledge/question.h).
//
// Without a model (or when it fails) the words decide: every namespace has keywords; a keyword counts by how rare it is
// among the namespaces, a phrase more than a word. Inflections match, and phrases match word by word ("warm up" is not
// "warm"). One keyword alone makes nobody sure: its confidence is 0.59, that of two of one namespace 0.74. With a
// model, it is asked for one line of JSON, which is checked against the namespaces that exist.
#pragma once

#include <map>
#include <unordered_map>

#include "agent/node.h"
#include "knowledge/service.h"

namespace slipway::agent {

struct NamespaceTopic {
    std::string name;
    std::string description;
    std::vector<std::string> keywords;  // words or phrases
};

struct RouteOptions {
    std::vector<NamespaceTopic> topics;
    std::vector<std::string> small_talk;   // words and phrases of greetings and thanks
    std::size_t small_talk_words_max = 4;  // longer messages are questions
    double confidence_min = 0.7;           // below, all namespaces are searched
    std::size_t namespaces_max = 3;
    std::string catch_all;  // a namespace that alone means "search everywhere"
    std::string language = "english";
    std::string prompt;  // for the model: {{namespaces}}, {{question}}; empty: words only
    std::string model;   // of the provider; empty: its default
    Milliseconds model_time{8'000};
};

struct Route {
    std::string intent;
    double confidence = 0;
    std::vector<std::string> namespaces;
    std::string reason;
};

class RouteNode final : public Node {
 public:
    // `knowledge`: where passages are looked for afterwards. While the model is asked, the question's vector is made
    // there; each takes its time, and most questions need both.
    RouteNode(RouteOptions options, std::shared_ptr<model::ChatModel> model, knowledge::Knowledge* knowledge = nullptr);
    std::string_view kind() const override { return "route"; }
    Task<void> run(State& state, Step& step, Output& output) override;

    // Deterministic; the part that needs no model.
    Route by_words(std::string_view question) const;
    bool is_small_talk(std::string_view message) const;

 private:
    struct Keyword {
        std::vector<std::string> words;
        std::vector<std::pair<std::size_t, double>> topics;  // topic and weight
        std::string text;
    };
    Task<Route> by_model(const State& state, Step& step) const;
    Task<Route> by_model_with_vector(State& state, Step& step) const;

    RouteOptions options_;
    std::shared_ptr<model::ChatModel> model_;
    knowledge::Knowledge* knowledge_;
    std::unordered_map<std::string, std::vector<Keyword>> keywords_;  // by first word
    std::vector<std::vector<std::string>> small_talk_;
};

}  // namespace slipway::agent
