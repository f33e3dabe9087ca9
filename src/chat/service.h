// Chats: conversations that remember, answered by the graph of agents.
//
// The question is stored before anything of an answer is told (the agents may be at work already), the answer when it
// is whole. When the client leaves (the awaiting coroutine is cancelled), the user stops it, or the model breaks off,
// the model call is cancelled and what was sent is stored as partial. Two messages sent to one chat at once are
// answered in the order they came. Thread safe.
#pragma once

#include <map>
#include <mutex>

#include "agent/graph.h"
#include "base/keyed_lock.h"
#include "chat/event_gate.h"
#include "chat/types.h"
#include "store/database/database.h"

namespace slipway::chat {

struct ChatOptions {
    std::size_t message_bytes_max = 40'000;
    std::size_t message_characters_max = 10'000;
    std::int64_t history_tokens = 2000;  // of the conversation given to the model (estimated, see model/tokens.h)
    std::size_t title_characters_max = 60;
    Milliseconds turn_patience{120'000};  // how long a message waits for the one before it
};

struct SendRequest {
    Owner owner;
    std::optional<std::string> chat_id;  // absent: a new chat
    std::string content;
};

// An answer as it was stored. Shared, so that who waits for it holds a pointer and not the room for it.
using Answer = std::shared_ptr<const Message>;

class Chats {
 public:
    Chats(store::Database& database, const agent::Graph& graph, ChatOptions options);

    // Before the first message.
    void on_change(ChatWatcher tell) { changed_ = std::move(tell); }

    Task<Chat> create(Owner owner, std::string title);
    Task<Chat> get(Owner owner, std::string id);
    Task<Chat> get_by_number(Owner owner, std::int64_t number);
    Task<ChatPage> list(Owner owner, std::size_t offset, std::size_t limit);
    Task<Chat> rename(Owner owner, std::string id, std::string title);
    Task<void> remove(Owner owner, std::string id);
    // Oldest first; `before` is a message number (0: none), the last `limit` before it are returned.
    Task<std::vector<Message>> messages(Owner owner, std::string id, std::int64_t before, std::size_t limit);
    // A chat with all its messages, as JSON that a person can keep.
    Task<json::object> to_export(Owner owner, std::string id);

    // Returns the answer as it was stored. An error after `started` was told means that the answer failed or is
    // partial; it is stored too (details.message_id).
    Task<Answer> send(SendRequest request, ChatListener listener);
    // Answers the last question again; the previous answer is replaced when the new one is stored.
    Task<Answer> regenerate(Owner owner, std::string id, ChatListener listener);
    // Ends the answer that is being written in this chat. False when there is none.
    Task<bool> stop(Owner owner, std::string id);
    // The process stops: answers under way, and questions that come later, end as `unavailable`; what was sent is
    // stored as partial.
    void end_all();

 private:
    struct Turn;
    // Lets stop() and end_all() reach the turn on its loop.
    struct Running {
        asio::any_io_executor executor;
        std::shared_ptr<Turn> turn;
    };

    // `asking` waits for the turn and fills it.
    Task<Answer> take_turn(std::shared_ptr<Turn> turn, Task<KeyedLock::Guard> asking);
    asio::awaitable<void> answer_in_turn(const std::shared_ptr<Turn>& turn);
    static Result<Answer> answer_of(const Turn& turn);
    Task<KeyedLock::Guard> ask(SendRequest request, std::shared_ptr<Turn> turn);
    Task<KeyedLock::Guard> ask_again(Owner owner, std::string id, std::shared_ptr<Turn> turn);
    Task<void> store_question(std::shared_ptr<Turn> turn);
    Task<void> store_and_open(std::shared_ptr<Turn> turn, EventGate& gate);
    asio::awaitable<void> open_gate(std::shared_ptr<Turn> turn, EventGate& gate);
    asio::awaitable<void> answer(std::shared_ptr<Turn> turn);
    asio::awaitable<void> run_graph(const std::shared_ptr<Turn>& turn, EventGate& gate);
    Task<void> prepare(const std::shared_ptr<Turn>& turn);
    Task<void> run_agents(const std::shared_ptr<Turn>& turn, EventGate& gate);
    static Result<void> outcome_of(Turn& turn, Result<void> done);
    void tell_change(const Owner& owner, ChatChange::Kind kind, const Chat& chat) const;
    void tell_change(const Turn& turn, ChatChange::Kind kind) const;
    // False when no more turns may begin.
    bool enter(const std::shared_ptr<Turn>& turn, asio::any_io_executor executor);
    void leave(const Turn& turn);
    Task<void> end_answer(std::shared_ptr<Turn> turn, bool left);
    Task<void> store_answer(std::shared_ptr<Turn> turn);
    Task<std::vector<model::Message>> history(std::shared_ptr<Turn> turn);

    store::Database& database_;
    const agent::Graph& graph_;
    ChatOptions options_;
    ChatWatcher changed_;
    KeyedLock turns_;
    std::mutex running_mutex_;
    std::map<std::string, Running> running_;  // by chat id
    bool ended_ = false;
};

}  // namespace slipway::chat
