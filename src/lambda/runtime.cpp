#include "lambda/runtime.h"

#include <charconv>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "net/field.h"

namespace slipway::lambda {
namespace {

constexpr std::string_view kPeer = "The Lambda Runtime API";
constexpr std::string_view kVersion = "/2018-06-01/runtime";
constexpr std::string_view kExtensions = "/2020-01-01/extension";
constexpr std::size_t kEventBytesMax = kPayloadBytesMax + (64 << 10);
constexpr std::size_t kAcknowledgementBytesMax = 64 << 10;
constexpr Milliseconds kResolveMax{5'000};
constexpr Milliseconds kTellMax{30'000};  // for the API to take what it is told
// Lambda's clock says when, in milliseconds since 1970; less than this is an emulator's number of milliseconds from
// now.
constexpr std::int64_t kClockBegins = 1'000'000'000'000;
constexpr Milliseconds kLongest{900'000};  // of an invocation

std::string error_json(const Failure& failure) {
    json::object error{{"errorMessage", failure.message}, {"errorType", failure.type}, {"stackTrace", json::array()}};
    return write_json(error);
}

Instant deadline_of(std::string_view header) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), number);
    if (error != std::errc() || number <= 0) return now() + kLongest;
    if (number < kClockBegins) return now() + std::min(Milliseconds(number), kLongest);
    return std::min(from_unix_ms(number), now() + kLongest);
}

Task<void> open(HttpLine& line, const RuntimePlace& place, net::Resolver& resolver) {
    SLIPWAY_CO_TRY(auto endpoints, co_await resolver.resolve(place.host, place.port, kResolveMax));
    co_return co_await line.connect(std::move(endpoints));
}

std::string chunk(std::string_view bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

}  // namespace

Result<RuntimePlace> RuntimePlace::parse(std::string_view text) {
    RuntimePlace place;
    const auto slash = text.find('/');
    const auto authority = text.substr(0, slash);
    if (slash != std::string_view::npos) place.path = text.substr(slash);
    const auto colon = authority.rfind(':');
    const auto number = colon == std::string_view::npos ? std::string_view() : authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), place.port);
    place.host = authority.substr(0, std::min(colon, authority.size()));
    const bool whole = error == std::errc() && end == number.data() + number.size() && place.port != 0;
    const bool clean = net::is_field_value(text) && text.find(' ') == std::string_view::npos;
    if (!whole || !clean || place.host.empty())
        return fail(ErrorCode::invalid,
                    "AWS_LAMBDA_RUNTIME_API is '{}'; it has to be host:port, as Lambda sets it. `slipway lambda APP "
                    "--local` starts an API of its own.",
                    to_valid_utf8(text));
    return place;
}

Runtime::Runtime(RuntimePlace place, const asio::any_io_executor& executor)
    : place_(std::move(place)), line_(executor, std::string(kPeer)) {}

Task<void> Runtime::ask(std::string request) {
    if (line_.is_open()) {
        auto copy = request;
        auto sent = co_await line_.send(std::move(copy));
        if (sent) sent = co_await line_.read_head();
        if (sent || co_await cancelled()) co_return sent;
    }
    SLIPWAY_CO_CHECK(co_await open(line_, place_, resolver_));
    SLIPWAY_CO_CHECK(co_await line_.send(std::move(request)));
    co_return co_await line_.read_head();
}

Task<Invocation> Runtime::next() {
    auto request =
        fmt::format("GET {}{}/invocation/next HTTP/1.1\r\nHost: {}\r\n\r\n", place_.path, kVersion, place_.host);
    SLIPWAY_CO_CHECK(co_await ask(std::move(request)));
    const int status = line_.status();
    auto headers = std::move(line_.headers());
    auto payload = co_await line_.read_all(kEventBytesMax);
    if (!payload) line_.close();
    if (!payload) co_return pass(payload);
    Invocation invocation;
    invocation.id = headers.get("Lambda-Runtime-Aws-Request-Id");
    if (status != 200 || !net::is_field_name(invocation.id))
        co_return fail(ErrorCode::upstream, "{} answered {} when it was asked for an invocation.", kPeer, status);
    invocation.trace_id = headers.get("Lambda-Runtime-Trace-Id");
    invocation.deadline = deadline_of(headers.get("Lambda-Runtime-Deadline-Ms"));
    invocation.payload = *std::move(payload);
    co_return invocation;
}

Task<void> Runtime::expect(int status, std::string_view what) {
    const int told = line_.status();
    auto rest = co_await line_.read_all(kAcknowledgementBytesMax);
    if (!rest) line_.close();
    if (told == status) co_return Result<void>();
    co_return fail(ErrorCode::upstream, "{} answered {} to {}.", kPeer, told, what);
}

