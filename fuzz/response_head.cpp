// Headers that a handler sets, one a line "name: value" with %XX for any byte: no value makes a second header of its
// own, and what is left stands in the head as it was given.
#include "net/response_head.h"

#include <algorithm>

#include "base/text.h"
#include "net/response_parser.h"
#include "target.h"

namespace {

using namespace slipway;

std::string unescape(std::string_view text) {
    std::string bytes;
    const auto hex = [](char c) {
        const auto at = std::string_view("0123456789abcdef").find(c);
        return at == std::string_view::npos ? 0 : static_cast<int>(at);
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%' || text.size() - i < 3) {
            bytes += text[i];
            continue;
        }
        bytes += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
        i += 2;
    }
    return bytes;
}

}  // namespace

SLIPWAY_FUZZ_TARGET(response_head) {
    if (input.size() > 4000) return;
    net::Headers given;
    for (const auto line : split(input, '\n')) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || given.size() > 60) continue;
        given.add(unescape(line.substr(0, colon)), unescape(line.substr(colon + 1)));
    }
    const net::HeadFraming framing{.status = 200, .length = 0};
    const auto head = net::render_head(framing, "Server: x\r\n", "id", given);
    net::ResponseParser parser(false, 1 << 20, 1 << 20);
    const auto used = parser.feed(head);
    fuzz::require(used && *used == head.size() && parser.done(), "the head is one whole head");
    std::size_t own = 0;
    for (const auto& [name, value] : parser.headers()) {
        if (name == "Server" || name == "X-Request-Id" || name == "Content-Length") {
            ++own;
            continue;
        }
        const bool was_given = std::ranges::any_of(
            given, [&](const auto& field) { return field.first == name && trim(field.second) == trim(value); });
        fuzz::require(was_given, "a header that nobody set");
    }
    fuzz::require(own >= 3, "the server's own headers are there");
}
