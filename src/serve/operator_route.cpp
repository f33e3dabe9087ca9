#include "serve/operator_route.h"

#include "face/api/errors.h"

namespace slipway::serve {
namespace {

asio::awaitable<void> stream_command(Operator& commands, std::string command, json::object arguments,
                                     net::EventStream& stream) {
    OperatorEvents events = [&stream](json::object event) -> Task<void> {
        co_return co_await stream.send(std::string(text_or(event, "type")), write_json(event));
    };
    auto result = co_await commands.run(std::move(command), std::move(arguments), events);
    if (result)
        static_cast<void>(co_await stream.send("result", write_json(*result)));
    else
        static_cast<void>(co_await stream.send("error", write_json(face::error_body(result.error(), ""))));
}

asio::awaitable<net::Response> serve_command(Operator& commands, net::Request& request) {
    if (!request.private_socket) {
        const Error error{ErrorCode::not_found, "There is nothing here.", {}};
        co_return face::render_error(request, error);
    }
    auto body = parse_json(request.body.empty() ? std::string_view("{}") : std::string_view(request.body));
    if (!body || !body->is_object()) {
        const Error error{ErrorCode::invalid, "The arguments must be a JSON object.", {}};
        co_return face::render_error(request, error);
    }
    net::EventBody events = [&commands, command = std::string(request.parameter("command")),
                             arguments =
                                 std::move(body->get_object())](net::EventStream& stream) -> asio::awaitable<void> {
        return stream_command(commands, command, arguments, stream);
    };
    co_return net::Response::events(std::move(events));
}

}  // namespace

void add_operator_route(net::Router& router, Operator& commands) {
    net::Operation described;
    described.hidden = true;
    auto serve = [&commands](net::Request& request) { return serve_command(commands, request); };
    router.add(net::Method::post, "/_operator/{command}", described, serve);
}

}  // namespace slipway::serve
