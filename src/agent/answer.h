// The answering node: a model writes the answer from the passages, streamed.
#pragma once

#include "agent/node.h"

namespace slipway::agent {

struct AnswerOptions {
    std::string prompt;             // system prompt: {{passages}}, {{question}}, {{refusal}}
    std::string refusal;            // said, word for word, when the documents do not answer
    std::string small_talk_prompt;  // system prompt for greetings; empty: the fixed greeting
    std::string greeting;
    std::string notice;  // put before the answer of a local model, so that people know; empty: none
    std::string model;   // of the provider; empty: its default
    std::optional<double> temperature;
    std::optional<int> tokens_max;
    Milliseconds model_time{120'000};
};

class AnswerNode final : public Node {
 public:
    AnswerNode(AnswerOptions options, std::shared_ptr<model::ChatModel> model)
        : options_(std::move(options)), model_(std::move(model)) {}
    std::string_view kind() const override { return "answer"; }
    Task<void> run(State& state, Step& step, Output& output) override;

 private:
    model::ChatRequest request_for(State& state) const;
    // `noticed` and `output` are kept by who awaits.
    Task<model::ChatReply> ask(State& state, Output& output, bool& noticed) const;
    Task<void> write(State& state, Step& step, Output& output) const;
    static Result<void> broken_off(Error error, Step& step, const Output& output);
    bool declined_without_words(const Result<model::ChatReply>& reply, State& state, Step& step) const;
    Result<void> ended(Result<model::ChatReply>& reply, State& state, Step& step, const Output& output) const;
    bool note(const model::ChatReply& reply, State& state, Step& step) const;
    Result<void> judge(const model::ChatReply& reply, State& state) const;
    Task<void> say(State& state, Step& step, Output& output, std::string text, std::string decision) const;

    AnswerOptions options_;
    std::shared_ptr<model::ChatModel> model_;
};

}  // namespace slipway::agent
