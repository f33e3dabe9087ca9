// The answer to an HTTP event, as who sent the event wants it.
#pragma once

#include <string>
#include <vector>

#include "lambda/event.h"

namespace slipway::lambda {

struct HttpAnswer {
    int status = 200;
    net::Headers headers;
    std::string body;
};

// The JSON of an answer that is given whole. Bodies that are not text go as base64.
std::string render_answer(const HttpEvent& event, const HttpAnswer& answer);

// What stands before the body of an answer that is given as a stream: JSON with status, headers and cookies, and eight
// NUL bytes.
std::string render_prelude(int status, const net::Headers& headers);

// To a batch of messages: the ids of those that have to come again.
std::string render_failures(const std::vector<std::string>& ids);

}  // namespace slipway::lambda
