// What must pass the edge while it happens: a WebSocket, and an answer of a model as it is written.
#include <algorithm>
#include <chrono>

#include "deploy/verify/site.h"
#include "deploy/verify/websocket_client.h"

namespace slipway::deploy {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::string_view kMessages = "/api/chats/{id}/messages";
constexpr std::string_view kSocket = "/api/ws";
// CloudFront waits 60 s at most for the next byte of an origin, other proxies less; heartbeats come every 15 s.
constexpr Milliseconds kGapMax{30'000};
// An answer that took the server less than this says nothing about a buffer on the way.
constexpr std::int64_t kTellingMs = 300;

struct Stream {
    Milliseconds first{0}, last{0}, gap{0};  // since the request was sent; the longest time without a byte
    std::size_t pieces = 0, tokens = 0;
    std::string chat_id, failure;
    json::object message;  // of `done`
};

void take(Stream& stream, const json::object& event) {
    const auto type = text_or(event, "type");
    if (type == "started") stream.chat_id = text_or(event, "chat_id");
    if (type == "token") ++stream.tokens;
    if (type == "error")
        if (const auto* error = object_in(event, "error")) stream.failure = text_or(*error, "message", "failed");
    if (type == "done")
        if (const auto* message = object_in(event, "message")) stream.message = *message;
}

Task<Stream> follow(Site& site, net::ClientRequest request) {
    const auto began = std::chrono::steady_clock::now();
    const auto since = [began] {
        return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
    };
    SLIPWAY_CO_TRY(const auto response, co_await site.client.send(std::move(request)));
    if (response->status != 200) {
        SLIPWAY_CO_TRY(const auto body, co_await response->read_all());
        co_return fail(ErrorCode::upstream, "A question is answered with {}: {}", response->status, excerpt(body));
    }
    if (!response->headers.get("Content-Type").starts_with("text/event-stream"))
        co_return fail(ErrorCode::upstream, "The answer is no stream but {}.", response->headers.get("Content-Type"));
    Stream stream;
    net::EventParser parser;
    while (true) {
        SLIPWAY_CO_TRY(const auto piece, co_await response->read_some());
        const auto at = since();
        stream.gap = std::max(stream.gap, at - stream.last);
        stream.last = at;
        if (!piece) co_return stream;
        if (stream.pieces++ == 0) stream.first = at;
        SLIPWAY_CO_TRY(const auto events, parser.feed(*piece));
        for (const auto& event : events)
            if (const auto value = parse_json(event.data); value && value->is_object())
                take(stream, value->get_object());
    }
}

Result<Seen> judge(const Stream& stream) {
    const auto content = text_or(stream.message, "content"), status = text_or(stream.message, "status");
    if (!stream.failure.empty()) return fail(ErrorCode::upstream, "The model does not answer: {}", stream.failure);
    if (status != "complete" || content.empty())
        return fail(ErrorCode::upstream, "The stream ends without a whole answer ({}).",
                    status.empty() ? "it was cut" : status);
    const auto model = text_or(stream.message, "model", "none");
    if (model == "none")
        return skipped(
            "the question was answered without a model: ask what the documents know (deploy.verify.question)");
    const auto took = integer_or(stream.message, "response_time_ms", 0);
    const auto spread = (stream.last - stream.first).count();
    if (took >= kTellingMs && spread < took / 2)
        return fail(ErrorCode::upstream,
                    "Something on the way keeps the stream back: the answer was written in {} ms and came in {} ms.",
                    took, spread);
    if (stream.gap > kGapMax)
        return fail(ErrorCode::upstream, "For {} ms not a byte came; a proxy would have cut it.", stream.gap.count());
    return green(fmt::format("{} answers; first byte after {} ms, {} tokens, longest gap {} ms{}", model,
                             stream.first.count(), stream.tokens, stream.gap.count(),
                             took < kTellingMs ? "; too fast to tell whether something keeps it back" : ""));
}

}  // namespace

Task<Seen> check_streaming(Site& site) {
    if (!site.has("post", kMessages)) co_return skipped("the application has no chats");
    if (site.token.empty()) co_return skipped("needs a user");
    auto request = site.request(net::Method::post, "/api/chats/new/messages", true);
    const json::object body{{"content", site.plan.question}};
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Accept", "text/event-stream");
    request.body = write_json(body);
    SLIPWAY_CO_TRY(const auto stream, co_await follow(site, std::move(request)));
    if (!stream.chat_id.empty()) {
        auto erase = site.request(net::Method::del, "/api/chats/" + stream.chat_id, true);
        SLIPWAY_CO_CHECK(co_await expect(site, std::move(erase), 204));
    }
    co_return judge(stream);
}

Task<Seen> check_websocket(Site& site) {
    if (!site.has("get", kSocket)) co_return skipped("the application has no WebSocket at /api/ws");
    if (site.token.empty()) co_return skipped("needs a user");
    const auto url = site.options.url + std::string(kSocket);
    SLIPWAY_CO_TRY(const auto socket, co_await WebSocketClient::open(url, site.token, site.options.time_max));
    const json::object first{{"type", "auth"}, {"token", site.token}};
    SLIPWAY_CO_CHECK(co_await socket->send(write_json(first)));
    SLIPWAY_CO_TRY(const auto text, co_await socket->receive());
    const auto answer = parse_json(text);
    if (!answer || !answer->is_object() || text_or(answer->get_object(), "type") != "ready")
        co_return fail(ErrorCode::upstream, "The WebSocket answers the sign-in with {}", excerpt(text));
    co_return green("opened, signed in, answered");
}

}  // namespace slipway::deploy
