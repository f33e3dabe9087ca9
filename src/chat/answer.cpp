// A message and its answer: one turn of a chat.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

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

asio::awaitable<void> end_of_either(asio::awaitable<void> one, asio::awaitable<void> other) {
    co_await race(std::move(one), std::move(other));
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
    Result<void> outcome;
    bool interrupted = false;  // the client left, or the user stopped it
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    Message answer;
};

// Lets stop() reach the loop of the turn.
struct Chats::Running {
    explicit Running(const asio::any_io_executor& executor)
        : stopped(executor, std::chrono::steady_clock::time_point::max()) {}
    asio::steady_timer stopped;  // expires: stop
    bool ended = false;          // by end_all()
};

Task<Message> Chats::send(SendRequest request, ChatListener listener) {
    const auto content = trim(request.content);
    if (content.empty()) co_return fail(ErrorCode::invalid, "The message is empty.");
    const auto characters = count_characters(content);
    if (content.size() > options_.message_bytes_max || characters > options_.message_characters_max)
        co_return fail(ErrorCode::invalid, "The message is too long: {} characters; at most {} are accepted.",
                       characters, options_.message_characters_max);

    auto turn = std::make_shared<Turn>();
    turn->owner = request.owner;
    turn->is_new = !request.chat_id;
    turn->chat.id = request.chat_id.value_or(new_id());
    // The turn is taken before anything else is awaited: that is what makes the order of answers the order of asking.
    SLIPWAY_CO_TRY(const auto guard, co_await turns_.acquire(turn->chat.id, options_.turn_patience));
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
    const auto executor = co_await asio::this_coro::executor;
    auto answered = asio::co_spawn(executor, answer(turn, std::move(listener)), asio::use_awaitable);
    co_return co_await std::move(answered);
}

