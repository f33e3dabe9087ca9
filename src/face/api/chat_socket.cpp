// /api/ws: chatting over a WebSocket.
//
// The client's first message is {"type": "auth", "token": "…"}; then {"type": "message", "content": "…", "chat_id":
// "…"} (without chat_id the chat of the message before, at first a new one), {"type": "stop"}, and {"type":
// "subscribe"} for what happens elsewhere. The server sends {"type": "ready"}, the events of
// app/capabilities/chat_events.h, and after {"type": "subscribed"} those of app/capabilities/events.h, as GET
// /api/events does. Who was signed in is asked again for each message and event, and every quarter of a minute of who
// has subscribed; when that no longer holds the socket is closed with 1008. Another {"type": "auth"} of the same user
// goes on with a newer token. When the server drains, the messages that it has taken are answered before the socket is
// closed with 1001.
#include <exception>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include "app/capabilities/chat_events.h"
#include "app/capabilities/events.h"
#include "face/api/access.h"
#include "face/api/api.h"
#include "face/api/errors.h"
#include "net/wakeup.h"

namespace slipway::face {
namespace {

constexpr Milliseconds kAuthTimeMax{10'000};
constexpr std::uint16_t kPolicyViolation = 1008, kInternal = 1011;
constexpr std::size_t kWaitingMax = 16;  // messages sent ahead while one is answered

class ChatSocket {
 public:
    // Thousands wait in here, most of them for their next question.
    static asio::awaitable<void> serve(const app::Capabilities& capabilities, const ApiOptions& options,
                                       net::Request& request, net::WebSocket& socket) {
        ChatSocket chat(capabilities, options, request, socket, co_await asio::this_coro::executor);
        request.headers = net::Headers();  // nobody reads them any more
        if (!co_await chat.let_in()) co_return;
        // Reading goes on while answers are written; it alone sees the end of the connection.
        std::exception_ptr thrown;
        try {
            bool more = true;
            while (more) {
                const auto message = co_await socket.receive();
                more = message && *message;
                if (more) co_await chat.take((*message)->data);
            }
            while (socket.draining() && chat.answering_) co_await chat.answered_.wait();
        } catch (...) {
            thrown = std::current_exception();
        }
        if (!thrown) thrown = chat.failed_;
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await chat.stop_answering();
        co_await chat.stop_telling();
        if (thrown) std::rethrow_exception(thrown);
    }

 private:
    ChatSocket(const app::Capabilities& capabilities, const ApiOptions& options, net::Request& request,
               net::WebSocket& socket, asio::any_io_executor executor)
        : capabilities_(capabilities),
          options_(options),
          request_(request),
          socket_(socket),
          executor_(executor),
          answered_(std::move(executor)) {}

    asio::awaitable<bool> let_in() {
        auto signing_in = sign_in();
        const auto signed_in = co_await with_timeout(std::move(signing_in), kAuthTimeMax, "Signing in");
        if (!signed_in && socket_.draining()) co_return false;
        if (!signed_in) {
            co_await tell(signed_in.error());
            co_await socket_.close(kPolicyViolation, "sign in first");
            co_return false;
        }
        co_await tell_ready();
        co_return true;
    }

    static Result<json::object> object_of(std::string_view text) {
        SLIPWAY_TRY(auto value, parse_json(text));
        if (!value.is_object()) return fail(ErrorCode::invalid, "A message must be a JSON object with a \"type\".");
        return std::move(value.get_object());
    }

    // What the handshake shows beside is not of who signs in.
    Task<account::Principal> principal_of(const json::object& message) {
        auto credential = credential_of(capabilities_, request_);
        credential.bearer = text_or(message, "token");
        credential.service.clear();
        credential.edge_assertion.clear();
        return capabilities_.authentication.principal(std::move(credential));
    }

    Task<void> sign_in() {
        const auto received = co_await socket_.receive();
        if (!received || !*received)
            co_return fail(ErrorCode::unavailable, "The WebSocket was closed before signing in.");
        SLIPWAY_CO_TRY(const auto message, object_of((*received)->data));
        if (text_or(message, "type") != "auth")
            co_return fail(ErrorCode::unauthorized,
                           "The first message must be {{\"type\": \"auth\", \"token\": \"…\"}}.");
        SLIPWAY_CO_TRY(principal_, co_await principal_of(message));
        co_return Result<void>();
    }

    Task<void> sign_in_again(const json::object& message) {
        SLIPWAY_CO_TRY(auto principal, co_await principal_of(message));
        if (principal.user.id != principal_.user.id || principal.workspace != principal_.workspace)
            co_return fail(ErrorCode::forbidden, "Open another WebSocket for another user.");
        principal_ = std::move(principal);
        co_return Result<void>();
    }

    asio::awaitable<void> send(json::object object) { static_cast<void>(co_await socket_.send(write_json(object))); }

    asio::awaitable<void> tell_ready() {
        json::object ready{{"type", "ready"}, {"user", principal_.user.username}};
        co_await send(std::move(ready));
    }

    asio::awaitable<void> tell(const Error& error) {
        auto body = error_body(error, request_.request_id);
        body["type"] = "error";
        co_await send(std::move(body));
    }

    asio::awaitable<void> take(std::string_view text) {
        auto message = object_of(text);
        if (!message) co_return co_await tell(message.error());
        const auto type = text_or(*message, "type");
        if (type == "stop") {
            chat::Owner owner{principal_.workspace, principal_.user.id};
            if (!chat_id_.empty()) static_cast<void>(co_await capabilities_.chats.stop(std::move(owner), chat_id_));
        } else if (type == "auth") {
            if (const auto again = co_await sign_in_again(*message); again)
                co_await tell_ready();
            else
                co_await tell(again.error());
        } else if (type == "subscribe") {
            co_await subscribe();
        } else if (type != "message") {
            Error error{
                ErrorCode::invalid, "Send {\"type\": \"message\", \"content\": \"…\"}, \"stop\" or \"subscribe\".", {}};
            co_await tell(error);
        } else if (waiting_.size() >= kWaitingMax) {
            Error error{ErrorCode::rate_limited, "Too many messages wait for an answer.", {}};
            co_await tell(error);
        } else if (co_await admitted()) {
            waiting_.push_back(*std::move(message));
            begin_answering();
        }
    }

    // Else the client has been told why not.
    asio::awaitable<bool> admitted() {
        if (!options_.admit_message) co_return true;
        const auto admission = co_await options_.admit_message(principal_.user);
        if (!admission) co_await tell(admission.error());
        co_return admission.has_value();
    }

    // Beside the reading, as long as messages wait.
    void begin_answering() {
        if (signed_out_ || failed_ || std::exchange(answering_, true)) return;
        auto ended = [this](const std::exception_ptr&) {
            answering_ = false;
            answered_.wake_later();
            if (!waiting_.empty()) begin_answering();
        };
        asio::co_spawn(executor_, answer_all(), asio::bind_cancellation_slot(stop_.slot(), std::move(ended)));
    }

    // Nothing of it is left then.
    asio::awaitable<void> stop_answering() {
        waiting_.clear();
        stop_.emit(asio::cancellation_type::terminal);
        while (answering_) co_await answered_.wait();
    }

    asio::awaitable<void> answer_all() {
        try {
            while (!waiting_.empty() && !signed_out_) {
                const auto message = std::move(waiting_.front());
                waiting_.erase(waiting_.begin());
                if (co_await still_signed_in()) co_await answer(message);
            }
        } catch (...) {
            failed_ = std::current_exception();
        }
        if (failed_) co_await socket_.close(kInternal, "");  // which ends the reading
    }

    Task<account::Principal> renewed() {
        const auto proven_until = principal_.proven_until;
        auto renewed = co_await capabilities_.authentication.renew(principal_);
        if (principal_.proven_until != proven_until) co_return principal_;  // a newer token came meanwhile
        if (renewed) principal_ = *renewed;
        co_return renewed;
    }

    asio::awaitable<void> sign_out(const Error& reason) {
        if (std::exchange(signed_out_, true)) co_return;
        co_await tell(reason);
        co_await socket_.close(kPolicyViolation, "sign in again");
    }

    // An answer can take long and a connection longer: the right to ask is looked at anew each time.
    asio::awaitable<bool> still_signed_in() {
        const auto principal = co_await renewed();
        if (!principal) co_await sign_out(principal.error());
        co_return principal.has_value();
    }

    asio::awaitable<void> subscribe() {
        if (!telling_) {
            app::EventFeed::Ask ask = [this] { return renewed(); };
            auto feed = co_await app::EventFeed::open(capabilities_.events, principal_, std::move(ask));
            if (!feed) co_return co_await tell(feed.error());
            telling_ = std::make_unique<Telling>(*std::move(feed), executor_);
            auto ended = [this](const std::exception_ptr&) {
                telling_->over = true;
                telling_->ended.wake_later();
            };
            asio::co_spawn(executor_, tell_events(),
                           asio::bind_cancellation_slot(telling_->stop.slot(), std::move(ended)));
        }
        json::object subscribed{{"type", "subscribed"}};
        co_await send(std::move(subscribed));
    }

    // Beside the reading and the answers.
    asio::awaitable<void> tell_events() {
        try {
            bool more = true;
            while (more) more = co_await tell_event();
        } catch (...) {
            failed_ = std::current_exception();
        }
        if (failed_) co_await socket_.close(kInternal, "");
    }

    asio::awaitable<bool> tell_event() {
        auto event = co_await telling_->feed->next();
        if (!event && event.error().code != ErrorCode::unavailable) co_await sign_out(event.error());
        if (!event) co_return false;
        const auto sent = co_await socket_.send(std::move(event->text));
        co_return sent.has_value();
    }

    asio::awaitable<void> stop_telling() {
        if (!telling_) co_return;
        telling_->stop.emit(asio::cancellation_type::terminal);
        while (!telling_->over) co_await telling_->ended.wait();
    }

    asio::awaitable<void> answer(const json::object& message) {
        chat::SendRequest wanted;
        wanted.owner = {principal_.workspace, principal_.user.id};
        wanted.content = std::string(text_or(message, "content"));
        if (const auto id = text_or(message, "chat_id"); !id.empty()) chat_id_ = std::string(id);
        if (!chat_id_.empty()) wanted.chat_id = chat_id_;
        chat::ChatListener listener = [this](const chat::ChatEvent& event) -> Task<void> {
            if (event.kind == chat::ChatEvent::Kind::started) chat_id_ = event.chat->id;
            const auto object = app::to_json(event, capabilities_.links, principal_.workspace);
            co_return co_await socket_.send(write_json(object));
        };
        const auto answered = co_await capabilities_.chats.send(std::move(wanted), listener);
        if (!answered) co_await tell(answered.error());
    }

    const app::Capabilities& capabilities_;
    const ApiOptions& options_;
    net::Request& request_;
    net::WebSocket& socket_;
    account::Principal principal_;
    std::string chat_id_;
    struct Telling {
        Telling(std::unique_ptr<app::EventFeed> given, asio::any_io_executor executor)
            : feed(std::move(given)), ended(std::move(executor)) {}
        std::unique_ptr<app::EventFeed> feed;
        asio::cancellation_signal stop;
        bool over = false;
        net::Wakeup ended;
    };
    std::unique_ptr<Telling> telling_;   // once the client has subscribed
    std::vector<json::object> waiting_;  // a few, mostly none
    bool answering_ = false, signed_out_ = false;
    std::exception_ptr failed_;  // of answer_all() or tell_events()
    asio::cancellation_signal stop_;
    asio::any_io_executor executor_;
    net::Wakeup answered_;
};

}  // namespace

void add_chat_socket(net::Router& router, const app::Capabilities& capabilities, const ApiOptions& options) {
    net::Operation described;
    described.summary =
        "Chat over a WebSocket: {\"type\": \"auth\", \"token\"} first, then {\"type\": \"message\", \"content\", "
        "\"chat_id\"}, and {\"type\": \"subscribe\"} for what GET /api/events tells";
    described.tag = "chats";
    described.authenticated = false;
    net::WebSocketHandler serve = [&capabilities, options](net::Request& request, net::WebSocket& socket) {
        return ChatSocket::serve(capabilities, options, request, socket);
    };
    router.add_websocket("/api/ws", described, serve);
}

}  // namespace slipway::face
