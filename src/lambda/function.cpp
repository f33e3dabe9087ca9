#include "lambda/function.h"

#include <csignal>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.h"
#include "lambda/answer.h"
#include "lambda/request_inside.h"
#include "lambda/runtime.h"

namespace slipway::lambda {
namespace {

constexpr Milliseconds kSettleMax{3'000};
constexpr Milliseconds kJoinMax{2'000};
constexpr int kTooLate = 504;
constexpr int kTooLarge = 502;
constexpr int kFailed = 500;

class Function {
 public:
    Function(net::Server& server, FunctionOptions options, RuntimePlace place, asio::any_io_executor executor)
        : server_(server), options_(std::move(options)), executor_(executor), runtime_(std::move(place), executor) {}

    // Ends with an error when the Runtime API is lost.
    Task<void> serve(std::shared_ptr<Stop> stop);

 private:
    Task<void> answer(Invocation invocation);
    Task<void> answer_http(const Invocation& invocation, HttpEvent event);
    Task<void> answer_messages(const Invocation& invocation, MessageEvent event);
    Task<void> answer_whole(const Invocation& invocation, HttpEvent& event);
    Task<std::string> whole(const HttpEvent& event);
    Task<void> answer_stream(const Invocation& invocation, HttpEvent& event);
    Task<void> stream(const std::string& id, const HttpEvent& event, bool& begun);
    std::string refusal(const HttpEvent& event, int status, std::string message) const;
    net::Response render(const HttpEvent& event, int status, std::string message) const;
    // `what` with the time that is left, cancelled after it; `unavailable` then.
    Milliseconds time_left(const Invocation& invocation) const;
    template <typename T>
    Task<T> in_time(const Invocation& invocation, Task<T> what) const;

    net::Server& server_;
    FunctionOptions options_;
    asio::any_io_executor executor_;
    Runtime runtime_;
};

template <typename T>
Task<T> Function::in_time(const Invocation& invocation, Task<T> what) const {
    co_return co_await with_timeout(std::move(what), time_left(invocation), "The function");
}

Milliseconds Function::time_left(const Invocation& invocation) const {
    const auto left = std::max(invocation.deadline - now(), Milliseconds(0));
    return left - std::min<Milliseconds>(options_.margin, left / 10);
}

Task<void> Function::serve(std::shared_ptr<Stop> stop) {
    while (!stop->asked()) {
        std::optional<Result<Invocation>> next;
        auto wait = store_in(next, runtime_.next());
        co_await run_until(stop, std::move(wait));
        if (stop->asked() || !next) break;
        if (!*next) co_return pass(*next);
        const auto id = (*next)->id;
        const auto answered = co_await answer(**std::move(next));
        // Lambda has its own opinion of an invocation that nobody answers; the next one may go well.
        if (!answered) log::error("invocation not answered", {{"id", id}, {"reason", answered.error().message}});
    }
    co_return Result<void>();
}

Task<void> Function::answer(Invocation invocation) {
    auto event = read_event(invocation.payload);
    invocation.payload.clear();
    if (!event) {
        Failure failure{"Slipway.UnknownEvent", event.error().message};
        log::warning("event not understood", {{"id", invocation.id}, {"reason", failure.message}});
        co_return co_await runtime_.fail_invocation(invocation.id, std::move(failure));
    }
    if (auto* const http = std::get_if<HttpEvent>(&*event))
        co_return co_await answer_http(invocation, std::move(*http));
    co_return co_await answer_messages(invocation, std::get<MessageEvent>(std::move(*event)));
}

Task<void> Function::answer_http(const Invocation& invocation, HttpEvent event) {
    // So that the lines of the log are found by the id that Lambda writes.
    event.headers.set("X-Request-Id", invocation.id);
    if (!invocation.trace_id.empty() && !event.headers.has("X-Amzn-Trace-Id"))
        event.headers.set("X-Amzn-Trace-Id", invocation.trace_id);
    if (options_.streams) co_return co_await answer_stream(invocation, event);
    co_return co_await answer_whole(invocation, event);
}

net::Response Function::render(const HttpEvent& event, int status, std::string message) const {
    net::Request request;
    request.method = net::method_from(event.method).value_or(net::Method::get);
    request.target = event.target;
    request.path = event.target.substr(0, event.target.find('?'));
    request.headers = event.headers;
    request.request_id = event.headers.get("X-Request-Id");
    const Error error{ErrorCode::unavailable, std::move(message), {}};
    return options_.render_error(request, status, error);
}

std::string Function::refusal(const HttpEvent& event, int status, std::string message) const {
    auto response = render(event, status, std::move(message));
    HttpAnswer answer{status, std::move(response.headers), {}};
    if (auto* const body = std::get_if<std::string>(&response.body)) answer.body = std::move(*body);
    return render_answer(event, answer);
}

Task<std::string> Function::whole(const HttpEvent& event) {
    RequestInside request(server_, executor_);
    SLIPWAY_CO_CHECK(co_await request.begin(event));
    HttpAnswer answer{request.status(), std::move(request.headers()), {}};
    SLIPWAY_CO_TRY(answer.body, co_await request.read_all(kPayloadBytesMax));
    auto rendered = render_answer(event, answer);
    if (rendered.size() > kPayloadBytesMax)
        co_return fail(ErrorCode::invalid, "The answer has {} bytes.", rendered.size());
    co_return rendered;
}

Task<void> Function::answer_whole(const Invocation& invocation, HttpEvent& event) {
    auto rendered = co_await in_time(invocation, whole(event));
    if (rendered) co_return co_await runtime_.respond(invocation.id, *std::move(rendered));
    const auto& error = rendered.error();
    log::warning("function failed", {{"id", invocation.id}, {"reason", json::string_view(error.message)}});
    std::string told;
    if (error.code == ErrorCode::invalid)
        told = refusal(event, kTooLarge,
                       fmt::format("The answer is larger than the {} MB that a function may give at once; ask for "
                                   "less, or for a link to the file.",
                                   kPayloadBytesMax >> 20));
    else if (error.code == ErrorCode::unavailable)
        told = refusal(event, kTooLate, "The answer was not ready in the time that the function has.");
    else
        told = refusal(event, kFailed, "The answer broke off.");
    co_return co_await runtime_.respond(invocation.id, std::move(told));
}

Task<void> Function::stream(const std::string& id, const HttpEvent& event, bool& begun) {
    RequestInside request(server_, executor_);
    SLIPWAY_CO_CHECK(co_await request.begin(event));
    begun = true;
    SLIPWAY_CO_CHECK(co_await runtime_.begin(id, render_prelude(request.status(), request.headers())));
    while (true) {
        SLIPWAY_CO_TRY(auto part, co_await request.read_some());
        if (part.empty()) break;
        SLIPWAY_CO_CHECK(co_await runtime_.write(std::move(part)));
    }
    co_return Result<void>();
}

Task<void> Function::answer_stream(const Invocation& invocation, HttpEvent& event) {
    bool begun = false;
    auto streamed = co_await in_time(invocation, stream(invocation.id, event, begun));
    if (streamed) co_return co_await runtime_.end();
    const auto& error = streamed.error();
    log::warning("stream broke off", {{"id", invocation.id}, {"reason", json::string_view(error.message)}});
    const bool late = error.code == ErrorCode::unavailable;
    if (begun) {
        Failure failure{late ? "Slipway.Timeout" : "Slipway.BrokenStream",
                        late ? "The time of the function was over." : "The answer broke off."};
        co_return co_await runtime_.break_off(std::move(failure));
    }
    const int status = late ? kTooLate : kFailed;
    const auto message = late ? "The answer was not ready in the time that the function has." : "There is no answer.";
    auto response = render(event, status, message);
    auto first = render_prelude(status, response.headers);
    if (const auto* const body = std::get_if<std::string>(&response.body)) first += *body;
    SLIPWAY_CO_CHECK(co_await runtime_.begin(invocation.id, std::move(first)));
    co_return co_await runtime_.end();
}

Task<void> Function::answer_messages(const Invocation& invocation, MessageEvent event) {
    if (!options_.take_messages) {
        Failure failure{"Slipway.NoQueue", "This application takes no messages: stores.queue is not in SQS."};
        co_return co_await runtime_.fail_invocation(invocation.id, std::move(failure));
    }
    std::vector<std::string> all;
    for (const auto& record : event.records) all.push_back(record.id);
    // Settling what is cut off takes a moment.
    const auto time = time_left(invocation);
    const auto limit = time - std::min(kSettleMax, time / 2);
    auto again = co_await in_time(invocation, options_.take_messages(std::move(event.records), limit));
    if (!again)
        log::warning("messages left", {{"id", invocation.id}, {"reason", json::string_view(again.error().message)}});
    auto told = render_failures(again ? *again : all);
    co_return co_await runtime_.respond(invocation.id, std::move(told));
}

Task<void> serve_as_extension(Extension& extension, Function& function, std::shared_ptr<Stop> stop,
                              asio::cancellation_signal& leave) {
    auto joined = co_await with_timeout(extension.join(), kJoinMax, "Joining Lambda as an extension");
    if (!joined) log::info("no extension", {{"reason", json::string_view(joined.error().message)}});
    const auto executor = co_await asio::this_coro::executor;
    auto ignore = asio::bind_cancellation_slot(leave.slot(), [](const std::exception_ptr&) {});
    if (joined) asio::co_spawn(executor, extension.wait(), std::move(ignore));
    co_return co_await function.serve(std::move(stop));
}

}  // namespace

Result<void> run_function(net::Server& server, FunctionOptions options) {
    SLIPWAY_TRY(auto place, RuntimePlace::parse(options.runtime_api));
    asio::io_context loop(1);
    asio::signal_set signals(loop, SIGINT, SIGTERM);
    const auto stop = std::make_shared<Stop>();
    signals.async_wait([&stop](boost::system::error_code error, int) {
        if (!error) stop->ask();
    });
    Extension extension(place, loop.get_executor());
    asio::cancellation_signal leave;
    Function function(server, std::move(options), std::move(place), loop.get_executor());
    Result<void> served;
    asio::co_spawn(loop, serve_as_extension(extension, function, stop, leave),
                   [&](const std::exception_ptr& thrown, Result<void> result) {
                       served = thrown ? Result<void>(fail(ErrorCode::internal, "The function ended by a bug."))
                                       : std::move(result);
                       leave.emit(asio::cancellation_type::terminal);
                       signals.cancel();
                   });
    loop.run();
    return served;
}

Result<void> refuse_to_start(const std::string& runtime_api, const Error& error) {
    SLIPWAY_TRY(auto place, RuntimePlace::parse(runtime_api));
    asio::io_context loop(1);
    Result<void> told;
    Runtime runtime(std::move(place), loop.get_executor());
    Failure failure{"Slipway.Start", error.message};
    asio::co_spawn(loop, runtime.fail_start(std::move(failure)),
                   [&told](const std::exception_ptr& thrown, Result<void> result) {
                       if (!thrown) told = std::move(result);
                   });
    loop.run();
    return told;
}

}  // namespace slipway::lambda
