#include "chat/tables.h"

#include <array>

namespace slipway::chat {
namespace {

constexpr std::array<store::Migration, 1> kMigrations{{
    {"chat", 1, R"sql(
create table chats (
    id text primary key,
    workspace text not null,
    number bigint not null,
    user_id text not null references users(id) on delete cascade,
    title text not null,
    tokens bigint not null default 0,
    created_at bigint not null,
    updated_at bigint not null,
    unique (workspace, number)
);
create index chats_user on chats(workspace, user_id, updated_at);
create table messages (
    id text primary key,
    workspace text not null,
    number bigint not null,
    chat_id text not null references chats(id) on delete cascade,
    role text not null,
    status text not null,
    content text not null,
    agent text not null default '',
    model text not null default '',
    routing_reason text not null default '',
    sources text not null default '[]',
    flags text not null default '[]',
    trace text not null default '[]',
    error text not null default '',
    prompt_tokens bigint not null default 0,
    completion_tokens bigint not null default 0,
    response_time_ms bigint not null default 0,
    created_at bigint not null,
    unique (workspace, number)
);
create index messages_chat on messages(chat_id, number);
)sql"},
}};

constexpr std::array<std::string_view, 3> kStatuses{"complete", "partial", "failed"};

json::array array_of(const store::Row& row, std::string_view column) {
    auto parsed = parse_json(row.text(column));
    return parsed && parsed->is_array() ? std::move(parsed->get_array()) : json::array();
}

model::Role role_from(std::string_view name) {
    for (const auto role : {model::Role::system, model::Role::user, model::Role::assistant, model::Role::tool})
        if (model::to_string(role) == name) return role;
    return model::Role::user;
}

}  // namespace

std::string_view to_string(MessageStatus status) { return kStatuses[static_cast<std::size_t>(status)]; }
std::span<const store::Migration> migrations() { return kMigrations; }

std::span<const store::Migration> migrations_apart() {
    static constexpr std::string_view kUser = " references users(id) on delete cascade";
    static const auto texts = [] {
        std::array<std::string, kMigrations.size()> apart;
        for (std::size_t i = 0; i < apart.size(); ++i) {
            apart[i] = kMigrations[i].sql;
            for (auto at = apart[i].find(kUser); at != std::string::npos; at = apart[i].find(kUser, at))
                apart[i].erase(at, kUser.size());
        }
        return apart;
    }();
    static const auto apart = [] {
        auto steps = kMigrations;
        for (std::size_t i = 0; i < steps.size(); ++i) steps[i].sql = texts[i];
        return steps;
    }();
    return apart;
}

Chat chat_of(const store::Row& row) {
    Chat chat;
    chat.id = row.text("id");
    chat.number = row.integer("number");
    chat.user_id = row.text("user_id");
    chat.title = row.text("title");
    chat.messages = row.integer("messages");
    chat.tokens = row.integer("tokens");
    chat.created_at = row.instant("created_at");
    chat.updated_at = row.instant("updated_at");
    return chat;
}

Message message_of(const store::Row& row) {
    Message message;
    message.id = row.text("id");
    message.number = row.integer("number");
    message.chat_id = row.text("chat_id");
    message.role = role_from(row.text("role"));
    const auto status = row.text("status");
    message.status = status == "partial"  ? MessageStatus::partial
                     : status == "failed" ? MessageStatus::failed
                                          : MessageStatus::complete;
    message.content = row.text("content");
    message.agent = row.text("agent");
    message.model = row.text("model");
    message.routing_reason = row.text("routing_reason");
    for (const auto& value : array_of(row, "sources"))
        if (auto source = knowledge::source_from_json(value)) message.sources.push_back(*std::move(source));
    for (const auto& flag : array_of(row, "flags"))
        if (flag.is_string()) message.flags.push_back(to_text(flag.get_string()));
    message.trace = array_of(row, "trace");
    message.error = row.text("error");
    message.prompt_tokens = row.integer("prompt_tokens");
    message.completion_tokens = row.integer("completion_tokens");
    message.response_time_ms = row.integer("response_time_ms");
    message.created_at = row.instant("created_at");
    return message;
}

Task<void> insert_chat(store::Transaction& transaction, Chat& chat) {
    SLIPWAY_CO_TRY(chat.number, co_await store::next_number(transaction, "chat"));
    store::Parameters values{chat.id, chat.number, chat.user_id, chat.title, chat.created_at};
    SLIPWAY_CO_CHECK(
        co_await transaction.execute("insert into chats(id, workspace, number, user_id, title, created_at, updated_at) "
                                     "values ($1, $workspace, $2, $3, $4, $5, $5)",
                                     std::move(values)));
    co_return Result<void>();
}

Task<void> insert_message(store::Transaction& transaction, Message& message) {
    SLIPWAY_CO_TRY(message.number, co_await store::next_number(transaction, "message"));
    json::array sources, flags;
    for (const auto& source : message.sources) sources.push_back(knowledge::to_json(source));
    for (const auto& flag : message.flags) flags.emplace_back(flag);
    store::Parameters values{message.id,
                             message.number,
                             message.chat_id,
                             model::to_string(message.role),
                             to_string(message.status),
                             message.content,
                             message.agent,
                             message.model,
                             message.routing_reason,
                             write_json(sources),
                             write_json(flags),
                             write_json(message.trace),
                             message.error,
                             message.prompt_tokens,
                             message.completion_tokens,
                             message.response_time_ms,
                             message.created_at};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "insert into messages(id, workspace, number, chat_id, role, status, content, agent, model, routing_reason, "
        "sources, flags, trace, error, "
        "prompt_tokens, completion_tokens, response_time_ms, created_at) "
        "values ($1, $workspace, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        std::move(values)));
    co_return Result<void>();
}

}  // namespace slipway::chat
