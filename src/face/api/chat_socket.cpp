// /api/ws: chatting over a WebSocket.
//
// The client's first message is {"type": "auth", "token": "…"}; then {"type": "message", "content": "…", "chat_id":
// "…"} (without chat_id the chat of the message before, at first a new one) and {"type": "stop"}. The server sends
// {"type": "ready"} and the events of app/capabilities/chat_events.h. Who was signed in is asked again for each
// message; when that no longer holds the socket is closed with 1008. Another {"type": "auth"} of the same user goes on
// with a newer token. When the server drains, the messages that it has taken are answered before the socket is closed
// with 1001.
#include <vector>

#include "app/capabilities/chat_events.h"
#include "face/api/access.h"
#include "face/api/api.h"
#include "face/api/errors.h"
#include "net/wakeup.h"

namespace slipway::face {
namespace {

constexpr Milliseconds kAuthTimeMax{10'000};
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::size_t kWaitingMax = 16;  // messages sent ahead while one is answered

class ChatSocket {
 public:
    ChatSocket(const app::Capabilities& capabilities, const ApiOptions& options, net::Request& request,
               net::WebSocket& socket, asio::any_io_executor executor)
        : capabilities_(capabilities),
          options_(options),
          request_(request),
          socket_(socket),
          arrived_(executor),
          answered_(std::move(executor)) {}

    asio::awaitable<void> run() {
        if (!co_await let_in()) co_return;
        // Reading goes on while answers are written; it alone sees the end of the connection, and is never cancelled
        // while that lives.
        co_await race(read_all(), answer_all());
    }

 private:
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

    // nullopt when no more can come, closed or broken; an error for a message that is not an object, after which others
    // may follow.
    Task<std::optional<json::object>> receive() {
        const auto message = co_await socket_.receive();
        if (!message || !*message) co_return std::optional<json::object>();
        SLIPWAY_CO_TRY(auto value, parse_json((*message)->data));
        if (!value.is_object()) co_return fail(ErrorCode::invalid, "A message must be a JSON object with a \"type\".");
        co_return std::optional(std::move(value.get_object()));
    }

    Task<void> sign_in() {
        SLIPWAY_CO_TRY(auto message, co_await receive());
        if (!message) co_return fail(ErrorCode::unavailable, "The WebSocket was closed before signing in.");
        if (text_or(*message, "type") != "auth")
            co_return fail(ErrorCode::unauthorized,
                           "The first message must be {{\"type\": \"auth\", \"token\": \"…\"}}.");
        SLIPWAY_CO_TRY(principal_,
                       co_await capabilities_.accounts.authenticate(std::string(text_or(*message, "token"))));
        co_return Result<void>();
    }

    Task<void> sign_in_again(const json::object& message) {
        SLIPWAY_CO_TRY(auto principal,
                       co_await capabilities_.accounts.authenticate(std::string(text_or(message, "token"))));
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

    asio::awaitable<void> read_all() {
        while (true) {
            auto received = co_await receive();
            if (received && !*received) {
                while (socket_.draining() && (answering_ || !waiting_.empty())) co_await answered_.wait();
                co_return;
            }
            if (!received) {
                co_await tell(received.error());
                continue;
            }
            auto& message = *received;
            if (text_or(*message, "type") == "stop") {
                chat::Owner owner{principal_.workspace, principal_.user.id};
                if (!chat_id_.empty()) static_cast<void>(co_await capabilities_.chats.stop(std::move(owner), chat_id_));
            } else if (text_or(*message, "type") == "auth") {
                if (const auto again = co_await sign_in_again(*message); again)
                    co_await tell_ready();
                else
                    co_await tell(again.error());
            } else if (text_or(*message, "type") != "message") {
                Error error{ErrorCode::invalid,
                            "Send {\"type\": \"message\", \"content\": \"…\"} or {\"type\": \"stop\"}.",
                            {}};
                co_await tell(error);
            } else if (waiting_.size() >= kWaitingMax) {
                Error error{ErrorCode::rate_limited, "Too many messages wait for an answer.", {}};
                co_await tell(error);
            } else if (const auto admitted = admit(); !admitted) {
                co_await tell(admitted.error());
            } else {
                waiting_.push_back(*std::move(message));
                arrived_.wake_later();
            }
        }
    }

    Result<void> admit() const {
        return options_.admit_message ? options_.admit_message(principal_.user) : Result<void>();
    }

    asio::awaitable<void> answer_all() {
        while (true) {
            while (waiting_.empty()) co_await arrived_.wait();
            const auto message = std::move(waiting_.front());
            waiting_.erase(waiting_.begin());
            answering_ = true;
            if (!co_await still_signed_in()) co_return;
            co_await answer(message);
            answering_ = false;
            answered_.wake_later();
        }
    }

    // An answer can take long and a connection longer: the right to ask is looked at anew each time.
    asio::awaitable<bool> still_signed_in() {
        const auto proven_until = principal_.proven_until;
        auto renewed = co_await capabilities_.accounts.renew(principal_);
        if (principal_.proven_until != proven_until) co_return true;  // a newer token came meanwhile
        if (renewed) {
            principal_ = *std::move(renewed);
            co_return true;
        }
        co_await tell(renewed.error());
        co_await socket_.close(kPolicyViolation, "sign in again");
        co_return false;
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
    std::vector<json::object> waiting_;  // a few, mostly none
    bool answering_ = false;
    net::Wakeup arrived_, answered_;
};

}  // namespace

void add_chat_socket(net::Router& router, const app::Capabilities& capabilities, const ApiOptions& options) {
    net::Operation described;
    described.summary =
        "Chat over a WebSocket: {\"type\": \"auth\", \"token\"} first, then {\"type\": \"message\", \"content\", "
        "\"chat_id\"}";
    described.tag = "chats";
    described.authenticated = false;
    net::WebSocketHandler serve = [&capabilities, options](net::Request& request,
                                                           net::WebSocket& socket) -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        ChatSocket chat(capabilities, options, request, socket, executor);
        co_await chat.run();
    };
    router.add_websocket("/api/ws", described, serve);
}

}  // namespace slipway::face
