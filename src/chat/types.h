// Conversations: a chat belongs to a user of a workspace and holds messages.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/types.h"
#include "base/clock.h"

namespace slipway::chat {

struct Chat {
    std::string id;
    std::int64_t number = 0;  // small id for clients that want an integer
    std::string user_id;
    std::string title;
    std::int64_t messages = 0;
    std::int64_t tokens = 0;  // prompt and completion, of all answers
    Instant created_at;
    Instant updated_at;
};

enum class MessageStatus : unsigned char {
    complete,
    partial,  // the client left, the user stopped it, or the model broke off or reached a limit: content is what was
              // sent
    failed,   // nothing was answered; error says why
};
std::string_view to_string(MessageStatus status);

struct Message {
    std::string id;
    std::int64_t number = 0;
    std::string chat_id;
    model::Role role = model::Role::user;
    MessageStatus status = MessageStatus::complete;
    std::string content;
    std::string agent;  // the node that answered
    std::string model;
    std::string routing_reason;
    std::vector<knowledge::Source> sources;
    std::vector<std::string> flags;
    json::array trace;  // of agent::Step
    std::string error;
    std::int64_t prompt_tokens = 0, completion_tokens = 0;
    std::int64_t response_time_ms = 0;
    Instant created_at;
};

json::object to_json(const Chat& chat);
// Each source says whether the content cites it (agent/citations.h).
json::object to_json(const Message& message);

struct ChatPage {
    std::vector<Chat> chats;  // last used first
    std::int64_t total = 0;
};

// What a listener is told while a message is answered: started, then routed, sources, text …, then done.
struct ChatEvent {
    enum class Kind : unsigned char { started, routed, sources, text, done };
    Kind kind = Kind::text;
    const Chat* chat = nullptr;           // always
    const Message* question = nullptr;    // always; stored already
    std::string_view answer_id;           // always
    std::string_view text;                // of a text event
    const agent::State* state = nullptr;  // of routed and sources
    const Message* answer = nullptr;      // of done; stored already
};
using ChatListener = std::function<Task<void>(const ChatEvent&)>;

// Whose chats.
struct Owner {
    WorkspaceId workspace;
    std::string user_id;
};

// What became of a chat, for others of its owner's devices. Told once it is stored.
struct ChatChange {
    enum class Kind : unsigned char { created, renamed, removed, begun, ended };
    Kind kind = Kind::created;
    std::string_view chat_id;         // always
    const Chat* chat = nullptr;       // of all but removed
    std::string_view question_id;     // of begun and ended
    std::string_view answer_id;       // of begun and ended
    const Message* answer = nullptr;  // of ended
};
// Must not wait; called on the loop of who changed the chat.
using ChatWatcher = std::function<void(const Owner&, const ChatChange&)>;

}  // namespace slipway::chat
