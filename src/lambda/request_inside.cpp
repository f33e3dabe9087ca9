#include "lambda/request_inside.h"

namespace slipway::lambda {

std::string request_text(const HttpEvent& event) {
    auto text = fmt::format("{} {} HTTP/1.1\r\n", event.method, event.target);
    for (const auto& [name, value] : event.headers) text += fmt::format("{}: {}\r\n", name, value);
    text += fmt::format("Connection: close\r\nContent-Length: {}\r\n\r\n", event.body.size());
    return text + event.body;
}

Task<void> RequestInside::begin(const HttpEvent& event) {
    SLIPWAY_CO_TRY(const int descriptor, server_.connect());
    SLIPWAY_CO_CHECK(line_.adopt(descriptor));
    // A server may refuse a body before it has read it all: then its answer is there all the same.
    auto text = request_text(event);
    static_cast<void>(co_await line_.send(std::move(text)));
    const bool without_body = event.method == "HEAD";
    co_return co_await line_.read_head(without_body);
}

}  // namespace slipway::lambda
