#include "net/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log.h"
#include "base/text.h"
#include "net/field.h"

namespace slipway::net {
namespace {

constexpr std::size_t kUsualHead = 512;
constexpr std::array<std::string_view, 7> kOurs{"connection", "content-length",         "transfer-encoding", "date",
                                                "server",     "x-content-type-options", "x-request-id"};

bool is_ours(std::string_view name) {
    return std::ranges::any_of(kOurs, [&](std::string_view ours) { return equal_ignoring_case(ours, name); });
}

void append_number(std::string& text, std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    text.append(digits.data(), end);
}

void append_line(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string render_head(const HeadFraming& framing, std::string_view common, std::string_view request_id,
                        const Headers& headers) {
    std::string head;
    head.reserve(kUsualHead);
    head.append("HTTP/1.1 ");
    append_number(head, static_cast<std::uint64_t>(framing.status));
    head.append(" ").append(reason_phrase(framing.status)).append("\r\n").append(common);
    if (!request_id.empty()) append_line(head, "X-Request-Id", request_id);
    for (const auto& [name, value] : headers) {
        if (is_ours(name)) continue;
        if (is_field_name(name) && is_field_value(value))
            append_line(head, name, value);
        else
            log::error("response header left out",
                       {{"status", framing.status}, {"header", to_valid_utf8(name.substr(0, 64))}});
    }
    if (framing.chunked) {
        head.append("Transfer-Encoding: chunked\r\n");
    } else if (framing.length) {
        head.append("Content-Length: ");
        append_number(head, *framing.length);
        head.append("\r\n");
    }
    if (!framing.keep_alive)
        head.append("Connection: close\r\n");
    else if (framing.http_1_0)
        head.append("Connection: keep-alive\r\n");
    return head.append("\r\n");
}

}  // namespace slipway::net
