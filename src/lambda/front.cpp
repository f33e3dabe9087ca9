#include "lambda/front.h"

#include "base/crypto.h"
#include "base/text.h"
#include "lambda/event.h"

namespace slipway::lambda {
namespace {

constexpr std::size_t kPreludeEnd = 8;
constexpr std::size_t kAnswerBytesMax = 64 << 20;
constexpr int kStatusMin = 100, kStatusMax = 599;

void add_header(net::Response& response, std::string_view name, std::string_view value) {
    const auto known = lower_ascii(name);
    // Who serves this response says these itself.
    if (known.starts_with("access-control-") || known == "date" || known == "server" ||
        known == "x-content-type-options")
        return;
    response.headers.add(name, std::string(value));
}

void add_headers(net::Response& response, const json::object& answer) {
    if (const auto* const headers = object_in(answer, "headers"))
        for (const auto& [name, value] : *headers)
            if (value.is_string()) add_header(response, name, to_text(value.get_string()));
    if (const auto* const cookies = array_in(answer, "cookies"))
        for (const auto& cookie : *cookies)
            if (cookie.is_string()) response.headers.add("Set-Cookie", to_text(cookie.get_string()));
}

Result<net::Response> read_answer(std::string_view text) {
    const auto value = parse_json(text, JsonLimits{.bytes_max = kAnswerBytesMax});
    const auto* const answer = value ? value->if_object() : nullptr;
    const auto status = answer == nullptr ? 0 : integer_or(*answer, "statusCode", 0);
    if (status < kStatusMin || status > kStatusMax)
        return fail(ErrorCode::upstream, "The function gave no answer to HTTP: it has no statusCode.");
    net::Response response;
    response.status = static_cast<int>(status);
    add_headers(response, *answer);
    std::string body(text_or(*answer, "body"));
    if (bool_or(*answer, "isBase64Encoded", false)) {
        auto bytes = decode_base64(body);
        if (!bytes) return fail(ErrorCode::upstream, "The function gave a body that is no base64.");
        body = *std::move(bytes);
    }
    response.body = std::move(body);
    return response;
}

Result<net::Response> read_stream(std::string_view bytes) {
    const auto end = bytes.find(std::string(kPreludeEnd, '\0'));
    if (end == std::string_view::npos)
        return fail(ErrorCode::upstream, "The function gave a stream without what stands before its body.");
    SLIPWAY_TRY(auto response, read_answer(bytes.substr(0, end)));
    response.body = std::string(bytes.substr(end + kPreludeEnd));
    return response;
}

}  // namespace

std::string event_of(const net::Request& request) {
    const auto mark = request.target.find('?');
    const auto path = request.target.substr(0, mark);
    json::object headers;
    json::array cookies;
    for (const auto& [name, value] : request.headers) {
        const auto known = lower_ascii(name);
        if (known == "cookie") {
            for (const auto cookie : split(value, ';')) cookies.emplace_back(trim(cookie));
            continue;
        }
        auto& field = headers[known];
        field = field.is_string() ? to_text(field.get_string()) + "," + value : value;
    }
    json::object http{{"method", net::to_string(request.method)},
                      {"path", path},
                      {"protocol", "HTTP/1.1"},
                      {"sourceIp", request.remote_address},
                      {"userAgent", request.headers.get("User-Agent")}};
    json::object event{{"version", "2.0"},
                       {"routeKey", "$default"},
                       {"rawPath", path},
                       {"rawQueryString", mark == std::string::npos ? std::string() : request.target.substr(mark + 1)},
                       {"headers", std::move(headers)},
                       {"requestContext",
                        {{"stage", "$default"},
                         {"requestId", request.request_id},
                         {"domainName", request.headers.get("Host")},
                         {"timeEpoch", to_unix_ms(now())},
                         {"http", std::move(http)}}}};
    if (!cookies.empty()) event["cookies"] = std::move(cookies);
    const bool text = is_valid_utf8(request.body);
    if (!request.body.empty()) event["body"] = text ? request.body : to_base64(request.body);
    event["isBase64Encoded"] = !text;
    return write_json(event);
}

Result<net::Response> response_of(const Outcome& outcome) {
    switch (outcome.end) {
        case Outcome::End::answered:
            return read_answer(outcome.body);
        case Outcome::End::streamed:
            return read_stream(outcome.body);
        case Outcome::End::failed:
            return fail(ErrorCode::upstream, "The function failed.");
        case Outcome::End::too_large:
            return fail(ErrorCode::upstream, "The answer is larger than 6 MB.");
        case Outcome::End::timed_out:
            return fail(ErrorCode::upstream, "The time of the function was over.");
        case Outcome::End::lost:
            break;
    }
    return fail(ErrorCode::upstream, "The function does not run.");
}

}  // namespace slipway::lambda
