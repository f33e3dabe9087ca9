// A message and its answer: one turn of a chat.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include "base/characters.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "chat/service.h"
#include "chat/tables.h"
#include "model/tokens.h"

namespace slipway::chat {
namespace {

constexpr std::size_t kHistoryMessagesMax = 100;

std::string title_of(std::string_view content, std::size_t characters_max) {
    auto text = collapse_spaces(content);
    const auto cut = cut_characters(text, characters_max);
    if (cut.size() == text.size()) return text;
    const auto space = cut.rfind(' ');
    return std::string(cut.substr(0, space == std::string_view::npos || space < cut.size() / 2 ? cut.size() : space)) +
           "…";
}

std::unexpected<Error> stopping() {
    return fail(ErrorCode::unavailable,
                "The server is stopping and could not finish this answer; ask again in a moment.");
}

std::unexpected<Error> explain(const std::exception_ptr& thrown, const std::string& chat_id) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        log::error("answer failed", {{"chat", chat_id}, {"error", error.what()}});
    }
    return fail(ErrorCode::internal, "The answer failed; the log says why.");
}

}  // namespace

// Everything about one turn; shared with the coroutine that answers, which outlives a cancelled caller until the answer
// is stored.
struct Chats::Turn {
    Owner owner;
    Chat chat;
    bool is_new = false;  // the chat begins with this question
    Message question;
    std::int64_t history_end = std::numeric_limits<std::int64_t>::max();  // the number of a message
    Result<void> stored = fail(ErrorCode::unavailable, "The question was not stored.");
    std::string answer_id = new_id();
    std::string replaced_id;  // the answer that this one takes the place of
    agent::State state;
    ChatListener listener;
    Stop stop;                  // of answer()
    bool stopped_here = false;  // by end_all()
    Result<void> opened;        // storing the question and telling that
    Result<void> outcome;       // of the graph
    Result<void> ended;         // what the caller is told
    bool interrupted = false;   // the client left, or the user stopped it
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    std::shared_ptr<Message> answer;  // once it is whole

    ChatEvent event(ChatEvent::Kind kind) const {
        ChatEvent told;
        told.kind = kind;
        told.chat = &chat;
        told.question = &question;
        told.answer_id = answer_id;
        return told;
    }
};

Task<Answer> Chats::send(SendRequest request, ChatListener listener) {
    auto turn = std::make_shared<Turn>();
    turn->listener = std::move(listener);
    return take_turn(turn, ask(std::move(request), turn));
}

Task<Answer> Chats::regenerate(Owner owner, std::string id, ChatListener listener) {
    auto turn = std::make_shared<Turn>();
    turn->listener = std::move(listener);
    return take_turn(turn, ask_again(std::move(owner), std::move(id), turn));
}

// From here to the model, thousands of coroutines may wait: what is not needed meanwhile is done in others.
Task<Answer> Chats::take_turn(std::shared_ptr<Turn> turn, Task<KeyedLock::Guard> asking) {
    const auto guard = co_await std::move(asking);
    if (!guard) co_return std::unexpected(guard.error());
    co_await answer_in_turn(turn);
    co_return answer_of(*turn);
}

asio::awaitable<void> Chats::answer_in_turn(const std::shared_ptr<Turn>& turn) {
    return run_until(std::shared_ptr<Stop>(turn, &turn->stop), answer(turn));
}

Result<Answer> Chats::answer_of(const Turn& turn) {
    if (!turn.ended) return std::unexpected(turn.ended.error());
    if (!turn.answer) return fail(ErrorCode::internal, "The answer failed; the log says why.");
    return turn.answer;
}

