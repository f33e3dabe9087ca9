#include "model/openai_wire.h"

namespace slipway::model {
namespace {

json::value render_message(const Message& message) {
    json::object object{{"role", json::string_view(to_string(message.role))}};
    if (message.content.empty() && !message.tool_calls.empty()) {
        object["content"] = nullptr;
    } else {
        object["content"] = message.content;
    }
    if (!message.tool_calls.empty()) {
        json::array calls;
        for (const auto& call : message.tool_calls) {
            json::object function{{"name", call.name}, {"arguments", call.arguments}};
            calls.push_back(json::object{{"id", call.id}, {"type", "function"}, {"function", std::move(function)}});
        }
        object["tool_calls"] = std::move(calls);
    }
    if (message.role == Role::tool) object["tool_call_id"] = message.tool_call_id;
    return object;
}

json::value render_tool(const Tool& tool) {
    json::object parameters = tool.parameters;
    if (parameters.empty()) parameters = {{"type", "object"}, {"properties", json::object()}};
    json::object function{
        {"name", tool.name}, {"description", tool.description}, {"parameters", std::move(parameters)}};
    return json::object{{"type", "function"}, {"function", std::move(function)}};
}

json::value render_format(const ResponseSchema& schema) {
    if (schema.schema.empty()) return json::object{{"type", "json_object"}};
    json::object named{{"name", schema.name.empty() ? "answer" : schema.name}, {"schema", schema.schema}};
    return json::object{{"type", "json_schema"}, {"json_schema", std::move(named)}};
}

// A string, or the texts of a list of parts.
std::string content_of(const json::object& message) {
    if (const auto* parts = array_in(message, "content")) {
        std::string text;
        for (const auto& part : *parts) {
            if (part.is_object()) text += text_or(part.get_object(), "text");
        }
        return text;
    }
    return std::string(text_or(message, "content"));
}

StopReason stop_reason(std::string_view name, bool has_tool_calls) {
    if (name == "length" || name == "model_length" || name == "max_tokens") return StopReason::length;
    if (name == "content_filter") return StopReason::content_filter;
    if (name == "tool_calls" || name == "function_call" || has_tool_calls) return StopReason::tool_calls;
    return StopReason::end;
}

Result<void> check_finish_reason(std::string_view name) {
    if (name == "error") return fail(ErrorCode::upstream, "ended its answer with an error");  // Mistral
    return {};
}

const json::object* first_choice(const json::object& body) {
    const auto* choices = array_in(body, "choices");
    if (choices == nullptr) return nullptr;
    for (const auto& choice : *choices) {
        if (choice.is_object() && integer_or(choice.get_object(), "index", 0) == 0) return &choice.get_object();
    }
    return nullptr;
}

}  // namespace

Result<json::object> render_request(const ChatRequest& request, const WireOptions& options) {
    if (request.messages.empty()) return fail(ErrorCode::invalid, "A model call needs at least one message.");
    json::array messages;
    for (const auto& message : request.messages) messages.push_back(render_message(message));
    json::object body{{"model", request.model.empty() ? options.model : request.model},
                      {"messages", std::move(messages)}};
    if (!request.tools.empty()) {
        json::array tools;
        for (const auto& tool : request.tools) tools.push_back(render_tool(tool));
        body["tools"] = std::move(tools);
    }
    if (request.temperature) body["temperature"] = *request.temperature;
    if (request.tokens_max) body[options.tokens_field] = *request.tokens_max;
    if (request.response_schema) body["response_format"] = render_format(*request.response_schema);
    if (options.stream) {
        body["stream"] = true;
        body["stream_options"] = json::object{{"include_usage", true}};
    }
    return body;
}

std::optional<Usage> usage_of(const json::object& body) {
    const auto* usage = object_in(body, "usage");
    if (usage == nullptr) {
        if (const auto* groq = object_in(body, "x_groq")) usage = object_in(*groq, "usage");
    }
    if (usage == nullptr) return std::nullopt;
    Usage found;
    found.prompt_tokens = integer_or(*usage, "prompt_tokens", -1);
    found.completion_tokens = integer_or(*usage, "completion_tokens", -1);
    if (found.prompt_tokens < 0 || found.completion_tokens < 0) return std::nullopt;
    return found;
}

Result<ChatReply> parse_reply(const json::object& body) {
    const auto* choice = first_choice(body);
    const auto* message = choice == nullptr ? nullptr : object_in(*choice, "message");
    if (message == nullptr) return fail(ErrorCode::upstream, "sent an answer without a message");
    // The same way as a stream of one chunk, so that both give the same reply.
    json::object delta = *message;
    delta["content"] = content_of(*message);
    if (const auto* calls = array_in(*message, "tool_calls")) {
        json::array numbered;
        for (const auto& call : *calls) {
            if (!call.is_object()) continue;
            json::object piece = call.get_object();
            piece["index"] = numbered.size();
            numbered.push_back(std::move(piece));
        }
        delta["tool_calls"] = std::move(numbered);
    }
    json::object whole = body;
    const auto reason = text_or(*choice, "finish_reason", "stop");
    whole["choices"] = json::array{
        json::object{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", json::string_view(reason)}}};
    StreamAssembler assembler;
    SLIPWAY_CHECK(assembler.add(whole));
    return assembler.reply();
}

Result<void> StreamAssembler::grow(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ > kAnswerBytesMax)
        return fail(ErrorCode::upstream, "sent an answer of more than {} bytes", kAnswerBytesMax);
    return {};
}

Result<void> StreamAssembler::add_tool_call(const json::object& piece) {
    const auto index = integer_or(piece, "index", static_cast<std::int64_t>(tool_calls_.size()));
    const bool is_new = !tool_calls_.contains(index);
    if (is_new && tool_calls_.size() >= kToolCallsMax)
        return fail(ErrorCode::upstream, "asked for more than {} tool calls", kToolCallsMax);
    auto& call = tool_calls_[index];
    if (const auto id = text_or(piece, "id"); call.id.empty()) call.id = id;
    if (const auto* function = object_in(piece, "function")) {
        const auto name = text_or(*function, "name");
        const auto arguments = text_or(*function, "arguments");
        SLIPWAY_CHECK(grow(name.size() + arguments.size()));
        if (call.name.empty()) call.name = name;
        call.arguments += arguments;
    }
    return {};
}

Result<std::string> StreamAssembler::add(const json::object& chunk) {
    if (model_.empty()) model_ = text_or(chunk, "model");
    if (auto usage = usage_of(chunk)) usage_ = usage;
    const auto* choice = first_choice(chunk);
    if (choice == nullptr) return std::string();  // usage, or a note of a content filter
    std::string added;
    if (const auto* delta = object_in(*choice, "delta")) {
        added = text_or(*delta, "content");
        if (const auto refusal = text_or(*delta, "refusal"); !refusal.empty()) {
            refused_ = true;
            added += refusal;
        }
        if (const auto* calls = array_in(*delta, "tool_calls")) {
            for (const auto& call : *calls) {
                if (!call.is_object()) continue;
                SLIPWAY_CHECK(add_tool_call(call.get_object()));
            }
        }
    }
    SLIPWAY_CHECK(grow(added.size()));
    text_ += added;
    if (const auto reason = text_or(*choice, "finish_reason"); !reason.empty()) {
        SLIPWAY_CHECK(check_finish_reason(reason));
        finish_reason_ = reason;
    }
    return added;
}

ChatReply StreamAssembler::reply() const {
    ChatReply reply;
    reply.message.content = text_;
    for (const auto& [index, call] : tool_calls_) reply.message.tool_calls.push_back(call);
    reply.stop = refused_ ? StopReason::refused : stop_reason(finish_reason_.value_or("stop"), !tool_calls_.empty());
    reply.usage = usage_.value_or(Usage{.estimated = true});
    reply.model = model_;
    return reply;
}

}  // namespace slipway::model
