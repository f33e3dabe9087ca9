#include "app/script/routes.h"

#include "app/script/http.h"
#include "app/script/values.h"
#include "base/text.h"

namespace slipway::app {
namespace {

struct Bound {
    std::shared_ptr<ScriptProgram> program;
    ScriptRoute route;
    std::shared_ptr<const ScriptHttp> http;
};

Task<void> authenticate(std::shared_ptr<const Bound> bound, const net::Request& request, CallContext& context) {
    const auto& operation = bound->route.operation;
    if (bound->http->authenticate) {
        SLIPWAY_CO_CHECK(co_await bound->http->authenticate(request, operation, context));
    } else if (operation.authenticated) {
        co_return fail(ErrorCode::unauthorized, "This needs a signed-in user.");
    }
    co_return Result<void>();
}

// Authenticated, checked, and with a Lua call that can begin; the `request` table goes to `table`.
Task<std::shared_ptr<ScriptCall>> begin(std::shared_ptr<const Bound> bound, const net::Request& request,
                                        json::value& table) {
    auto context = std::make_shared<CallContext>();
    context->request_id = request.request_id;
    context->request = &request;
    SLIPWAY_CO_CHECK(co_await authenticate(bound, request, *context));
    SLIPWAY_CO_TRY(table, read_request(request, bound->route, *context));
    auto name = fmt::format("{} {}", bound->route.websocket ? "WEBSOCKET" : net::to_string(bound->route.method),
                            bound->route.pattern);
    co_return bound->program->begin(std::move(context), std::move(name));
}

// The request dies with its handler; a stream of events outlives it.
struct RequestScope {
    explicit RequestScope(std::shared_ptr<CallContext> given) : context(std::move(given)) {}
    ~RequestScope() { context->request = nullptr; }
    RequestScope(const RequestScope&) = delete;
    RequestScope& operator=(const RequestScope&) = delete;
    std::shared_ptr<CallContext> context;
};

net::Response answer_of(std::shared_ptr<ScriptCall> call, std::shared_ptr<const Bound> bound, ScriptAnswer answer) {
    if (auto* response = std::get_if<net::Response>(&answer)) return std::move(*response);
    const int function = std::get<ScriptEvents>(answer).function;
    return net::Response::events(
        [call = std::move(call), bound = std::move(bound), function](net::EventStream& stream) {
            return run_events(call, bound->http, function, stream);
        });
}

Task<net::Response> call_handler(std::shared_ptr<const Bound> bound, const net::Request& request) {
    json::value table;
    SLIPWAY_CO_TRY(auto call, co_await begin(bound, request, table));
    const RequestScope scope(call->context);
    std::optional<ScriptAnswer> answer;
    ScriptLane::Prepare prepare = [&](lua_State* lua) {
        ScriptProgram::push_handler(lua, bound->route.handler);
        push_json(lua, table);
        return 1;
    };
    ScriptLane::Accept accept = [&](lua_State* lua) { answer = read_answer(lua, bound->route); };
    auto task = ScriptLane::run(call, std::move(prepare), std::move(accept));
    const auto limit = bound->program->plan().options.limits.total_time;
    auto what = call->what;
    SLIPWAY_CO_CHECK(co_await with_timeout(std::move(task), limit, std::move(what)));
    co_return answer_of(std::move(call), std::move(bound), std::move(*answer));
}

asio::awaitable<net::Response> handle(std::shared_ptr<const Bound> bound, net::Request& request) {
    auto response = co_await call_handler(bound, request);
    if (!response) co_return bound->http->render_error(request, response.error());
    co_return *std::move(response);
}

Task<void> call_websocket(std::shared_ptr<ScriptCall> call, std::shared_ptr<const Bound> bound, json::value table) {
    ScriptLane::Prepare prepare = [&](lua_State* lua) {
        ScriptProgram::push_handler(lua, bound->route.handler);
        push_socket(lua);
        push_json(lua, table);
        return 2;
    };
    ScriptLane::Accept accept = [](lua_State*) {};
    co_return co_await ScriptLane::run(std::move(call), std::move(prepare), std::move(accept));
}

asio::awaitable<void> handle_websocket(std::shared_ptr<const Bound> bound, net::Request& request,
                                       net::WebSocket& socket) {
    json::value table;
    auto call = co_await begin(bound, request, table);
    if (!call) {
        const auto code = static_cast<std::uint16_t>(call.error().code == ErrorCode::internal ? 1011 : 1008);
        auto reason = std::string(cut_utf8(call.error().message, 123));
        co_await socket.close(code, std::move(reason));
        co_return;
    }
    const RequestScope scope((*call)->context);
    (*call)->socket = &socket;
    (*call)->context->lasting = true;
    (*call)->context->admit = bound->http->admit_message;
    const std::shared_ptr<void> leave(nullptr, [call = *call](void*) {
        call->socket = nullptr;
        call->subscription.reset();
    });
    const auto result = co_await call_websocket(*call, bound, std::move(table));
    if ((*call)->socket_closed) co_return;
    (*call)->socket_closed = true;
    auto reason = result ? std::string() : std::string(cut_utf8(result.error().message, 123));
    const std::uint16_t code = result ? 1000 : 1011;
    co_await socket.close(code, std::move(reason));
}

}  // namespace

net::Handler script_handler(std::shared_ptr<ScriptProgram> program, ScriptRoute route,
                            std::shared_ptr<const ScriptHttp> http) {
    const auto bound = std::make_shared<const Bound>(Bound{std::move(program), std::move(route), std::move(http)});
    return [bound](net::Request& request) { return handle(bound, request); };
}

net::WebSocketHandler script_websocket(std::shared_ptr<ScriptProgram> program, ScriptRoute route,
                                       std::shared_ptr<const ScriptHttp> http) {
    const auto bound = std::make_shared<const Bound>(Bound{std::move(program), std::move(route), std::move(http)});
    return [bound](net::Request& request, net::WebSocket& socket) { return handle_websocket(bound, request, socket); };
}

std::string served_pattern(const RoutePrefixes& prefixes, std::string_view declared) {
    for (const auto& [before, after] : prefixes) {
        if (!declared.starts_with(before)) continue;
        const auto rest = declared.substr(before.size());
        if (!rest.empty() && rest.front() != '/') continue;
        auto served = after + std::string(rest);
        return served.empty() ? "/" : served;
    }
    return std::string(declared);
}

Result<void> add_script_routes(net::Router& router, const ScriptHost& host, std::shared_ptr<const ScriptHttp> http) {
    const auto program = host.program();
    if (!program) return {};
    for (const auto& route : program->routes()) {
        const auto pattern = served_pattern(http->prefixes, route.pattern);
        if (const auto valid = net::check_pattern(pattern); !valid)  // a prefix can spoil it
            return fail(ErrorCode::invalid, "{}: {}", route.place, valid.error().message);
        const bool served = route.websocket ? router.has_websocket(pattern) : router.has(route.method, pattern);
        if (served && (route.websocket || !route.replaces))
            return fail(ErrorCode::conflict, "{}: {} {} is served already; choose another path.", route.place,
                        route.websocket ? std::string_view("WebSocket") : net::to_string(route.method), pattern);
        auto operation = route.operation;
        operation.render_error = http->render_error;
        if (route.websocket)
            router.add_websocket(pattern, std::move(operation), script_websocket(program, route, http));
        else if (served)
            router.replace(route.method, pattern, std::move(operation), script_handler(program, route, http));
        else
            router.add(route.method, pattern, std::move(operation), script_handler(program, route, http));
    }
    return {};
}

}  // namespace slipway::app
