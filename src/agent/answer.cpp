#include "agent/answer.h"

#include "agent/prompt.h"
#include "base/text.h"

namespace slipway::agent {

// A fixed sentence instead of a model's answer.
Task<void> AnswerNode::say(State& state, Step& step, Output& output, std::string text, std::string decision) const {
    step.decision = std::move(decision);
    state.model = "none";
    co_return co_await output.text(text);
}

model::ChatRequest AnswerNode::request_for(const State& state) const {
    PromptValues values;
    values["passages"] = render_passages(state.found);
    values["question"] = state.question;
    values["refusal"] = options_.refusal;
    const bool small_talk = state.intent == "smalltalk";
    model::ChatRequest request;
    request.model = options_.model;
    request.messages.push_back(
        {model::Role::system, fill(small_talk ? options_.small_talk_prompt : options_.prompt, values)});
    for (const auto& message : state.input.history) request.messages.push_back(message);
    request.messages.push_back({model::Role::user, state.input.message});
    request.question = state.question;
    request.question_vector = state.question_vector;
    request.temperature = options_.temperature;
    request.tokens_max = options_.tokens_max;
    request.time_max = options_.model_time;
    int number = 0;
    for (const auto& found : state.found)
        request.passages.push_back(
            {++number, found.document.title, found.text, found.score, found.terms, found.vector_score});
    return request;
}

// What a model that ended without an error did not do: an answer that is not whole must not look whole.
Result<void> AnswerNode::judge(const model::ChatReply& reply, State& state) const {
    using enum model::StopReason;
    switch (reply.stop) {
        case length:
            state.cut_short = "The model reached its limit of tokens before its answer was whole.";
            break;
        case content_filter:
            state.cut_short = "The content filter of the model's provider ended the answer.";
            break;
        case tool_calls:
            state.cut_short = "The model asked for a tool that it was not offered, and ended its answer.";
            break;
        case end:
        case refused:
            break;
    }
    if (!trim(reply.message.content).empty()) return {};
    const auto why = state.cut_short.empty() ? std::string("It wrote nothing.") : state.cut_short;
    return fail(ErrorCode::upstream, "{} gave no answer. {}", model_->name(), why);
}

Task<void> AnswerNode::run(State& state, Step& step, Output& output) {
    state.agent = step.node;
    const bool small_talk = state.intent == "smalltalk";
    if (small_talk && (model_->is_local() || options_.small_talk_prompt.empty()))
        co_return co_await say(state, step, output, options_.greeting, "a fixed greeting");
    if (!small_talk && state.found.empty()) {
        state.refused = true;
        co_return co_await say(state, step, output, options_.refusal, "no passage found, refused");
    }
    // The local model knows for sure whether the passages answer before it says anything, so the notice waits for its
    // first words.
    bool noticed = !model_->is_local() || options_.notice.empty();
    model::DeltaSink sink = [this, &output, &noticed](std::string_view delta) -> Task<void> {
        if (!noticed) {
            noticed = true;
            SLIPWAY_CO_CHECK(co_await output.text(options_.notice));
        }
        SLIPWAY_CO_CHECK(co_await output.text(delta));
        if (output.closed()) co_return fail(ErrorCode::forbidden, "The answer was ended by a guard.");
        co_return Result<void>();
    };
    auto request = request_for(state);
    auto reply = co_await model_->stream(std::move(request), sink);
    if (!reply && output.closed()) {
        step.decision = "ended by a guard";
        co_return Result<void>();
    }
    if (!reply) {
        // What has passed the guards is in state.answer; the text as the model wrote it has not.
        auto error = std::move(reply).error();
        error.details.erase("partial");
        co_return std::unexpected(std::move(error));
    }
    state.model = reply->model;
    state.usage.estimated = state.usage.estimated || reply->usage.estimated;
    step.prompt_tokens = reply->usage.prompt_tokens;
    step.completion_tokens = reply->usage.completion_tokens;
    step.decision = "answered by " + reply->model;
    if (!reply->reason.empty()) step.decision += " (" + reply->reason + ")";
    const bool declined = reply->stop == model::StopReason::refused ||
                          (!options_.refusal.empty() && trim(reply->message.content) == trim(options_.refusal));
    if (declined) {
        state.refused = true;
        step.decision += ", refused: the passages do not answer";
        // The local model refuses without words: what to say belongs to the application.
        if (trim(state.answer).empty() && reply->message.content.empty())
            co_return co_await output.text(options_.refusal);
    }
    co_return judge(*reply, state);
}

}  // namespace slipway::agent