Task<Message> Chats::regenerate(Owner owner, std::string id, ChatListener listener) {
    auto turn = std::make_shared<Turn>();
    turn->owner = owner;
    SLIPWAY_CO_TRY(turn->chat, co_await get(owner, id));
    SLIPWAY_CO_TRY(const auto guard, co_await turns_.acquire(turn->chat.id, options_.turn_patience));
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
    const auto executor = co_await asio::this_coro::executor;
    auto answered = asio::co_spawn(executor, answer(turn, std::move(listener)), asio::use_awaitable);
    co_return co_await std::move(answered);
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

// Ends only when that fails: the answer goes on behind the gate.
Task<void> Chats::open_gate(std::shared_ptr<Turn> turn, EventGate& gate) {
    if (!turn->stored) SLIPWAY_CO_CHECK(co_await store_question(turn));
    ChatEvent started;
    started.kind = ChatEvent::Kind::started;
    started.chat = &turn->chat;
    started.question = &turn->question;
    started.answer_id = turn->answer_id;
    SLIPWAY_CO_CHECK(co_await gate.open(started));
    asio::steady_timer forever(co_await asio::this_coro::executor, std::chrono::steady_clock::time_point::max());
    co_await forever.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return Result<void>();
}

// A coroutine of its own, with its own cancellation state: after a cancellation it still stores what was sent.
Task<Message> Chats::answer(std::shared_ptr<Turn> turn, ChatListener listener) {
    std::exception_ptr thrown;
    try {
        turn->outcome = co_await run_graph(turn, listener);
    } catch (...) {
        thrown = std::current_exception();
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool cancelled = state.cancelled() != asio::cancellation_type::none;
    turn->interrupted = turn->interrupted || cancelled;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    if (thrown && !cancelled) {
        turn->outcome = fail(ErrorCode::internal, "The answer failed; the log says why.");
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
            log::error("answer failed", {{"chat", turn->chat.id}, {"error", error.what()}});
        }
    }
    if (!turn->stored) co_return std::unexpected(turn->outcome ? turn->stored.error() : turn->outcome.error());
    SLIPWAY_CO_CHECK(co_await store_answer(turn));
    if (!turn->outcome && !turn->interrupted) {
        auto error = std::move(turn->outcome).error();
        if (turn->replaced_id.empty()) error.details["message_id"] = turn->answer.id;
        co_return std::unexpected(std::move(error));
    }
    if (!cancelled) {
        ChatEvent event;
        event.kind = ChatEvent::Kind::done;
        event.chat = &turn->chat;
        event.question = &turn->question;
        event.answer_id = turn->answer_id;
        event.answer = &turn->answer;
        // The answer is stored; a client that cannot be told any more finds it there.
        static_cast<void>(co_await listener(event));
    }
    co_return turn->answer;
}

void Chats::end_all() {
    const std::lock_guard hold(running_mutex_);
    ended_ = true;
    for (const auto& [id, running] : running_) {
        auto end = [running] {
            running->ended = true;
            running->stopped.expires_at(std::chrono::steady_clock::time_point::min());
        };
        asio::post(running->stopped.get_executor(), end);
    }
}

asio::awaitable<void> Chats::wait_for_stop(Running& running, EventGate& gate) {
    co_await running.stopped.async_wait(asio::as_tuple(asio::use_awaitable));
    co_await gate.wait();
}

// What the agents make of the question, from the conversation before it.
Task<void> Chats::work(std::shared_ptr<Turn> turn, EventGate& gate) {
    auto& state = turn->state;
    state.input.workspace = turn->owner.workspace;
    state.input.message = turn->question.content;
    state.question = turn->question.content;
    if (!turn->is_new) {
        SLIPWAY_CO_TRY(state.input.history, co_await history(turn));
    }
    agent::Listener relay = [&turn, &gate](const agent::Event& told) -> Task<void> {
        ChatEvent event;
        event.kind = told.kind == agent::Event::Kind::routed    ? ChatEvent::Kind::routed
                     : told.kind == agent::Event::Kind::sources ? ChatEvent::Kind::sources
                                                                : ChatEvent::Kind::text;
        event.chat = &turn->chat;
        event.question = &turn->question;
        event.answer_id = turn->answer_id;
        event.text = told.text;
        event.state = told.state;
        co_return co_await gate.tell(event);
    };
    Result<void> done;
    std::exception_ptr thrown;
    try {
        done = co_await graph_.run(state, relay);
    } catch (...) {
        thrown = std::current_exception();
    }
    co_await gate.wait();  // however it ended, the question is to be stored
    if (thrown) std::rethrow_exception(thrown);
    co_return done;
}

Task<void> Chats::run_graph(std::shared_ptr<Turn> turn, ChatListener listener) {
    const auto executor = co_await asio::this_coro::executor;
    const auto running = std::make_shared<Running>(executor);
    struct Registration {
        Chats& chats;
        std::string id;
        ~Registration() {
            const std::lock_guard hold(chats.running_mutex_);
            chats.running_.erase(id);
        }
    };
    {
        const std::lock_guard hold(running_mutex_);
        if (ended_) co_return stopping();
        running_[turn->chat.id] = running;
    }
    const Registration registration{*this, turn->chat.id};

    EventGate gate(executor, listener);
    std::optional<Result<void>> worked, opened;
    auto work_done = store_in(worked, work(turn, gate));
    auto gate_failed = store_in(opened, open_gate(turn, gate));
    auto ended_early = end_of_either(std::move(gate_failed), wait_for_stop(*running, gate));
    // The writer is asked before the agents.
    const auto first = co_await race(std::move(ended_early), std::move(work_done));
    if (first == 1) co_return *std::move(worked);
    if (opened && !*opened) co_return *std::move(opened);
    if (running->ended) co_return stopping();
    turn->interrupted = true;
    co_return Result<void>();
}

Task<void> Chats::store_answer(std::shared_ptr<Turn> turn) {
    auto& answer = turn->answer;
    auto& state = turn->state;
    answer.id = turn->answer_id;
    answer.chat_id = turn->chat.id;
    answer.role = model::Role::assistant;
    answer.content = state.answer;
    answer.agent = state.agent;
    answer.model = state.model;
    answer.routing_reason = state.routing_reason;
    answer.sources = state.refused ? std::vector<knowledge::Source>() : state.sources;
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
    std::shared_ptr<Running> running;
    {
        const std::lock_guard hold(running_mutex_);
        const auto found = running_.find(id);
        if (found != running_.end()) running = found->second;
    }
    if (!running) co_return false;
    // Not cancel(): a turn that does not wait yet must find it when it does.
    auto cancel = [running] { running->stopped.expires_at(std::chrono::steady_clock::time_point::min()); };
    asio::post(running->stopped.get_executor(), cancel);
    co_return true;
}

}  // namespace slipway::chat