Task<KeyedLock::Guard> Chats::ask(SendRequest request, std::shared_ptr<Turn> turn) {
    const auto content = trim(request.content);
    if (content.empty()) co_return fail(ErrorCode::invalid, "The message is empty.");
    const auto characters = count_characters(content);
    if (content.size() > options_.message_bytes_max || characters > options_.message_characters_max)
        co_return fail(ErrorCode::invalid, "The message is too long: {} characters; at most {} are accepted.",
                       characters, options_.message_characters_max);

    turn->owner = request.owner;
    turn->is_new = !request.chat_id;
    turn->chat.id = request.chat_id.value_or(new_id());
    // The turn is taken before anything else is awaited: that is what makes the order of answers the order of asking.
    SLIPWAY_CO_TRY(auto guard, co_await turns_.acquire(turn->chat.id, options_.turn_patience));
    if (turn->is_new) {
        turn->chat.user_id = request.owner.user_id;
        turn->chat.title = title_of(content, options_.title_characters_max);
        turn->chat.created_at = turn->chat.updated_at = now();
    } else {
        SLIPWAY_CO_TRY(turn->chat, co_await get(request.owner, *request.chat_id));
    }
    turn->question.id = new_id();
    turn->question.chat_id = turn->chat.id;
    turn->question.content = std::string(content);
    turn->question.created_at = now();
    co_return guard;
}

Task<KeyedLock::Guard> Chats::ask_again(Owner owner, std::string id, std::shared_ptr<Turn> turn) {
    turn->owner = owner;
    SLIPWAY_CO_TRY(turn->chat, co_await get(owner, id));
    SLIPWAY_CO_TRY(auto guard, co_await turns_.acquire(turn->chat.id, options_.turn_patience));
    SLIPWAY_CO_TRY(const auto last, co_await messages(owner, id, 0, 2));
    for (const auto& message : last) {
        if (message.role == model::Role::user)
            turn->question = message;
        else
            turn->replaced_id = message.id;
    }
    if (!last.empty() && last.back().role == model::Role::user) turn->replaced_id.clear();  // it was never answered
    if (turn->question.id.empty()) co_return fail(ErrorCode::conflict, "This chat has no question to answer again.");
    turn->history_end = turn->question.number;
    turn->stored = Result<void>();
    co_return guard;
}

