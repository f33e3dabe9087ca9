#include "lambda/emulator.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/crypto.h"
#include "base/log.h"
#include "lambda/front.h"
#include "lambda/runtime.h"

namespace slipway::lambda {
namespace {

constexpr std::size_t kWaitingMax = 1'000;
constexpr std::size_t kAnswerBytesMax = kPayloadBytesMax + 100;
constexpr std::size_t kStreamBytesMax = 200 << 20;  // as AWS has it
constexpr Milliseconds kForever = std::chrono::hours(24 * 365);
constexpr std::string_view kRuntime = "/2018-06-01/runtime";
constexpr std::string_view kExtensions = "/2020-01-01/extension";

net::Operation hidden(std::size_t body_bytes_max, Milliseconds time_max) {
    net::Operation operation;
    operation.hidden = true;
    operation.authenticated = false;
    operation.body_bytes_max = body_bytes_max;
    operation.time_max = time_max;
    return operation;
}

net::Response accepted() { return net::Response::of_json(202, json::object{{"status", "OK"}}); }

net::Response invalid(int status, std::string_view type, std::string_view message) {
    return net::Response::of_json(status, json::object{{"errorType", type}, {"errorMessage", message}});
}

std::string_view error_of(Outcome::End end) {
    switch (end) {
        case Outcome::End::failed:
            return "Unhandled";
        case Outcome::End::too_large:
            return "Function.ResponseSizeTooLarge";
        case Outcome::End::timed_out:
            return "Sandbox.Timedout";
        case Outcome::End::lost:
            return "Runtime.ExitError";
        default:
            return "";
    }
}

}  // namespace

struct Emulator::Waiting {
    explicit Waiting(const asio::any_io_executor& executor)
        : done(executor, std::chrono::steady_clock::time_point::max()) {}
    std::string id, payload;
    Instant deadline;
    asio::steady_timer done;  // cancelled once there is an outcome; before, its end is the deadline's
    std::optional<Outcome> outcome;

