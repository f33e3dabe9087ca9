#include "lambda/event.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/crypto.h"
#include "base/text.h"
#include "net/field.h"

namespace slipway::lambda {
namespace {

constexpr std::size_t kPayloadBytesLimit = 8 << 20;
constexpr std::size_t kRecordsMax = 10'000;             // the largest batch that SQS can be set to
constexpr std::int64_t kSentMax = 253'402'300'799'999;  // the year 9999
constexpr std::string_view kInPath = "-._~!$&'()*+,;=:@/";
constexpr std::string_view kInQuery = "-._~!$&'()*+,;=:@/?";
// Of one connection (RFC 9110 section 7.6.1), or said anew by who speaks to the server.
constexpr std::array<std::string_view, 10> kOfTheConnection{
    "connection", "keep-alive", "proxy-connection", "te",     "trailer",
    "upgrade",    "expect",     "content-length",   "cookie", "transfer-encoding"};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// `raw`: escapes in it stay what they are.
void append_escaped(std::string& to, std::string_view text, std::string_view allowed, bool raw) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool escape = raw && c == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
        if (escape || is_alphanumeric(c) || allowed.find(c) != std::string_view::npos)
            to += c;
        else
            to += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
}

std::unexpected<Error> missing(std::string_view what) {
    return fail(ErrorCode::invalid, "The event is one of HTTP, but its {} is missing or not right.", what);
}

const json::object& object_or_none(const json::object& object, std::string_view key) {
    static const json::object none;
    const auto* const found = object_in(object, key);
    return found == nullptr ? none : *found;
}

// Each value of {"name": "value"} or {"name": ["value", …]}, whichever of the two is there.
net::Fields values_of(const json::object& event, std::string_view plain, std::string_view several) {
    net::Fields values;
    const auto* const lists = object_in(event, several);
    if (lists != nullptr && !lists->empty()) {
        for (const auto& [name, list] : *lists) {
            if (!list.is_array()) continue;
            for (const auto& value : list.get_array())
                if (value.is_string()) values.emplace_back(std::string(name), to_text(value.get_string()));
        }
        return values;
    }
    for (const auto& [name, value] : object_or_none(event, plain))
        if (value.is_string()) values.emplace_back(std::string(name), to_text(value.get_string()));
    return values;
}

void add_header(net::Headers& headers, std::string_view name, std::string_view value) {
    const auto trimmed = trim(value);
    if (!net::is_field_name(name) || !net::is_field_value(trimmed)) return;
    headers.add(name, std::string(trimmed));
}

void add_headers(HttpEvent& http, const json::object& event) {
    const auto all = values_of(event, "headers", "multiValueHeaders");
    std::string cookies;
    const auto add_cookie = [&cookies](std::string_view cookie) {
        if (!cookies.empty() && !cookie.empty()) cookies += "; ";
        cookies += cookie;
    };
    for (const auto& [name, value] : all) {
        const auto known = lower_ascii(name);
        if (known == "cookie") add_cookie(value);
        // A REST API hands on base64 as it is unless it was told which types are binary.
        const bool compresses = http.sender == Sender::rest_api && known == "accept-encoding";
        if (!compresses && std::ranges::find(kOfTheConnection, known) == kOfTheConnection.end())
            add_header(http.headers, name, value);
    }
    if (const auto* const list = array_in(event, "cookies"))
        for (const auto& cookie : *list)
            if (cookie.is_string()) add_cookie(to_text(cookie.get_string()));
    if (!cookies.empty()) add_header(http.headers, "Cookie", cookies);
}

// Who was seen by the sender stands last, whatever the client wrote there itself.
void add_client(net::Headers& headers, std::string_view source) {
    if (source.empty() || !net::is_field_value(source)) return;
    std::string chain;
    for (const auto& [name, value] : headers)
        if (equal_ignoring_case(name, "X-Forwarded-For")) chain += (chain.empty() ? "" : ", ") + value;
    const auto comma = chain.rfind(',');
    const auto last =
        trim(comma == std::string::npos ? std::string_view(chain) : std::string_view(chain).substr(comma + 1));
    if (last != source) chain += fmt::format("{}{}", chain.empty() ? "" : ", ", source);
    headers.set("X-Forwarded-For", std::move(chain));
}

Result<void> add_body(HttpEvent& http, const json::object& event) {
    const auto body = text_or(event, "body");
    if (!bool_or(event, "isBase64Encoded", false)) {
        http.body = body;
        return {};
    }
    auto bytes = decode_base64(body);
    if (!bytes) return missing("body, which is said to be base64,");
    http.body = *std::move(bytes);
    return {};
}

void add_query(std::string& target, const net::Fields& query, bool raw) {
    char mark = '?';
    for (const auto& [name, value] : query) {
        target += std::exchange(mark, '&');
        // In a part of the query '&', '=' and '+' have a meaning of their own.
        constexpr std::string_view kInPart = "-._~!$'()*,;:@/?";
        append_escaped(target, name, raw ? kInQuery : kInPart, raw);
        target += '=';
        append_escaped(target, value, raw ? kInQuery : kInPart, raw);
    }
}

// A stage with a name is a part of the path, unless a domain of one's own stands before it.
std::string_view without_stage(std::string_view path, const json::object& context) {
    const auto stage = text_or(context, "stage");
    if (stage.empty() || stage == "$default" ||
        text_or(context, "domainName").find(".execute-api.") == std::string_view::npos)
        return path;
    if (!path.starts_with('/') || !path.substr(1).starts_with(stage)) return path;
    const auto rest = path.substr(1 + stage.size());
    if (rest.empty()) return "/";
    return rest.front() == '/' ? rest : path;
}

Result<HttpEvent> finish(HttpEvent http, const json::object& event, std::string_view client, std::string_view domain) {
    if (!net::is_field_name(http.method)) return missing("method");
    if (!http.target.starts_with('/')) return missing("path");
    add_headers(http, event);
    add_client(http.headers, client);
    if (!http.headers.has("Host")) add_header(http.headers, "Host", domain.empty() ? "localhost" : domain);
    SLIPWAY_CHECK(add_body(http, event));
    return http;
}

Result<HttpEvent> read_http_api(const json::object& event, const json::object& context, const json::object& http) {
    HttpEvent read;
    read.sender = Sender::http_api;
    read.method = text_or(http, "method");
    read.target = escape_path(without_stage(text_or(event, "rawPath"), context));
    if (const auto query = text_or(event, "rawQueryString"); !query.empty()) {
        read.target += '?';
        append_escaped(read.target, query, kInQuery, true);
    }
    return finish(std::move(read), event, text_or(http, "sourceIp"), text_or(context, "domainName"));
}

Result<HttpEvent> read_rest_api(const json::object& event, const json::object& context) {
    HttpEvent read;
    read.sender = Sender::rest_api;
    read.method = text_or(event, "httpMethod");
    read.target = escape_path(text_or(event, "path"));
    add_query(read.target, values_of(event, "queryStringParameters", "multiValueQueryStringParameters"), false);
    const auto client = text_or(object_or_none(context, "identity"), "sourceIp");
    return finish(std::move(read), event, client, text_or(context, "domainName"));
}

// Its query is as the client sent it, and it writes the client into X-Forwarded-For itself.
Result<HttpEvent> read_load_balancer(const json::object& event) {
    HttpEvent read;
    read.sender = Sender::load_balancer;
    read.multi_value = object_in(event, "multiValueHeaders") != nullptr;
    read.method = text_or(event, "httpMethod");
    read.target = escape_path(text_or(event, "path"));
    add_query(read.target, values_of(event, "queryStringParameters", "multiValueQueryStringParameters"), true);
    return finish(std::move(read), event, "", "");
}

std::int64_t number_in(const json::object& attributes, std::string_view name, std::int64_t otherwise) {
    const auto text = text_or(attributes, name);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

Result<MessageEvent> read_messages(const json::array& records) {
    MessageEvent event;
    if (records.size() > kRecordsMax)
        return fail(ErrorCode::invalid, "The event has {} messages; at most {} come at once.", records.size(),
                    kRecordsMax);
    for (const auto& each : records) {
        const auto* const record = each.if_object();
        if (record == nullptr || text_or(*record, "eventSource") != "aws:sqs" || text_or(*record, "messageId").empty())
            return fail(ErrorCode::invalid, "The event has a record that is no message of SQS.");
        MessageRecord message;
        message.id = text_or(*record, "messageId");
        message.handle = text_or(*record, "receiptHandle");
        message.body = text_or(*record, "body");
        const auto& attributes = object_or_none(*record, "attributes");
        const auto sent = number_in(attributes, "SentTimestamp", to_unix_ms(now()));
        message.sent = from_unix_ms(std::clamp<std::int64_t>(sent, 0, kSentMax));
        const auto receives = number_in(attributes, "ApproximateReceiveCount", 1);
        message.receives = static_cast<int>(std::clamp<std::int64_t>(receives, 1, 1'000'000));
        event.records.push_back(std::move(message));
    }
    return event;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    if (text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
    std::string url(text);
    std::ranges::replace(url, '+', '-');
    std::ranges::replace(url, '/', '_');
    return from_base64url(url);
}

std::string escape_path(std::string_view path) {
    std::string escaped;
    append_escaped(escaped, path, kInPath, true);
    return escaped;
}

Result<Event> read_event(std::string_view payload) {
    auto value = parse_json(payload, JsonLimits{.bytes_max = kPayloadBytesLimit});
    if (!value) return fail(ErrorCode::invalid, "The event is no JSON that can be read.");
    const auto* const event = value->if_object();
    if (event == nullptr) return fail(ErrorCode::invalid, "The event is not a JSON object.");
    if (const auto* const records = array_in(*event, "Records"); records != nullptr && !records->empty()) {
        SLIPWAY_TRY(auto messages, read_messages(*records));
        return Event(std::move(messages));
    }
    const auto& context = object_or_none(*event, "requestContext");
    const auto* const http = object_in(context, "http");
    Result<HttpEvent> read = fail(ErrorCode::invalid,
                                  "The event is of no kind that is known here: API Gateway, function URL, load "
                                  "balancer or SQS.");
    if (http != nullptr)
        read = read_http_api(*event, context, *http);
    else if (object_in(context, "elb") != nullptr)
        read = read_load_balancer(*event);
    else if (find(*event, "httpMethod") != nullptr)
        read = read_rest_api(*event, context);
    if (!read) return pass(read);
    return Event(*std::move(read));
}

}  // namespace slipway::lambda
