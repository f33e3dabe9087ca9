#include "deploy/verify/websocket_answer.h"

#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kControlBytesMax = 125;

std::uint64_t number_of(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

std::unexpected<Error> broken(std::string_view what) { return fail(ErrorCode::upstream, "The WebSocket {}.", what); }

// "Sec-WebSocket-Accept" of a head, whichever case it has.
std::string_view field(std::string_view head, std::string_view name) {
    for (const auto line : split(head, '\n')) {
        const auto colon = line.find(':');
        if (colon != std::string_view::npos && equal_ignoring_case(trim(line.substr(0, colon)), name))
            return trim(line.substr(colon + 1));
    }
    return "";
}

bool is_control(net::Opcode opcode) { return opcode >= net::Opcode::close; }

}  // namespace

Result<void> check_handshake(std::string_view head, std::string_view key) {
    const auto status = trim(head.substr(0, head.find("\r\n")));
    if (!status.starts_with("HTTP/1.1 101"))
        return broken(fmt::format("is refused: the handshake is answered with '{}'", to_valid_utf8(status)));
    if (const auto accepted = net::accept_key(key); !accepted || field(head, "Sec-WebSocket-Accept") != *accepted)
        return broken("is answered by something that does not speak the protocol");
    return {};
}

Result<std::optional<ServerFrame>> read_server_frame(std::string_view bytes) {
    if (bytes.size() < 2) return std::nullopt;
    const auto first = static_cast<unsigned char>(bytes[0]), second = static_cast<unsigned char>(bytes[1]);
    if ((second & 0x80U) != 0) return broken("masks what it sends, as clients alone do");
    if ((first & 0x70U) != 0) return broken("uses an extension that nobody asked for");
    const auto opcode = static_cast<net::Opcode>(first & 0x0fU);
    const bool known = opcode == net::Opcode::text || opcode == net::Opcode::binary ||
                       (is_control(opcode) && opcode <= net::Opcode::pong);
    if (!known || (first & 0x80U) == 0) return broken("sends a frame that is none, or a message in pieces");
    const std::size_t short_length = second & 0x7fU;
    const std::size_t begin = 2 + (short_length == 126 ? 2U : short_length == 127 ? 8U : 0U);
    if (is_control(opcode) && short_length > kControlBytesMax) return broken("sends a control frame that is too long");
    if (bytes.size() < begin) return std::nullopt;
    const std::uint64_t length = begin == 2 ? short_length : number_of(bytes.substr(2, begin - 2));
    if (length > kMessageBytesMax) return broken("sends more than a check reads");
    if (bytes.size() - begin < length) return std::nullopt;
    return ServerFrame{.opcode = opcode, .payload = bytes.substr(begin, length), .size = begin + length};
}

}  // namespace slipway::deploy
