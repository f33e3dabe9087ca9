// Connection: from a request to its answer on the wire.
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/text.h"
#include "net/body_writer.h"
#include "net/connection.h"
#include "net/cors.h"
#include "net/file_body.h"
#include "net/gzip.h"
#include "net/response_head.h"

namespace slipway::net {
namespace {

constexpr std::size_t kShownPathMax = 200;
constexpr std::string_view kComment = ":\n\n";

asio::awaitable<void> call(const Handler& handler, Request& request, std::optional<Response>& response) {
    response.emplace(co_await handler(request));
}

Response plain_error(int status, const Error& error) {
    json::object body{{"code", to_string(error.code)}, {"message", error.message}};
    if (!error.details.empty()) body["details"] = error.details;
    return Response::of_json(status, json::object{{"error", std::move(body)}});
}

// An answer that is the client's already.
bool unchanged(const Exchange& exchange, const Response& response) {
    const auto method = exchange.request.method;
    if (response.status != 200 || (method != Method::get && method != Method::head)) return false;
    const auto known = exchange.request.headers.get("If-None-Match");
    const auto etag = known.empty() ? std::string_view() : response.headers.get("ETag");
    return !etag.empty() && etag_matches(known, etag);
}

// A part of something (206, Content-Range) is counted in plain bytes, so it travels as it is.
bool may_be_packed(const Response& response) {
    return response.status != 206 && !response.headers.has("Content-Range") &&
           !response.headers.has("Content-Encoding") && is_compressible(response.headers.get("Content-Type"));
}

}  // namespace

// Runs code of the application: cancelled by hang-up, time-out and cut; its exceptions end here. As thousands may wait
// in it, and in what awaits it, these hold nothing that is not needed meanwhile.
asio::awaitable<Connection::Outcome> Connection::guarded(asio::awaitable<void> work, std::string_view what,
                                                         const Exchange& exchange) {
    auto outcome = Outcome::finished;
    cancellable_ = true;
    channel_.read_on(kIdleInput);
    if (channel_.ended()) tell_of_end_later();
    try {
        co_await std::move(work);
    } catch (const std::exception& thrown) {
        outcome = cancellable_ ? Outcome::failed : Outcome::cancelled;
        if (outcome == Outcome::failed) log_failure(what, exchange, thrown.what());
    } catch (...) {
        outcome = Outcome::failed;
        log_failure(what, exchange, "unknown");
    }
    // Nobody hears a cancellation of this work any more; and what the application changed in the coroutine's state is
    // undone.
    if (!std::exchange(cancellable_, false) && outcome == Outcome::finished) outcome = Outcome::cancelled;
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_await asio::this_coro::throw_if_cancelled(true);
    co_return outcome;
}

void Connection::tell_of_end_later() {
    asio::post(channel_.executor(), [keep = self()] { keep->input_changed(); });
}

void Connection::log_failure(std::string_view what, const Exchange& exchange, std::string_view thrown) {
    log::error(what, {{"route", exchange.request.route},
                      {"request_id", exchange.request.request_id},
                      {"exception", json::string_view(thrown)}});
}

asio::awaitable<void> Connection::answer(Exchange& exchange) {
    if (exchange.route == nullptr) return respond_with(exchange, without_route(exchange));
    if (std::holds_alternative<WebSocketHandler>(exchange.route->handler)) return serve_websocket(exchange);
    return handle(exchange);
}

asio::awaitable<void> Connection::respond_with(Exchange& exchange, Response response) {
    co_await respond(exchange, response);
}

asio::awaitable<void> Connection::handle(Exchange& exchange) {
    enter(Phase::handler, exchange.route->operation.time_max);
    std::optional<Response> response;
    auto work = call(std::get<Handler>(exchange.route->handler), exchange.request, response);
    const auto outcome = co_await guarded(std::move(work), "handler failed", exchange);
    mend(exchange, outcome, response);
    if (!gone_) co_await respond(exchange, *response);
}

// After it there is a response that can be sent.
void Connection::mend(const Exchange& exchange, Outcome outcome, std::optional<Response>& response) {
    const bool late = timed_out_;
    enter(Phase::sending);
    if (late || outcome == Outcome::cancelled)
        response = stopped(exchange, exchange.route->operation.time_max);
    else if (outcome == Outcome::failed || !response || response->status < 200 || response->status > 599)
        response = failed(exchange);
}

Response Connection::stopped(const Exchange& exchange, Milliseconds time_max) {
    return render(exchange, refuse(503, ErrorCode::unavailable, "The request took longer than {} ms and was stopped.",
                                   time_max.count())
                                .error());
}

Response Connection::failed(const Exchange& exchange) {
    return render(exchange, refuse(500, ErrorCode::internal,
                                   "Something went wrong here; the server's log says what (request {}).",
                                   exchange.request.request_id)
                                .error());
}

static int status_of_refusal(ErrorCode code) {
    if (code == ErrorCode::unauthorized) return 401;
    if (code == ErrorCode::not_found) return 404;  // nothing is served under this host
    return code == ErrorCode::forbidden ? 403 : 429;
}

// Whether the request may be served; else it has been answered. Before answer(), whose frames stay.
asio::awaitable<bool> Connection::admit(Exchange& exchange) {
    enter(Phase::handler, exchange.route->operation.time_max);
    const auto admitted = co_await service_.options.admit(exchange.request, exchange.route->operation, exchange.told);
    if (admitted) co_return true;
    auto response =
        render(exchange, Refusal{.status = status_of_refusal(admitted.error().code), .error = admitted.error()});
    co_await respond(exchange, response);
    co_return false;
}

Response Connection::without_route(const Exchange& exchange) {
    const auto& request = exchange.request;
    const auto& router = **exchange.router;
    if (request.path == "*") {
        const std::vector<Method> all{Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del};
        return answer_options(service_.options.cors, request, all);
    }
    if (!exchange.allowed.empty()) {
        if (request.method == Method::options) return answer_options(service_.options.cors, request, exchange.allowed);
        const auto allowed = allow_list(exchange.allowed);
        auto response = render(exchange, refuse(405, ErrorCode::invalid, "{} is not possible here; possible are {}.",
                                                to_string(request.method), allowed)
                                             .error());
        response.headers.set("Allow", allowed);
        return response;
    }
    if (request.method == Method::get && router.match(Method::get, request.path, true).route != nullptr) {
        auto response = render(
            exchange, refuse(426, ErrorCode::invalid, "This is a WebSocket; connect with a WebSocket client.").error());
        response.headers.set("Upgrade", "websocket");
        return response;
    }
    return render(
        exchange,
        refuse(404, ErrorCode::not_found, "There is nothing at {}.", cut_utf8(request.path, kShownPathMax)).error());
}

Response Connection::render(const Exchange& exchange, const Refusal& refusal) {
    try {
        if (exchange.route != nullptr && exchange.route->operation.render_error) {
            auto response = exchange.route->operation.render_error(exchange.request, refusal.error);
            response.status = refusal.status;
            return response;
        }
        if (service_.render_error) return service_.render_error(exchange.request, refusal.status, refusal.error);
    } catch (const std::exception& bug) {
        log::error("error renderer failed", {{"exception", bug.what()}});
    }
    return plain_error(refusal.status, refusal.error);
}

asio::awaitable<bool> Connection::send(Pieces pieces) {
    std::size_t size = 0;
    for (const auto piece : pieces) size += piece.size();
    const auto sent = channel_.send_now(pieces);
    if (sent == size) co_return true;
    const bool whole = co_await channel_.send(pieces, sent);
    if (!whole) gone_ = true;
    co_return whole;
}

std::string Connection::head_of(Exchange& exchange, const Response& response, bool chunked,
                                std::optional<std::uint64_t> length) {
    exchange.status = response.status;
    if (service_.draining || equal_ignoring_case(response.headers.get("Connection"), "close"))
        exchange.keep_alive = false;
    const HeadFraming framing{.status = response.status,
                              .http_1_0 = exchange.http_1_0,
                              .keep_alive = exchange.keep_alive,
                              .chunked = chunked,
                              .length = length};
    return render_head(framing, loop_.common_headers(), exchange.request.request_id, response.headers);
}

// The headers that all answers have, and what is told of the limits.
void Connection::complete(const Exchange& exchange, Response& response) const {
    const auto& options = service_.options;
    auto& headers = response.headers;
    add_cors_headers(options.cors, exchange.request, headers);
    const auto add = [&headers](const auto& fields) {
        for (const auto& [name, value] : fields)
            if (!headers.has(name)) headers.add(name, value);
    };
    add(exchange.told);
    add(options.headers);
    if (exchange.request.secure) add(options.secure_headers);
    if (options.no_store && std::holds_alternative<std::string>(response.body) && !headers.has("Cache-Control") &&
        !headers.has("ETag"))
        headers.add("Cache-Control", "no-store");
}

asio::awaitable<void> Connection::respond(Exchange& exchange, Response& response) {
    phase_ = Phase::sending;
    // It may be held for as long as the client takes to read it. What a request has changed is told nonetheless.
    const auto method = exchange.request.method;
    if (const auto* text = std::get_if<std::string>(&response.body);
        text != nullptr && !exchange.held.hold(exchange.request.body.size() + text->size()) &&
        (method == Method::get || method == Method::head))
        response = render(exchange, overfull());
    complete(exchange, response);
    if (auto* text = std::get_if<std::string>(&response.body)) return respond_text(exchange, response, *text);
    if (auto* stream = std::get_if<StreamBody>(&response.body)) return respond_stream(exchange, response, *stream);
    if (auto* events = std::get_if<EventBody>(&response.body)) return respond_events(exchange, response, *events);
    return respond_file(exchange, response, std::get<FileBody>(response.body));
}

asio::awaitable<void> Connection::respond_text(Exchange& exchange, Response& response, std::string& body) {
    if (unchanged(exchange, response)) response.status = 304;
    const auto& limits = service_.options.limits;
    if (has_no_body(response.status)) {
        body.clear();
    } else if (body.size() >= limits.compress_bytes_min && body.size() <= limits.compress_bytes_max &&
               may_be_packed(response)) {
        response.headers.add("Vary", "Accept-Encoding");
        auto packed = accepts_gzip(exchange.request.headers.get("Accept-Encoding")) ? gzip(body) : std::nullopt;
        if (packed) {
            body = std::move(*packed);
            response.headers.set("Content-Encoding", "gzip");
            // Other bytes than the plain body's: only weakly the same.
            const std::string etag(response.headers.get("ETag"));
            if (etag.starts_with('"')) response.headers.set("ETag", "W/" + etag);
        }
    }
    std::optional<std::uint64_t> length;
    if (!has_no_body(response.status)) length = body.size();
    const auto head = head_of(exchange, response, false, length);
    const bool head_only = exchange.request.method == Method::head;
    const std::array<std::string_view, 2> pieces{head, head_only ? std::string_view() : std::string_view(body)};
    const auto sent = channel_.send_now(pieces);  // nearly always all of it
    if (sent < head.size() + pieces[1].size() && !co_await channel_.send(pieces, sent)) gone_ = true;
}

asio::awaitable<void> Connection::respond_stream(Exchange& exchange, Response& response, StreamBody& body) {
    const bool chunked = !exchange.http_1_0;
    if (!chunked) exchange.keep_alive = false;
    const auto head = head_of(exchange, response, chunked, std::nullopt);
    const std::array<std::string_view, 1> pieces{head};
    if (!co_await send(pieces) || exchange.request.method == Method::head) co_return;
    StreamWriter writer(*this, chunked);
    const auto outcome = co_await guarded(body(writer), "stream failed", exchange);
    bool whole = outcome == Outcome::finished && !channel_.broken();
    if (whole) whole = co_await writer.finish();
    end_stream(exchange, whole);
}

// A body that broke off must not look like a whole one: the connection ends without the last chunk.
void Connection::end_stream(Exchange& exchange, bool whole) {
    if (whole) return;
    if (channel_.broken()) gone_ = true;
    exchange.keep_alive = false;
    channel_.close();
}

// False: nothing follows.
asio::awaitable<bool> Connection::begin_events(Exchange& exchange, Response& response, bool chunked) {
    response.headers.set("Cache-Control", "no-cache");
    response.headers.set("X-Accel-Buffering", "no");
    const auto head = head_of(exchange, response, chunked, std::nullopt);
    auto comment = chunked ? chunk_of(kComment) : std::string(kComment);
    const bool head_only = exchange.request.method == Method::head;
    // The comment tells every proxy on the way that bytes flow.
    const std::array<std::string_view, 2> pieces{head, head_only ? std::string_view() : std::string_view(comment)};
    if (!co_await send(pieces) || head_only) co_return false;
    set_heartbeat(std::move(comment));
    co_return true;
}

asio::awaitable<void> Connection::respond_events(Exchange& exchange, Response& response, EventBody& body) {
    const bool chunked = !exchange.http_1_0;
    if (!chunked) exchange.keep_alive = false;
    if (!co_await begin_events(exchange, response, chunked)) co_return;
    static auto& open_streams = metrics::gauge("slipway_http_event_streams", "Open streams of server-sent events.");
    const metrics::UnderWay open(open_streams);
    response.headers = Headers();
    channel_.rest();  // it may last
    EventWriter writer(*this, chunked);
    const auto outcome = co_await guarded(body(writer), "event stream failed", exchange);
    stop_heartbeat();
    bool whole = outcome == Outcome::finished && !channel_.broken();
    if (whole) whole = co_await writer.finish();
    end_stream(exchange, whole);
}

void Connection::set_heartbeat(std::string comment) {
    heartbeat_ = std::move(comment);
    postpone_heartbeat();
}

asio::awaitable<void> Connection::send_heartbeat() {
    const auto keep = self();
    const auto bytes = heartbeat_;
    const std::array<std::string_view, 1> pieces{bytes};
    if (!co_await channel_.send(pieces)) hang_up();
}

}  // namespace slipway::net
