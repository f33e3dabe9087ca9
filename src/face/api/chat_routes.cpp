// /api/chats/*
#include "app/capabilities/chat_events.h"
#include "base/text.h"
#include "face/api/access.h"
#include "face/api/api.h"
#include "face/api/errors.h"

namespace slipway::face {
namespace {

constexpr std::size_t kOffsetMax = 1'000'000;
constexpr std::size_t kPageMax = 200;

const json::value kNewChat = schema({{"title", text_schema()}});
const json::value kRename = schema({{"title", text_schema()}}, {"title"});
const json::value kNewMessage = schema({{"content", text_schema()}}, {"content"});

json::object chat_schema() {
    return schema({{"id", text_schema()},
                   {"number", type_schema("integer")},
                   {"title", text_schema()},
                   {"message_count", type_schema("integer")},
                   {"tokens", type_schema("integer")},
                   {"created_at", text_schema()},
                   {"updated_at", text_schema()}});
}

json::object optional_schema(std::string_view type) { return {{"type", json::array{type, "null"}}}; }

json::object source_schema() {
    return schema({{"number", type_schema("integer")},
                   {"title", text_schema()},
                   {"namespace", text_schema()},
                   {"snippet", text_schema()},
                   {"place", text_schema("page 12, 00:03:41, or headings")},
                   {"page", optional_schema("integer")},
                   {"seconds", optional_schema("integer")},
                   {"url", text_schema("opens the original there")},
                   {"source_url", optional_schema("string")},
                   {"youtube_url", optional_schema("string")},
                   {"document_id", text_schema()},
                   {"document_number", type_schema("integer")},
                   {"chunk_id", text_schema()},
                   {"score", type_schema("number")},
                   {"cited", json::object{{"type", "boolean"},
                                          {"description",
                                           "whether the answer cites it by its number; not yet known "
                                           "in the event sources"}}}});
}

json::object message_schema() {
    return schema({{"id", text_schema()},
                   {"number", type_schema("integer")},
                   {"chat_id", text_schema()},
                   {"role", text_schema("user or assistant")},
                   {"status", text_schema("complete, partial or failed")},
                   {"content", text_schema()},
                   {"agent", text_schema()},
                   {"model", text_schema()},
                   {"routing_reason", text_schema()},
                   {"sources", array_schema(source_schema())},
                   {"flags", array_schema(text_schema())},
                   {"error", text_schema("why it failed or broke off; left out where it did not")},
                   {"trace", array_schema(type_schema("object"))},
                   {"usage", type_schema("object")},
                   {"response_time_ms", type_schema("integer")},
                   {"created_at", text_schema()}});
}

json::object export_schema() {
    auto exported = chat_schema();
    auto& fields = exported["properties"].as_object();
    fields["exported_at"] = text_schema();
    fields["messages"] = array_schema(message_schema());
    return exported;
}

net::Operation operation(std::string summary, json::value request, json::value response, int status = 200) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "chats";
    described.request_schema = std::move(request);
    described.response_schema = std::move(response);
    described.success_status = status;
    return described;
}

net::Operation paged(net::Operation described, json::object parameters) {
    described.parameters = std::move(parameters);
    return described;
}

net::Operation answering(net::Operation described) {
    described.time_max = Milliseconds(300'000);
    described.body_bytes_max = 128 << 10;
    return described;
}

chat::Owner owner_of(const account::Principal& principal) { return {principal.workspace, principal.user.id}; }

bool wants_events(const net::Request& request) {
    return request.headers.get("Accept").find("text/event-stream") != std::string_view::npos;
}

// What answers: send or regenerate. Called once.
using Turn = std::function<Task<chat::Answer>(chat::ChatListener)>;

// What streams of answers are made of, kept as long as they last.
struct Streamed {
    const app::Capabilities& capabilities;
    WorkspaceId workspace;
    net::Request& request;
    Turn turn;
};

asio::awaitable<void> tell(const Streamed& streamed, const Error& error, net::EventStream& stream) {
    auto object = error_body(error, streamed.request.request_id);
    object["type"] = "error";
    static_cast<void>(co_await stream.send("error", write_json(object)));
}

Task<chat::Answer> begin_turn(Streamed& streamed, net::EventStream& stream) {
    chat::ChatListener listener = [&streamed, &stream](const chat::ChatEvent& event) -> Task<void> {
        const auto object = app::to_json(event, streamed.capabilities.links, streamed.workspace);
        co_return co_await stream.send(std::string(text_or(object, "type")), write_json(object));
    };
    streamed.request.headers = net::Headers();  // nobody reads them any more
    return std::exchange(streamed.turn, nullptr)(std::move(listener));
}

// Thousands may wait for their answers here.
asio::awaitable<void> stream_turn(Streamed& streamed, net::EventStream& stream) {
    const auto answered = co_await begin_turn(streamed, stream);
    if (!answered) co_await tell(streamed, answered.error(), stream);
}

Task<net::Response> answer(const app::Capabilities& capabilities, net::Request& request,
                           const account::Principal& principal, Turn turn) {
    if (wants_events(request)) {
        Streamed streamed{capabilities, principal.workspace, request, std::move(turn)};
        net::EventBody body = [streamed = std::move(streamed)](net::EventStream& stream) mutable {
            return stream_turn(streamed, stream);
        };
        co_return net::Response::events(std::move(body));
    }
    chat::ChatListener nobody = [](const chat::ChatEvent&) -> Task<void> { co_return Result<void>(); };
    SLIPWAY_CO_TRY(const auto message, co_await turn(nobody));
    co_return net::Response::of_json(200, app::to_json(*message, capabilities.links, principal.workspace));
}

Task<net::Response> list_messages(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto before, count_of(request, "before", 0, 1'000'000'000'000));
    SLIPWAY_CO_TRY(const auto limit, count_of(request, "limit", 50, kPageMax));
    SLIPWAY_CO_TRY(const auto messages,
                   co_await capabilities.chats.messages(owner_of(principal), std::string(request.parameter("id")),
                                                        static_cast<std::int64_t>(before), limit));
    json::array items;
    for (const auto& message : messages)
        items.push_back(app::to_json(message, capabilities.links, principal.workspace));
    co_return net::Response::of_json(200, json::object{{"messages", std::move(items)}});
}

Task<net::Response> send_message(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kNewMessage));
    chat::SendRequest wanted;
    wanted.owner = owner_of(principal);
    wanted.content = std::string(text_or(body, "content"));
    request.body = std::string();  // an answer may take minutes
    // "new" begins a chat with its first message; the answer says which.
    if (request.parameter("id") != "new") {
        wanted.chat_id = std::string(request.parameter("id"));
        SLIPWAY_CO_CHECK(co_await capabilities.chats.get(wanted.owner, *wanted.chat_id));
    }
    Turn turn = [&capabilities, wanted = std::move(wanted)](chat::ChatListener listener) mutable {
        return capabilities.chats.send(std::move(wanted), std::move(listener));
    };
    co_return co_await answer(capabilities, request, principal, std::move(turn));
}

