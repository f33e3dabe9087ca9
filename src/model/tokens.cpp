#include "model/tokens.h"

#include <algorithm>
#include <array>

namespace slipway::model {
namespace {

constexpr std::int64_t kMessageTokens = 4;
constexpr std::int64_t kWhole = 100;

enum class Kind : unsigned char { space, line_end, latin, digit, symbol, ideograph, emoji, other };

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
};

// The text is valid UTF-8; a broken sequence is taken byte by byte.
Character first_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (bytes == 1 || bytes > text.size()) return {lead, 1};
    char32_t code = lead & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    return {code, bytes};
}

constexpr Kind ascii_kind(char32_t c) {
    if (c == ' ' || c == '\t' || c == '\r') return Kind::space;
    if (c == '\n') return Kind::line_end;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Kind::latin;
    if (c >= '0' && c <= '9') return Kind::digit;
    return Kind::symbol;
}

constexpr auto kAsciiKinds = [] {
    std::array<Kind, 0x80> kinds{};
    for (char32_t c = 0; c < kinds.size(); ++c) kinds[c] = ascii_kind(c);
    return kinds;
}();

Kind kind_of(char32_t c) {
    if (c < 0x80) return kAsciiKinds[c];
    if (c < 0x250) return c < 0xC0 || c == 0xD7 || c == 0xF7 ? Kind::symbol : Kind::latin;
    if (c >= 0x2000 && c < 0x2070) return Kind::symbol;
    const bool ideograph = (c >= 0x2E80 && c < 0xA000) || (c >= 0xAC00 && c < 0xD7B0) || (c >= 0xF900 && c < 0xFB00) ||
                           (c >= 0xFF00 && c < 0xFFF0) || (c >= 0x20000 && c < 0x32000);
    if (ideograph) return Kind::ideograph;
    if (c >= 0x1F000 || (c >= 0x2600 && c < 0x2800)) return Kind::emoji;
    return Kind::other;
}

struct Run {
    Kind kind = Kind::space;
    std::int64_t length = 0;
    std::int64_t outside_ascii = 0;
    bool one_character = true;
};

std::int64_t cost(const Run& run) {
    switch (run.kind) {
        case Kind::space:
            return run.length == 1 ? 0 : kWhole;
        case Kind::line_end:
            return kWhole;
        case Kind::latin:
            return kWhole + std::max<std::int64_t>(0, run.length - 7) * 33 +
                   std::max<std::int64_t>(0, run.length - 20) * 30 + run.outside_ascii * 40;
        case Kind::digit:
            return (run.length + 2) / 3 * kWhole;
        case Kind::symbol:
            return run.one_character ? kWhole : run.length * 60;
        case Kind::ideograph:
            return run.length * 85;
        case Kind::emoji:
            return run.length * 200;
        case Kind::other:
            return std::max(kWhole, run.length * 36);
    }
    return 0;
}

}  // namespace

std::int64_t estimate_tokens(std::string_view text) {
    std::int64_t total = 0;
    while (!text.empty()) {
        const auto first = first_of(text);
        Run run{.kind = kind_of(first.code)};
        for (auto next = first; kind_of(next.code) == run.kind; next = first_of(text)) {
            ++run.length;
            if (next.code >= 0x80) ++run.outside_ascii;
            if (next.code != first.code) run.one_character = false;
            text.remove_prefix(next.bytes);
            if (text.empty()) break;
        }
        total += cost(run);
    }
    return (total + kWhole - 1) / kWhole;
}

std::int64_t estimate_tokens(const Message& message) {
    std::int64_t total = kMessageTokens + estimate_tokens(std::string_view(message.content));
    for (const auto& call : message.tool_calls)
        total += kMessageTokens + estimate_tokens(std::string_view(call.name)) +
                 estimate_tokens(std::string_view(call.arguments));
    return total;
}

std::int64_t estimate_tokens(const ChatRequest& request) {
    std::int64_t total = 0;
    for (const auto& message : request.messages) total += estimate_tokens(message);
    for (const auto& tool : request.tools) {
        total += kMessageTokens + estimate_tokens(std::string_view(tool.name)) +
                 estimate_tokens(std::string_view(tool.description));
        total += estimate_tokens(std::string_view(write_json(tool.parameters)));
    }
    if (request.response_schema)
        total += estimate_tokens(std::string_view(write_json(request.response_schema->schema)));
    return total;
}

}  // namespace slipway::model
