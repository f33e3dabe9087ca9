// What another server answers our client: first line "H" for an answer without a body (to HEAD), the rest its bytes.
// The same whatever pieces they come in; and after an answer that leaves the connection open nothing is doubtful about
// where it ended, or the next request would read a foreign answer.
#include <algorithm>

#include "base/text.h"
#include "net/response_parser.h"
#include "target.h"

namespace {

using namespace slipway;

constexpr std::size_t kHeadMax = 2000, kBodyMax = 3000;

struct Reading {
    bool failed = false, head = false, done = false, keep_alive = false, ended_well = false;
    int status = 0;
    std::size_t consumed = 0;
    net::Headers headers;
    std::string body;
};

Reading read(std::string_view input, bool without_body, std::size_t piece) {
    net::ResponseParser parser(without_body, kHeadMax, kBodyMax);
    Reading seen;
    for (std::size_t end = 0; end < input.size() && !parser.done();) {
        end = std::min(input.size(), end + piece);
        const auto used = parser.feed(input.substr(seen.consumed, end - seen.consumed));
        if (!used) {
            fuzz::require(!used.error().message.empty(), "errors are for people");
            seen.failed = true;
            return seen;
        }
        fuzz::require(seen.consumed + *used <= end, "no more is used than there is");
        seen.consumed += *used;
        seen.body += parser.take_body();
    }
    seen.head = parser.has_head();
    seen.done = parser.done();
    if (seen.head) {
        seen.status = parser.status();
        seen.keep_alive = parser.keep_alive();
    }
    seen.ended_well = parser.feed_end().has_value();
    seen.body += parser.take_body();
    seen.headers = parser.headers();
    return seen;
}

std::size_t count_of(const net::Headers& headers, std::string_view name) {
    return static_cast<std::size_t>(
        std::ranges::count_if(headers, [&](const auto& field) { return equal_ignoring_case(field.first, name); }));
}

}  // namespace

SLIPWAY_FUZZ_TARGET(response) {
    const auto [first, bytes] = fuzz::split_line(input);
    const bool without_body = first == "H";
    const auto whole = read(bytes, without_body, bytes.size() + 1);
    for (const std::size_t piece : {1, 5}) {
        const auto pieces = read(bytes, without_body, piece);
        // What is no HTTP from its first line on may be noticed only when the peer closes.
        const bool whole_is_bad = whole.failed || !whole.ended_well,
                   pieces_are_bad = pieces.failed || !pieces.ended_well;
        // Beast counts the bytes of a head only where a piece ends, so at the limit the pieces decide.
        if (bytes.size() > kHeadMax && whole_is_bad != pieces_are_bad) return;
        fuzz::require(whole_is_bad == pieces_are_bad, "pieces do not change the verdict");
        if (whole.failed || pieces.failed) return;
        fuzz::require(whole.head == pieces.head && whole.done == pieces.done && whole.status == pieces.status &&
                          whole.keep_alive == pieces.keep_alive && whole.ended_well == pieces.ended_well,
                      "pieces do not change the state");
        if (!whole.head) continue;
        fuzz::require(whole.body == pieces.body && std::ranges::equal(whole.headers, pieces.headers),
                      "pieces do not change the answer");
        if (whole.done) fuzz::require(whole.consumed == pieces.consumed, "it ends at the same byte");
    }
    fuzz::require(whole.body.size() <= kBodyMax, "the body is limited");
    if (without_body) fuzz::require(whole.body.empty(), "there is no body");
    if (!whole.done || !whole.keep_alive || without_body) return;
    const auto lengths = count_of(whole.headers, "Content-Length");
    const auto codings = count_of(whole.headers, "Transfer-Encoding");
    fuzz::require(lengths == 0 || codings == 0, "there is one way to find the end");
    const bool no_body = whole.status / 100 == 1 || whole.status == 204 || whole.status == 304;
    fuzz::require(no_body || lengths + codings > 0, "what ends with the connection does not leave it open");
    for (const auto& [name, value] : whole.headers)
        fuzz::require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "values are one line");
}
