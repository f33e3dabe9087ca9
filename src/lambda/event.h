// What invokes a function, read: HTTP requests as API Gateway (REST and HTTP APIs), function URLs and load balancers
// word them in JSON, and batches of messages from SQS. All of it comes from outside.
//
// Source of the formats: AWS Lambda Developer Guide ("Using AWS Lambda with Amazon API Gateway", "Lambda function
// URLs", "Using Lambda with Application Load Balancers", "Using Lambda with Amazon SQS"), API Gateway Developer Guide
// ("Working with AWS Lambda proxy integrations for HTTP APIs": payload formats 1.0 and 2.0).
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "net/http.h"

namespace slipway::lambda {

enum class Sender : unsigned char {
    rest_api,       // payload format 1.0, which HTTP APIs can be told to send, too
    http_api,       // payload format 2.0: HTTP APIs and function URLs
    load_balancer,  // its own, close to 1.0
};

struct HttpEvent {
    Sender sender = Sender::http_api;
    bool multi_value = false;  // of load_balancer: whether the target group has multi-value headers
    std::string method;        // a token
    std::string target;        // path and query as on a request line, escaped
    // Sound names and values; Host is among them, and what belongs to one connection is not. The last entry of
    // X-Forwarded-For is the client that the sender saw.
    net::Headers headers;
    std::string body;
};

struct MessageRecord {
    std::string id, handle;  // messageId, receiptHandle
    std::string body;
    Instant sent;
    int receives = 1;
};
struct MessageEvent {
    std::vector<MessageRecord> records;
};

using Event = std::variant<HttpEvent, MessageEvent>;

// `invalid` says what is missing, and never holds a part of the payload.
Result<Event> read_event(std::string_view payload);

// The bytes of a base64 text (RFC 4648 section 4), with padding or without; nullopt for anything else.
std::optional<std::string> decode_base64(std::string_view text);
// A path with everything escaped that may not stand in a request line; escapes that are there stay.
std::string escape_path(std::string_view path);

}  // namespace slipway::lambda
