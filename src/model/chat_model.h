// The port for chat models: messages in, an answer out, whole or as a stream of deltas. Adapters: openai_chat.h (any
// API that speaks OpenAI's chat completions), local_chat.h (answers from the passages it is given, needs nothing);
// models.h chooses one by name.
//
// Rules that every adapter keeps:
//   - Thread safe; many calls at the same time, from any event loop. The model outlives the calls made on it.
//   - Dropping or cancelling the awaiting coroutine stops the call upstream at once.
//   - Errors: `invalid` (the request cannot be sent), `upstream` (the provider answered nonsense, refused our key or
//   our
//     request, or cut its answer), `unavailable` (no connection, time-out, 5xx after the retries), `rate_limited` (429
//     after the retries, or a quota that is used up; details.retry_after_seconds when the provider names it). A message
//     names the provider and what to check, never a key.
//   - When a stream breaks after its first delta, details.partial holds the text so far; nothing is retried then.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/task.h"
#include "store/index/index.h"

namespace slipway::model {

enum class Role : unsigned char { system, user, assistant, tool };
std::string_view to_string(Role role);

// What the model wants to have called.
struct ToolCall {
    std::string id;
    std::string name;
    std::string arguments;  // JSON text as the model wrote it: check before use
};

struct Message {
    Role role = Role::user;
    std::string content;
    std::vector<ToolCall> tool_calls = {};  // of an assistant
    std::string tool_call_id = {};          // of a tool's answer: the call that it answers
};

// A function that the model may ask for.
struct Tool {
    std::string name;
    std::string description;
    json::object parameters;  // JSON Schema
};

// A passage that the answer must be drawn from. Adapters that talk to a model elsewhere ignore these, because the
// caller has already written them into the messages; the local model answers from them.
struct GroundingPassage {
    int number = 0;  // as the answer cites it: [1]
    std::string title;
    std::string text;
    double score = 0;
    std::vector<store::TermScore> terms =
        {};  // the words it was found by, synonyms among them, with their share of the score
    // Cosine of its vector and the question's, where the index has vectors.
    std::optional<double> similarity = {};
};

// Asks for an answer that is JSON of this shape.
struct ResponseSchema {
    std::string name;
    json::object schema;  // JSON Schema; empty: any JSON object
};

struct ChatRequest {
    std::string model = {};  // empty: the adapter's default
    std::vector<Message> messages = {};
    std::vector<Tool> tools = {};
    std::vector<GroundingPassage> passages = {};
    std::string question = {};  // the completed question, for the local model
    // Its vector, where the search for the passages made one; it comes from the model that their similarities come
    // from.
    std::optional<store::Vector> question_vector = {};
    std::optional<double> temperature = {};
    std::optional<int> tokens_max = {};
    std::optional<ResponseSchema> response_schema = {};
    Milliseconds time_max{120'000};  // for everything, retries included
};

enum class StopReason : unsigned char {
    end,             // the model was done
    length,          // tokens_max or the model's own limit
    tool_calls,      // it waits for the answers of message.tool_calls
    content_filter,  // the provider cut it
    refused,         // the model declined, or the passages do not answer the question
};
std::string_view to_string(StopReason reason);

struct Usage {
    std::int64_t prompt_tokens = 0;
    std::int64_t completion_tokens = 0;
    bool estimated = false;  // the provider did not say; see tokens.h
};

struct ChatReply {
    Message message = {.role = Role::assistant, .content = {}};
    StopReason stop = StopReason::end;
    Usage usage = {};
    std::string model = {};       // that answered, as the provider names it
    std::vector<int> cited = {};  // numbers of the passages used, when the model knows
    std::string reason = {};      // of a model that can say why it answered or refused; for the trace
};

// Takes the next piece of text, never empty and always whole characters. A slow sink slows the stream; an error of the
// sink ends it (the upstream connection is closed) and becomes the error of stream().
using DeltaSink = std::function<Task<void>(std::string_view delta)>;

class ChatModel {
 public:
    virtual ~ChatModel() = default;

    virtual Task<ChatReply> complete(ChatRequest request) = 0;
    // The same reply as complete(), after all of its text went through the sink.
    virtual Task<ChatReply> stream(ChatRequest request, DeltaSink sink) = 0;

    // "openai/gpt-4o-mini": provider and default model; for logs, traces and people.
    virtual std::string name() const = 0;
    // True when no data leaves the machine and answers come from `passages` alone.
    virtual bool is_local() const = 0;
};

}  // namespace slipway::model
