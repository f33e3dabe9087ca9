// Chats and messages as JSON: the form of the default API, of exports and of scripts.
#include "chat/types.h"

#include "agent/citations.h"

namespace slipway::chat {

json::object to_json(const Chat& chat) {
    return {{"id", chat.id},
            {"number", chat.number},
            {"title", chat.title},
            {"message_count", chat.messages},
            {"tokens", chat.tokens},
            {"created_at", to_iso8601(chat.created_at)},
            {"updated_at", to_iso8601(chat.updated_at)}};
}

json::object to_json(const Message& message) {
    json::array flags;
    for (const auto& flag : message.flags) flags.emplace_back(flag);
    json::object object{{"id", message.id},
                        {"number", message.number},
                        {"chat_id", message.chat_id},
                        {"role", model::to_string(message.role)},
                        {"status", to_string(message.status)},
                        {"content", message.content},
                        {"created_at", to_iso8601(message.created_at)}};
    if (message.role != model::Role::assistant) return object;
    object["agent"] = message.agent;
    object["model"] = message.model;
    object["routing_reason"] = message.routing_reason;
    object["sources"] = agent::to_json(message.sources, message.content);
    object["flags"] = std::move(flags);
    object["trace"] = message.trace;
    object["usage"] = json::object{{"prompt_tokens", message.prompt_tokens},
                                   {"completion_tokens", message.completion_tokens},
                                   {"total_tokens", message.prompt_tokens + message.completion_tokens}};
    object["response_time_ms"] = message.response_time_ms;
    if (!message.error.empty()) object["error"] = message.error;
    return object;
}

}  // namespace slipway::chat
