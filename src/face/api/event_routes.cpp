// GET /api/events: what happens, as server-sent events.
//
// The first event is {"type": "ready", "user": "…"}: what happens from now on is told. Then those of
// app/capabilities/events.h, each with its type as the name of the event, and comments while nothing happens. A stream
// does not go on where another one ended: whoever connects again waits for `ready`, then reads the state. Who was
// signed in is asked again for each event and every quarter of a minute; when that no longer holds, {"type": "error",
// "error": {…}} is the last event. The stream ends when the server stops.
#include "app/capabilities/events.h"
#include "face/api/access.h"
#include "face/api/api.h"
#include "face/api/errors.h"

namespace slipway::face {
namespace {

struct Streamed {
    std::string username, request_id;
    std::unique_ptr<app::EventFeed> feed;
};

Task<void> tell_ready(const Streamed& streamed, net::EventStream& stream) {
    const json::object ready{{"type", "ready"}, {"user", streamed.username}};
    return stream.send("ready", write_json(ready));
}

Task<void> tell_end(const Streamed& streamed, const Error& error, net::EventStream& stream) {
    auto object = error_body(error, streamed.request_id);
    object["type"] = "error";
    return stream.send("error", write_json(object));
}

asio::awaitable<void> stream_events(std::shared_ptr<Streamed> streamed, net::EventStream& stream) {
    auto sent = co_await tell_ready(*streamed, stream);
    while (sent) {
        auto event = co_await streamed->feed->next();
        if (!event && event.error().code != ErrorCode::unavailable)
            static_cast<void>(co_await tell_end(*streamed, event.error(), stream));
        if (!event) co_return;
        sent = co_await stream.send(std::move(event->type), std::move(event->text));
    }
}

Task<net::Response> follow_events(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of(capabilities, request));
    const auto streamed = std::make_shared<Streamed>();
    streamed->username = principal.user.username;
    streamed->request_id = request.request_id;
    app::EventFeed::Ask ask = [&capabilities, principal] { return capabilities.authentication.renew(principal); };
    SLIPWAY_CO_TRY(streamed->feed,
                   co_await app::EventFeed::open(capabilities.events, std::move(principal), std::move(ask)));
    net::EventBody body = [streamed](net::EventStream& stream) { return stream_events(streamed, stream); };
    co_return net::Response::events(std::move(body));
}

}  // namespace

void add_event_routes(net::Router& router, const app::Capabilities& capabilities) {
    net::Operation described;
    described.summary =
        "What happens, as it happens: answers in your chats that begin and end, documents, jobs. The first event is "
        "`ready`; after `missed`, and after connecting again, read anew what you show";
    described.tag = "events";
    described.response_type = "text/event-stream";
    described.response_schema =
        schema({{"type", text_schema("ready, chat, document, job, missed or error; also the name of the event")},
                {"change", text_schema("of a chat: created, renamed, removed, begun or ended")},
                {"status", text_schema("of a document: processing, indexed, failed or removed; of a chat that ended: "
                                       "complete, partial or failed")},
                {"state", text_schema("of a job: queued, running, done or failed")},
                {"chat_id", text_schema()},
                {"question_id", text_schema()},
                {"message_id", text_schema()},
                {"id", text_schema("of a document or job")},
                {"title", text_schema()},
                {"reason", text_schema("why it failed")}},
               {"type"});
    router.add(net::Method::get, "/api/events", std::move(described), handler(capabilities, follow_events));
}

}  // namespace slipway::face
