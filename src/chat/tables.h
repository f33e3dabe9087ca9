// The tables of chats and how their rows become values.
#pragma once

#include <array>
#include <span>

#include "chat/types.h"
#include "store/database/database.h"

namespace slipway::chat {

std::span<const store::Migration> migrations();
// The same tables in a database without users (stores.agents): who owns a chat is an id of the other database there.
std::span<const store::Migration> migrations_apart();
inline constexpr std::array<std::string_view, 2> kTables{"chats", "messages"};

inline constexpr std::string_view kChatColumns =
    "c.id, c.number, c.user_id, c.title, c.tokens, c.created_at, c.updated_at, "
    "(select count(*) from messages n where n.chat_id = c.id and n.workspace = $workspace) as messages";
Chat chat_of(const store::Row& row);

inline constexpr std::string_view kMessageColumns =
    "m.id, m.number, m.chat_id, m.role, m.status, m.content, m.agent, m.model, m.routing_reason, m.sources, m.flags, "
    "m.trace, m.error, "
    "m.prompt_tokens, m.completion_tokens, m.response_time_ms, m.created_at";
Message message_of(const store::Row& row);

// Inserts a chat; its number is filled in.
Task<void> insert_chat(store::Transaction& transaction, Chat& chat);

// Inserts a message; its number is filled in.
Task<void> insert_message(store::Transaction& transaction, Message& message);

}  // namespace slipway::chat
