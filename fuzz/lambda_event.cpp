// What invokes a function: any bytes become a sound request or an error, and never two requests.
#include "lambda/answer.h"
#include "lambda/event.h"
#include "lambda/request_inside.h"
#include "lambda/runtime.h"
#include "net/field.h"
#include "net/request_parser.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(lambda_event) {
    using namespace slipway;
    if (const auto place = lambda::RuntimePlace::parse(input))
        fuzz::require(!place->host.empty() && place->port != 0, "a place can be connected to");
    if (const auto bytes = lambda::decode_base64(input); bytes && !bytes->empty())
        fuzz::require(bytes->size() * 4 <= input.size() * 3 + 3, "four characters are three bytes");
    const auto event = lambda::read_event(input);
    if (!event) return;
    if (const auto* const messages = std::get_if<lambda::MessageEvent>(&*event)) {
        for (const auto& record : messages->records) fuzz::require(!record.id.empty(), "a message has an id");
        return;
    }
    const auto& http = std::get<lambda::HttpEvent>(*event);
    for (const auto& [name, value] : http.headers)
        fuzz::require(net::is_field_name(name) && net::is_field_value(value), "sound headers");
    const auto text = lambda::request_text(http);
    net::Request request;
    net::RequestParser parser(request);
    // What the server inside refuses it answers with 400; what it takes is the whole text.
    const auto head = parser.parse_head(text, text.size() + 1);
    if (!head) return;
    fuzz::require(*head == text.size() - http.body.size(), "one head");
    const auto taken = parser.parse_body(std::string_view(text).substr(*head), text.size());
    fuzz::require(taken && parser.done() && *taken == http.body.size() && request.body == http.body, "one body");
    fuzz::require(request.headers.has("Host"), "a host");
    lambda::HttpAnswer answer{200, http.headers, http.body};
    fuzz::require(parse_json(lambda::render_answer(http, answer), {.bytes_max = 64 << 20}).has_value(),
                  "answers are JSON");
}