    void end(Outcome::End how, std::string body = {}) {
        if (!outcome) outcome = Outcome{how, std::move(body)};
        done.cancel();
    }
};

Emulator::Emulator(EmulatorOptions options) : options_(std::move(options)) {}
Emulator::~Emulator() = default;

asio::awaitable<Outcome> Emulator::invoke(std::string payload) {
    if (!alive_) co_return Outcome{Outcome::End::lost, {}};
    if (waiting_.size() >= kWaitingMax) co_return Outcome{Outcome::End::lost, {}};
    const auto executor = co_await asio::this_coro::executor;
    const auto waiting = std::make_shared<Waiting>(executor);
    waiting->id = new_id();
    waiting->payload = std::move(payload);
    waiting_.push_back(waiting);
    if (asked_) asked_->cancel();
    while (!waiting->outcome) {
        const auto [stopped] = co_await waiting->done.async_wait(asio::as_tuple(asio::deferred));
        if (!stopped) {  // the time that next() has set is over
            waiting->end(Outcome::End::timed_out);
            if (options_.kill) options_.kill();
        }
        if (co_await cancelled()) break;
    }
    running_.erase(waiting->id);
    std::erase(waiting_, waiting);
    co_return waiting->outcome.value_or(Outcome{});
}

asio::awaitable<net::Response> Emulator::next() {
    served_ = true;
    const auto executor = co_await asio::this_coro::executor;
    while (waiting_.empty()) {
        const auto asked = std::make_shared<asio::steady_timer>(executor, kForever);
        asked_ = asked;
        co_await asked->async_wait(asio::as_tuple(asio::deferred));
        if (co_await cancelled()) co_return accepted();
    }
    auto waiting = waiting_.front();
    waiting_.pop_front();
    waiting->deadline = now() + options_.time_max;
    running_[waiting->id] = waiting;
    waiting->done.expires_after(options_.time_max);
    auto response = net::Response::text(200, waiting->payload, "application/json");
    response.headers.set("Lambda-Runtime-Aws-Request-Id", waiting->id);
    response.headers.set("Lambda-Runtime-Deadline-Ms", fmt::format("{}", to_unix_ms(waiting->deadline)));
    response.headers.set("Lambda-Runtime-Invoked-Function-Arn",
                         fmt::format("arn:aws:lambda:us-east-1:123456789012:function:{}", options_.function));
    co_return response;
}

net::Response Emulator::answer(net::Request& request, bool failed) {
    const auto found = running_.find(std::string(request.parameter("id")));
    if (found == running_.end() || found->second->outcome)
        return invalid(400, "InvalidRequestID", "There is no such invocation, or it was answered already.");
    const bool streams = request.headers.get("Lambda-Runtime-Function-Response-Mode") == "streaming";
    if (!streams && request.body.size() > kAnswerBytesMax) {
        found->second->end(Outcome::End::too_large);
        return invalid(413, "RequestEntityTooLarge", "The answer is larger than 6 MB.");
    }
    const auto how = failed ? Outcome::End::failed : streams ? Outcome::End::streamed : Outcome::End::answered;
    found->second->end(how, std::move(request.body));
    return accepted();
}

net::Response Emulator::refuse(const net::Request& request) {
    const auto body = parse_json(request.body);
    const auto* const error = body ? body->if_object() : nullptr;
    if (options_.refused)
        options_.refused(error == nullptr ? std::string("no reason") : std::string(text_or(*error, "errorMessage")));
    return accepted();
}

net::Response Emulator::register_extension() {
    auto response = net::Response::of_json(200, json::object{{"functionName", options_.function}});
    response.headers.set("Lambda-Extension-Identifier", new_id());
    return response;
}

void Emulator::sandbox_began() {
    alive_ = true;
    served_ = false;
}

void Emulator::sandbox_ended() {
    alive_ = false;
    for (const auto& waiting : waiting_) waiting->end(Outcome::End::lost);
    for (const auto& [id, waiting] : running_) waiting->end(Outcome::End::lost);
}

void Emulator::add_apis(net::Router& router) {
    using net::Method;
    const auto at = [](std::string_view base, std::string_view rest) { return fmt::format("{}{}", base, rest); };
    const auto now_or = [](auto work) {
        return [work](net::Request& request) -> asio::awaitable<net::Response> { co_return work(request); };
    };
    router.add(Method::get, at(kRuntime, "/invocation/next"), hidden(0, kForever),
               [this](net::Request&) { return next(); });
    router.add(Method::post, at(kRuntime, "/invocation/{id}/response"), hidden(kStreamBytesMax, kForever),
               now_or([this](net::Request& request) { return answer(request, false); }));
    router.add(Method::post, at(kRuntime, "/invocation/{id}/error"), hidden(kAnswerBytesMax, kForever),
               now_or([this](net::Request& request) { return answer(request, true); }));
    router.add(Method::post, at(kRuntime, "/init/error"), hidden(kAnswerBytesMax, kForever),
               now_or([this](net::Request& request) { return refuse(request); }));
    router.add(Method::post, at(kExtensions, "/register"), hidden(64 << 10, kForever),
               now_or([this](net::Request&) { return register_extension(); }));
    router.add(Method::get, at(kExtensions, "/event/next"), hidden(0, kForever),
               [](net::Request&) -> asio::awaitable<net::Response> {
                   co_await sleep_for(kForever);
                   co_return accepted();
               });
    router.add(Method::post, "/2015-03-31/functions/{name}/invocations", hidden(kPayloadBytesMax, kForever),
               [this](net::Request& request) { return invoke_api(request); });
}

asio::awaitable<net::Response> Emulator::invoke_api(net::Request& request) {
    if (request.parameter("name") != options_.function)
        co_return invalid(404, "ResourceNotFoundException", "There is no function of that name.");
    if (request.body.empty()) request.body = "{}";
    auto outcome = co_await invoke(std::move(request.body));
    const auto error = error_of(outcome.end);
    if (outcome.body.empty()) outcome.body = write_json(json::object{{"errorType", error}, {"errorMessage", error}});
    auto response = net::Response::text(200, std::move(outcome.body), "application/json");
    if (!error.empty()) response.headers.set("X-Amz-Function-Error", std::string(error));
    co_return response;
}

void Emulator::add_front(net::Router& router) {
    using net::Method;
    for (const auto method : {Method::get, Method::post, Method::put, Method::patch, Method::del})
        for (const auto* const pattern : {"/", "/{path:rest}"})
            router.add(method, pattern, hidden(kPayloadBytesMax, kForever),
                       [this](net::Request& request) { return front(request); });
}

asio::awaitable<net::Response> Emulator::front(net::Request& request) {
    auto event = event_of(request);
    const auto outcome = co_await invoke(std::move(event));
    auto response = response_of(outcome);
    if (response) co_return *std::move(response);
    log::warning("function failed", {{"path", request.path}, {"reason", response.error().message}});
    co_return net::Response::of_json(502, json::object{{"message", "Internal Server Error"}});
}

}  // namespace slipway::lambda
