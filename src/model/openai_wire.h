// OpenAI's chat completions on the wire (https://platform.openai.com/docs/api-reference/chat): our request as its JSON,
// its JSON as our reply. Lenient in what compatible servers do differently: usage left out or under x_groq, content in
// parts, reason "model_length".
#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/chat_model.h"

namespace slipway::model {

// What an answer may hold altogether: text and the arguments of tool calls.
constexpr std::size_t kAnswerBytesMax = 4 << 20;
constexpr std::size_t kToolCallsMax = 128;

struct WireOptions {
    std::string model;                        // when the request names none
    std::string tokens_field = "max_tokens";  // newer models of OpenAI want max_completion_tokens
    bool stream = false;
};

// `invalid` without messages.
Result<json::object> render_request(const ChatRequest& request, const WireOptions& options);

// A whole answer. The message of an error continues a sentence that begins with the provider's name.
Result<ChatReply> parse_reply(const json::object& body);

// Puts the chunks of a streamed answer together.
class StreamAssembler {
 public:
    // Returns the text that this chunk adds, maybe none. Errors as parse_reply.
    Result<std::string> add(const json::object& chunk);

    bool finished() const { return finish_reason_.has_value(); }
    bool reported_usage() const { return usage_.has_value(); }
    const std::string& text() const { return text_; }
    // What has come so far, as a reply. `usage` is empty when it was not reported.
    ChatReply reply() const;

 private:
    Result<void> add_tool_call(const json::object& piece);
    Result<void> grow(std::size_t bytes);

    std::string text_;
    std::map<std::int64_t, ToolCall> tool_calls_;  // by index, in which they may interleave
    std::optional<std::string> finish_reason_;
    std::optional<Usage> usage_;
    std::string model_;
    std::size_t bytes_ = 0;
    bool refused_ = false;
};

// nullopt when the object holds no usage.
std::optional<Usage> usage_of(const json::object& body);

}  // namespace slipway::model