Task<void> Chats::store_question(std::shared_ptr<Turn> turn) {
    auto body = [this, &turn](store::Transaction& transaction) -> Task<void> {
        if (turn->is_new) SLIPWAY_CO_CHECK(co_await insert_chat(transaction, turn->chat));
        SLIPWAY_CO_CHECK(co_await insert_message(transaction, turn->question));
        store::Parameters values{turn->chat.id, turn->question.created_at,
                                 title_of(turn->question.content, options_.title_characters_max)};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("update chats set updated_at = $2, title = case when title = '' then $3 else "
                                         "title end where workspace = $workspace and id = $1",
                                         std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    turn->stored = co_await database_.transact(turn->owner.workspace, named_body);
    if (turn->chat.title.empty()) turn->chat.title = title_of(turn->question.content, options_.title_characters_max);
    co_return turn->stored;
}

Task<void> Chats::store_and_open(std::shared_ptr<Turn> turn, EventGate& gate) {
    if (!turn->stored) SLIPWAY_CO_CHECK(co_await store_question(turn));
    tell_change(*turn, ChatChange::Kind::begun);
    const auto started = turn->event(ChatEvent::Kind::started);
    co_return co_await gate.open(started);
}

// Beside the agents; where it fails they are stopped.
asio::awaitable<void> Chats::open_gate(std::shared_ptr<Turn> turn, EventGate& gate) {
    std::exception_ptr thrown;
    try {
        turn->opened = co_await store_and_open(turn, gate);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) turn->opened = explain(thrown, turn->chat.id);
    if (!turn->opened) turn->stop.ask();
}

// A coroutine of its own, with its own cancellation state: after a cancellation it still stores what was sent.
asio::awaitable<void> Chats::answer(std::shared_ptr<Turn> turn) {
    EventGate gate(turn->listener);
    std::exception_ptr thrown;
    try {
        co_await run_graph(turn, gate);
    } catch (...) {
        thrown = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    const bool left = turn->stop.left();
    turn->interrupted = turn->interrupted || left;
    co_await gate.close(left);
    if (thrown && !left) turn->outcome = explain(thrown, turn->chat.id);
    turn->ended = co_await end_answer(turn, left);
}

void Chats::tell_change(const Turn& turn, ChatChange::Kind kind) const {
    if (!changed_) return;
    changed_(turn.owner, {.kind = kind,
                          .chat_id = turn.chat.id,
                          .chat = &turn.chat,
                          .question_id = turn.question.id,
                          .answer_id = turn.answer_id,
                          .answer = turn.answer.get()});
}

Task<void> Chats::end_answer(std::shared_ptr<Turn> turn, bool left) {
    if (!turn->stored) co_return std::unexpected(turn->outcome ? turn->stored.error() : turn->outcome.error());
    SLIPWAY_CO_CHECK(co_await store_answer(turn));
    tell_change(*turn, ChatChange::Kind::ended);
    if (!turn->outcome && !turn->interrupted) {
        auto error = std::move(turn->outcome).error();
        if (turn->replaced_id.empty()) error.details["message_id"] = turn->answer->id;
        co_return std::unexpected(std::move(error));
    }
    if (left) co_return Result<void>();
    auto event = turn->event(ChatEvent::Kind::done);
    event.answer = turn->answer.get();
    // The answer is stored; a client that cannot be told any more finds it there.
    static_cast<void>(co_await turn->listener(event));
    co_return Result<void>();
}

void Chats::end_all() {
    const std::lock_guard hold(running_mutex_);
    ended_ = true;
    for (const auto& [id, running] : running_) {
        auto end = [turn = running.turn] {
            turn->stopped_here = true;
            turn->stop.ask();
        };
        asio::post(running.executor, end);
    }
}

// The question and the conversation before it.
Task<void> Chats::prepare(const std::shared_ptr<Turn>& turn) {
    auto& state = turn->state;
    state.input.workspace = turn->owner.workspace;
    state.input.message = turn->question.content;
    state.input.forget = true;
    state.question = turn->question.content;
    if (turn->is_new) co_return Result<void>();
    SLIPWAY_CO_TRY(state.input.history, co_await history(turn));
    co_return Result<void>();
}

Task<void> Chats::run_agents(const std::shared_ptr<Turn>& turn, EventGate& gate) {
    agent::Listener relay = [&turn, &gate](const agent::Event& told) -> Task<void> {
        auto event = turn->event(told.kind == agent::Event::Kind::routed    ? ChatEvent::Kind::routed
                                 : told.kind == agent::Event::Kind::sources ? ChatEvent::Kind::sources
                                                                            : ChatEvent::Kind::text);
        event.text = told.text;
        event.state = told.state;
        co_return co_await gate.tell(event);
    };
    return graph_.run(turn->state, std::move(relay), std::shared_ptr<Stop>(turn, &turn->stop));
}

bool Chats::enter(const std::shared_ptr<Turn>& turn, asio::any_io_executor executor) {
    const std::lock_guard hold(running_mutex_);
    if (!ended_) running_[turn->chat.id] = {std::move(executor), turn};
    return !ended_;
}

void Chats::leave(const Turn& turn) {
    const std::lock_guard hold(running_mutex_);
    running_.erase(turn.chat.id);
}

// What the agents make of the question.
asio::awaitable<void> Chats::run_graph(const std::shared_ptr<Turn>& turn, EventGate& gate) {
    struct Registration {
        Chats& chats;
        const Turn& turn;
        ~Registration() { chats.leave(turn); }
    };
    if (!enter(turn, co_await asio::this_coro::executor)) {
        turn->outcome = stopping();
        co_return;
    }
    const Registration registration{*this, *turn};
    // The writer is asked before the agents.
    gate.begin(co_await asio::this_coro::executor, open_gate(turn, gate));
    Result<void> done;
    std::exception_ptr thrown;
    try {
        done = co_await prepare(turn);
        if (done) done = co_await run_agents(turn, gate);
        co_await gate.wait();  // however it ended, the question is to be stored
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown && !turn->stop.asked()) std::rethrow_exception(thrown);
    turn->outcome = outcome_of(*turn, std::move(done));
}

Result<void> Chats::outcome_of(Turn& turn, Result<void> done) {
    if (!turn.opened) return turn.opened;
    if (!turn.stop.asked()) return done;
    if (turn.stopped_here) return stopping();
    turn.interrupted = true;
    return {};
}

Task<void> Chats::store_answer(std::shared_ptr<Turn> turn) {
    turn->answer = std::make_shared<Message>();
    auto& answer = *turn->answer;
    auto& state = turn->state;
    answer.id = turn->answer_id;
    answer.chat_id = turn->chat.id;
    answer.role = model::Role::assistant;
    answer.content = state.answer;
    answer.agent = state.agent;
    answer.model = state.model;
    answer.routing_reason = state.routing_reason;
    if (!state.refused) answer.sources = state.sources.empty() ? state.packed.unpack() : state.sources;
    answer.flags = state.flags;
    for (const auto& step : state.trace) answer.trace.push_back(agent::to_json(step));
    answer.prompt_tokens = state.usage.prompt_tokens;
    answer.completion_tokens = state.usage.completion_tokens;
    answer.response_time_ms =
        std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - turn->began).count();
    answer.created_at = now();
    if (!turn->outcome) answer.error = turn->outcome.error().message;
    if (turn->outcome && !turn->interrupted) answer.error = state.cut_short;
    if (turn->interrupted || (!answer.error.empty() && !answer.content.empty()))
        answer.status = MessageStatus::partial;
    else if (!turn->outcome)
        answer.status = MessageStatus::failed;
    // A new attempt that came to nothing leaves the answer that is there.
    const bool failed = !turn->outcome && !turn->interrupted;
    if (!turn->replaced_id.empty() && (failed || answer.content.empty())) co_return Result<void>();

    auto body = [&turn, &answer](store::Transaction& transaction) -> Task<void> {
        if (!turn->replaced_id.empty()) {
            store::Parameters replaced{turn->replaced_id};
            SLIPWAY_CO_CHECK(co_await transaction.execute(
                "delete from messages where workspace = $workspace and id = $1", std::move(replaced)));
        }
        SLIPWAY_CO_CHECK(co_await insert_message(transaction, answer));
        store::Parameters values{turn->chat.id, answer.prompt_tokens + answer.completion_tokens, answer.created_at};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update chats set tokens = tokens + $2, updated_at = $3 where workspace = $workspace and id = $1",
            std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    auto stored = co_await database_.transact(turn->owner.workspace, named_body);
    if (!stored && stored.error().code == ErrorCode::conflict)
        co_return fail(ErrorCode::not_found, "The chat {} was deleted while it was answered.", turn->chat.id);
    co_return stored;
}

// The conversation before the question, newest kept first, inside the token budget; returned oldest first.
Task<std::vector<model::Message>> Chats::history(std::shared_ptr<Turn> turn) {
    store::Parameters parameters{turn->chat.id, turn->history_end, turn->question.id, kHistoryMessagesMax};
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(turn->owner.workspace,
                                "select role, content from messages where workspace = $workspace and chat_id = $1 "
                                "and number < $2 and id <> $3 and status <> 'failed' order by number desc limit $4",
                                std::move(parameters)));
    std::vector<model::Message> newest_first;
    std::int64_t budget = options_.history_tokens;
    for (const auto row : rows) {
        model::Message message;
        message.role = row.text("role") == "user" ? model::Role::user : model::Role::assistant;
        message.content = row.text("content");
        budget -= model::estimate_tokens(message.content);
        if (budget < 0) break;
        newest_first.push_back(std::move(message));
    }
    std::ranges::reverse(newest_first);
    co_return newest_first;
}

Task<bool> Chats::stop(Owner owner, std::string id) {
    SLIPWAY_CO_CHECK(co_await get(std::move(owner), id));
    const std::lock_guard hold(running_mutex_);
    const auto found = running_.find(id);
    if (found == running_.end()) co_return false;
    auto stop = [turn = found->second.turn] { turn->stop.ask(); };
    asio::post(found->second.executor, stop);
    co_return true;
}

}  // namespace slipway::chat
