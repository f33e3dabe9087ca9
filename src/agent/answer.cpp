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

namespace {

void ground(model::ChatRequest& request, const State& state) {
    request.question = state.question;
    request.question_vector = state.question_vector;
    int number = 0;
    for (const auto& found : state.found)
        request.passages.push_back(
            {++number, found.document.title, found.text, found.score, found.terms, found.vector_score});
}

}  // namespace

model::ChatRequest AnswerNode::request_for(State& state) const {
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
    request.temperature = options_.temperature;
    request.tokens_max = options_.tokens_max;
    request.time_max = options_.model_time;
    if (model_->is_local()) ground(request, state);  // for others it stands in the messages
    if (state.last_use) {
        state.input.history = std::vector<model::Message>();  // not {}, which keeps its room
        state.question_vector.reset();
        state.found = std::vector<knowledge::Found>();
        state.packed = knowledge::PackedSources(state.sources);
        state.sources = std::vector<knowledge::Source>();
    }
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
        return say(state, step, output, options_.greeting, "a fixed greeting");
    if (!small_talk && state.found.empty()) {
        state.refused = true;
        return say(state, step, output, options_.refusal, "no passage found, refused");
    }
    return write(state, step, output);
}

Task<model::ChatReply> AnswerNode::ask(State& state, Output& output, bool& noticed) const {
    model::DeltaSink sink = [this, &output, &noticed](std::string_view delta) -> Task<void> {
        if (!noticed) {
            noticed = true;
            SLIPWAY_CO_CHECK(co_await output.text(options_.notice));
        }
        SLIPWAY_CO_CHECK(co_await output.text(delta));
        if (output.closed()) co_return fail(ErrorCode::forbidden, "The answer was ended by a guard.");
        co_return Result<void>();
    };
    return model_->stream(request_for(state), std::move(sink));
}

// Thousands may be in the middle of this: what is not needed while the model writes is done elsewhere.
Task<void> AnswerNode::write(State& state, Step& step, Output& output) const {
    // The local model knows for sure whether the passages answer before it says anything, so the notice waits for its
    // first words.
    bool noticed = !model_->is_local() || options_.notice.empty();
    auto reply = co_await ask(state, output, noticed);
    if (declined_without_words(reply, state, step)) co_return co_await output.text(options_.refusal);
    co_return ended(reply, state, step, output);
}

// The local model refuses without words: what to say belongs to the application.
bool AnswerNode::declined_without_words(const Result<model::ChatReply>& reply, State& state, Step& step) const {
    return reply && note(*reply, state, step) && trim(state.answer).empty() && reply->message.content.empty();
}

Result<void> AnswerNode::ended(Result<model::ChatReply>& reply, State& state, Step& step, const Output& output) const {
    if (!reply) return broken_off(std::move(reply).error(), step, output);
    return judge(*reply, state);
}

Result<void> AnswerNode::broken_off(Error error, Step& step, const Output& output) {
    if (output.closed()) {
        step.decision = "ended by a guard";
        return {};
    }
    // What has passed the guards is in state.answer; the text as the model wrote it has not.
    error.details.erase("partial");
    return std::unexpected(std::move(error));
}

// True when the model declined.
bool AnswerNode::note(const model::ChatReply& reply, State& state, Step& step) const {
    state.model = reply.model;
    state.usage.estimated = state.usage.estimated || reply.usage.estimated;
    step.prompt_tokens = reply.usage.prompt_tokens;
    step.completion_tokens = reply.usage.completion_tokens;
    step.decision = "answered by " + reply.model;
    if (!reply.reason.empty()) step.decision += " (" + reply.reason + ")";
    const bool declined = reply.stop == model::StopReason::refused ||
                          (!options_.refusal.empty() && trim(reply.message.content) == trim(options_.refusal));
    if (!declined) return false;
    state.refused = true;
    step.decision += ", refused: the passages do not answer";
    return true;
}

}  // namespace slipway::agent
