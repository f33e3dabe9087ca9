// A request, head and body, from the first byte to the last: the same whatever pieces it comes in; and what is accepted
// has exactly one reading, that of the strict little reader here, which knows RFC 9112 and nothing else. Two readings
// of one byte stream are what request smuggling is made of.
#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "net/target.h"
#include "target.h"

namespace {

using namespace slipway;

constexpr std::size_t kHeadMax = 2000, kBodyMax = 1000;

struct Reading {
    int refused = 0;  // the status, 0: not refused
    bool head = false, done = false, keep_alive = false;
    std::size_t consumed = 0, head_end = 0;
    net::Request request;
};

Reading read(std::string_view input, std::size_t piece) {
    Reading seen;
    net::RequestParser parser(seen.request);
    for (std::size_t end = 0; end < input.size() && !seen.done;) {
        end = std::min(input.size(), end + piece);
        while (!seen.done) {
            const auto have = input.substr(seen.consumed, end - seen.consumed);
            const auto taken = seen.head ? parser.parse_body(have, kBodyMax) : parser.parse_head(have, kHeadMax);
            if (!taken) {
                seen.refused = taken.error().status;
                fuzz::require(seen.refused >= 400 && seen.refused < 600 && !taken.error().error.message.empty(),
                              "a refusal has a status and a sentence");
                return seen;
            }
            fuzz::require(*taken <= have.size(), "no more is taken than there is");
            seen.consumed += *taken;
            if (!seen.head && *taken > 0) {
                seen.head = true;
                seen.head_end = seen.consumed;
                seen.keep_alive = parser.keep_alive();
            }
            seen.done = seen.head && parser.done();
            if (*taken == 0) break;
        }
    }
    return seen;
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
    });
}

bool is_field_text(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

// Up to CR LF, which is taken away too; what has none ends the run.
std::string_view line_of(std::string_view& text) {
    const auto end = text.find("\r\n");
    fuzz::require(end != std::string_view::npos, "lines end in CR LF");
    const auto line = text.substr(0, end);
    fuzz::require(line.find_first_of("\r\n") == std::string_view::npos, "no other line end is inside a line");
    text.remove_prefix(end + 2);
    return line;
}

struct Framing {
    std::size_t lengths = 0, codings = 0, hosts = 0, length = 0;
};

Framing read_fields(std::string_view& text) {
    Framing framing;
    for (auto line = line_of(text); !line.empty(); line = line_of(text)) {
        const auto colon = line.find(':');
        fuzz::require(colon != std::string_view::npos && is_token(line.substr(0, colon)),
                      "a field has a name, and the colon follows at once");
        const auto name = line.substr(0, colon);
        const auto value = trim(line.substr(colon + 1));
        fuzz::require(is_field_text(value), "no control character is in a value");
        if (equal_ignoring_case(name, "host")) ++framing.hosts;
        if (equal_ignoring_case(name, "transfer-encoding")) {
            ++framing.codings;
            fuzz::require(equal_ignoring_case(value, "chunked"), "the only coding is chunked");
        }
        if (equal_ignoring_case(name, "content-length")) {
            ++framing.lengths;
            const auto [end, error] = std::from_chars(value.begin(), value.end(), framing.length);
            fuzz::require(error == std::errc() && end == value.end(), "a length is a number");
        }
    }
    return framing;
}

std::string read_chunks(std::string_view& text) {
    std::string body;
    while (true) {
        const auto line = line_of(text);
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(line.begin(), line.end(), size, 16);
        fuzz::require(error == std::errc() && end != line.begin(), "a chunk begins with its size");
        const auto rest = trim(std::string_view(end, line.end()));
        fuzz::require(rest.empty() || rest.starts_with(';'), "nothing but extensions follows the size");
        if (size == 0) break;
        fuzz::require(size <= text.size(), "the chunk is there");
        body += text.substr(0, size);
        text.remove_prefix(size);
        fuzz::require(text.starts_with("\r\n"), "a chunk ends in CR LF");
        text.remove_prefix(2);
    }
    read_fields(text);  // trailers
    return body;
}

// What the strict reader makes of a request that was accepted must be the same.
void check_one_reading(std::string_view input, const Reading& seen) {
    auto rest = input.substr(0, seen.consumed);
    const auto first = line_of(rest);
    fuzz::require(std::ranges::count(first, ' ') == 2 && is_field_text(first) && !first.contains('\t'),
                  "a request line has three parts");
    fuzz::require(first.starts_with(std::string(net::to_string(seen.request.method)) + " "), "the method is the one");
    const auto framing = read_fields(rest);
    fuzz::require(input.size() - rest.size() - (input.size() - seen.consumed) == seen.head_end, "the head ends there");
    fuzz::require(framing.hosts <= 1 && framing.lengths + framing.codings <= 1, "there is one way to find the end");
    if (framing.codings == 1) {
        fuzz::require(read_chunks(rest) == seen.request.body, "the chunks are the body");
        fuzz::require(rest.empty(), "the request ends where the last chunk does");
    } else {
        fuzz::require(rest == seen.request.body && rest.size() == framing.length, "the body has its length");
    }
}

void check_target(net::Request request) {
    if (!net::read_target(request)) return;
    fuzz::require(request.path == "*" || request.path.starts_with('/'), "a path begins with a slash");
    fuzz::require(is_valid_utf8(request.path) && !request.path.contains('\0'), "a path is text");
    for (const auto segment : split(request.path, '/'))
        fuzz::require(segment != "." && segment != "..", "dots are gone from a path");
    for (const auto& [name, value] : request.query)
        fuzz::require(is_valid_utf8(name) && is_valid_utf8(value), "a query is text");
}

}  // namespace

SLIPWAY_FUZZ_TARGET(request) {
    const auto whole = read(input, input.size() + 1);
    for (const std::size_t piece : {1, 7}) {
        const auto pieces = read(input, piece);
        fuzz::require(whole.refused == pieces.refused && whole.done == pieces.done, "pieces do not change the verdict");
        fuzz::require(whole.request.target == pieces.request.target && whole.request.method == pieces.request.method &&
                          std::ranges::equal(whole.request.headers, pieces.request.headers),
                      "pieces do not change the head");
        if (whole.done)
            fuzz::require(whole.request.body == pieces.request.body && whole.consumed == pieces.consumed &&
                              whole.keep_alive == pieces.keep_alive,
                          "pieces do not change the body");
    }
    fuzz::require(whole.request.body.size() <= kBodyMax && whole.head_end <= kHeadMax, "limits hold");
    if (whole.done) check_one_reading(input, whole);
    if (whole.head && whole.refused == 0) check_target(whole.request);
}