Task<net::Response> regenerate_answer(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    std::string id(request.parameter("id"));
    SLIPWAY_CO_CHECK(co_await capabilities.chats.get(owner_of(principal), id));
    Turn turn = [&capabilities, owner = owner_of(principal), id](chat::ChatListener listener) {
        return capabilities.chats.regenerate(owner, id, std::move(listener));
    };
    co_return co_await answer(capabilities, request, principal, std::move(turn));
}

Task<net::Response> stop_answer(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const bool stopped,
                   co_await capabilities.chats.stop(owner_of(principal), std::string(request.parameter("id"))));
    co_return net::Response::of_json(200, json::object{{"stopped", stopped}});
}

void add_message_routes(net::Router& router, const app::Capabilities& capabilities) {
    using net::Method;
    auto described = operation("The messages of a chat, oldest first", nullptr,
                               schema({{"messages", array_schema(message_schema())}}));
    router.add(
        Method::get, "/api/chats/{id}/messages",
        needs("chats:read", paged(std::move(described),
                                  {{"before", json::object{{"type", "integer"},
                                                           {"description", "only messages with a smaller number"}}},
                                   {"limit", type_schema("integer")}})),
        handler(capabilities, list_messages));

    router.add(Method::post, "/api/chats/{id}/messages",
               needs("chats:write", answering(operation("Send a message; the answer comes as JSON, or as server-sent "
                                                        "events when Accept says text/event-stream. "
                                                        "The id \"new\" begins a chat",
                                                        kNewMessage, message_schema()))),
               handler(capabilities, send_message));

    router.add(Method::post, "/api/chats/{id}/regenerate",
               needs("chats:write", answering(operation("Answer the last question again", nullptr, message_schema()))),
               handler(capabilities, regenerate_answer));

    router.add(Method::post, "/api/chats/{id}/stop",
               needs("chats:write", operation("End the answer that is being written", nullptr,
                                              schema({{"stopped", type_schema("boolean")}}))),
               handler(capabilities, stop_answer));
}