Task<void> Runtime::post(std::string path, std::string headers, std::string body) {
    auto request = fmt::format(
        "POST {}{}{} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n",
        place_.path, kVersion, path, place_.host, headers, body.size());
    request += body;
    SLIPWAY_CO_CHECK(co_await ask(std::move(request)));
    co_return co_await expect(202, "an answer");
}

Task<void> Runtime::respond(const std::string& id, std::string body) {
    auto told = post(fmt::format("/invocation/{}/response", id), "", std::move(body));
    co_return co_await with_timeout(std::move(told), kTellMax, "Answering the invocation");
}

Task<void> Runtime::fail_invocation(const std::string& id, Failure failure) {
    auto header = fmt::format("Lambda-Runtime-Function-Error-Type: {}\r\n", failure.type);
    auto told = post(fmt::format("/invocation/{}/error", id), std::move(header), error_json(failure));
    co_return co_await with_timeout(std::move(told), kTellMax, "Telling of the failure");
}

Task<void> Runtime::fail_start(Failure failure) {
    auto header = fmt::format("Lambda-Runtime-Function-Error-Type: {}\r\n", failure.type);
    auto told = post("/init/error", std::move(header), error_json(failure));
    co_return co_await with_timeout(std::move(told), kTellMax, "Telling of the failure");
}

// On a connection of its own: a kept one that is dead would be noticed only after parts of the body were given away.
Task<void> Runtime::begin(const std::string& id, std::string first) {
    line_.close();
    SLIPWAY_CO_CHECK(co_await open(line_, place_, resolver_));
    auto request = fmt::format(
        "POST {}{}/invocation/{}/response HTTP/1.1\r\nHost: {}\r\n"
        "Content-Type: application/vnd.awslambda.http-integration-response\r\n"
        "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n",
        place_.path, kVersion, id, place_.host);
    request += chunk(first);
    co_return co_await line_.send(std::move(request));
}

Task<void> Runtime::write(std::string bytes) {
    if (bytes.empty()) co_return Result<void>();
    auto framed = chunk(bytes);
    co_return co_await line_.send(std::move(framed));
}

Task<void> Runtime::end() {
    SLIPWAY_CO_CHECK(co_await line_.send("0\r\n\r\n"));
    SLIPWAY_CO_CHECK(co_await line_.read_head());
    co_return co_await expect(202, "a stream");
}

Task<void> Runtime::break_off(Failure failure) {
    auto last =
        fmt::format("0\r\nLambda-Runtime-Function-Error-Type: {}\r\nLambda-Runtime-Function-Error-Body: {}\r\n\r\n",
                    failure.type, to_base64(error_json(failure)));
    SLIPWAY_CO_CHECK(co_await line_.send(std::move(last)));
    SLIPWAY_CO_CHECK(co_await line_.read_head());
    co_return co_await expect(202, "a stream that broke off");
}

Extension::Extension(RuntimePlace place, const asio::any_io_executor& executor)
    : place_(std::move(place)), line_(executor, "The Lambda Extensions API") {}

Task<void> Extension::join() {
    const std::string events = R"({"events":[]})";
    auto request = fmt::format(
        "POST {}{}/register HTTP/1.1\r\nHost: {}\r\nLambda-Extension-Name: slipway\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        place_.path, kExtensions, place_.host, events.size(), events);
    SLIPWAY_CO_CHECK(co_await open(line_, place_, resolver_));
    SLIPWAY_CO_CHECK(co_await line_.send(std::move(request)));
    SLIPWAY_CO_CHECK(co_await line_.read_head());
    const int status = line_.status();
    id_ = line_.headers().get("Lambda-Extension-Identifier");
    auto rest = co_await line_.read_all(kAcknowledgementBytesMax);
    if (!rest) co_return pass(rest);
    if (status == 200 && !id_.empty() && net::is_field_value(id_)) co_return Result<void>();
    co_return fail(ErrorCode::upstream, "The Lambda Extensions API answered {} to a registration.", status);
}

asio::awaitable<void> Extension::wait() {
    auto request = fmt::format("GET {}{}/event/next HTTP/1.1\r\nHost: {}\r\nLambda-Extension-Identifier: {}\r\n\r\n",
                               place_.path, kExtensions, place_.host, id_);
    Result<void> told;
    if (!line_.is_open()) told = co_await open(line_, place_, resolver_);
    if (told) told = co_await line_.send(std::move(request));
    if (told) told = co_await line_.read_head();
    if (!told) log::debug("extension ended", {{"reason", told.error().message}});
}

}  // namespace slipway::lambda