Task<net::Response> list_chats(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto offset, count_of(request, "offset", 0, kOffsetMax));
    SLIPWAY_CO_TRY(const auto limit, count_of(request, "limit", 20, kPageMax));
    SLIPWAY_CO_TRY(const auto page, co_await capabilities.chats.list(owner_of(principal), offset, limit));
    json::array items;
    for (const auto& chat : page.chats) items.push_back(chat::to_json(chat));
    co_return net::Response::of_json(200, json::object{{"chats", std::move(items)}, {"total", page.total}});
}

Task<net::Response> create_chat(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kNewChat));
    SLIPWAY_CO_TRY(const auto chat,
                   co_await capabilities.chats.create(owner_of(principal), std::string(text_or(body, "title"))));
    co_return net::Response::of_json(201, chat::to_json(chat));
}

Task<net::Response> get_chat(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto chat,
                   co_await capabilities.chats.get(owner_of(principal), std::string(request.parameter("id"))));
    co_return net::Response::of_json(200, chat::to_json(chat));
}

Task<net::Response> rename_chat(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kRename));
    SLIPWAY_CO_TRY(const auto chat,
                   co_await capabilities.chats.rename(owner_of(principal), std::string(request.parameter("id")),
                                                      std::string(text_or(body, "title"))));
    co_return net::Response::of_json(200, chat::to_json(chat));
}

Task<net::Response> remove_chat(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_CHECK(co_await capabilities.chats.remove(owner_of(principal), std::string(request.parameter("id"))));
    co_return net::Response::empty();
}

Task<net::Response> export_chat(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto exported,
                   co_await capabilities.chats.to_export(owner_of(principal), std::string(request.parameter("id"))));
    auto response = net::Response::of_json(200, exported);
    response.headers.set("Content-Disposition", "attachment; filename=\"chat.json\"");
    co_return response;
}

}  // namespace

void add_chat_routes(net::Router& router, const app::Capabilities& capabilities) {
    using net::Method;
    router.add(
        Method::get, "/api/chats",
        needs("chats:read",
              paged(operation("My chats, last used first", nullptr,
                              schema({{"chats", array_schema(chat_schema())}, {"total", type_schema("integer")}})),
                    {{"offset", type_schema("integer")}, {"limit", type_schema("integer")}})),
        handler(capabilities, list_chats));

    router.add(Method::post, "/api/chats",
               needs("chats:write", operation("Begin a chat", kNewChat, chat_schema(), 201)),
               handler(capabilities, create_chat));

    router.add(Method::get, "/api/chats/{id}", needs("chats:read", operation("One chat", nullptr, chat_schema())),
               handler(capabilities, get_chat));

    router.add(Method::patch, "/api/chats/{id}",
               needs("chats:write", operation("Rename a chat", kRename, chat_schema())),
               handler(capabilities, rename_chat));

    router.add(Method::del, "/api/chats/{id}",
               needs("chats:write", operation("Delete a chat and its messages", nullptr, nullptr, 204)),
               handler(capabilities, remove_chat));

    router.add(Method::get, "/api/chats/{id}/export",
               needs("chats:read", operation("A chat with all its messages, to keep", nullptr, export_schema())),
               handler(capabilities, export_chat));

    add_message_routes(router, capabilities);
}

}  // namespace slipway::face
