#include "net/websocket_frame.h"

#include <algorithm>

#include <openssl/evp.h>

#include "base/crypto.h"
#include "base/text.h"

namespace slipway::net {
namespace {

constexpr std::string_view kKeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 section 1.3
constexpr std::size_t kControlMax = 125;

bool is_control(Opcode opcode) { return static_cast<unsigned char>(opcode) >= 8; }

std::unexpected<FrameError> violated(std::string_view reason, std::uint16_t code = close_code::kProtocolError) {
    return std::unexpected(FrameError{code, reason});
}

// What a peer may send as a code (RFC 6455 section 7.4 and IANA's registry).
bool is_close_code(std::uint16_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

}  // namespace

std::expected<std::size_t, FrameError> FrameReader::read_header(std::string_view input) {
    if (input.size() < 2) return 0;
    const auto first = static_cast<unsigned char>(input[0]), second = static_cast<unsigned char>(input[1]);
    if ((first & 0x70U) != 0) return violated("reserved bits are set");
    if ((second & 0x80U) == 0) return violated("a frame is not masked");
    const unsigned short_length = second & 0x7fU;
    const std::size_t length_bytes = short_length == 127 ? 8 : short_length == 126 ? 2 : 0;
    const auto size = 2 + length_bytes + mask_.size();
    final_ = (first & 0x80U) != 0;
    opcode_ = static_cast<Opcode>(first & 0x0fU);
    // A control frame is judged before all of its header is there: one that claims to be long would never complete.
    if (is_control(opcode_) && (!final_ || short_length > kControlMax))
        return violated("a control frame is fragmented or too long");
    if (input.size() < size) return 0;
    const auto length = length_bytes == 0 ? short_length : big_endian(input.substr(2, length_bytes));
    std::ranges::copy(input.substr(2 + length_bytes, mask_.size()), mask_.begin());
    if (const auto begun = begin_frame(length); !begun) return std::unexpected(begun.error());
    return size;
}

std::expected<void, FrameError> FrameReader::begin_frame(std::uint64_t length) {
    switch (opcode_) {
        case Opcode::continuation:
            if (!in_message_) return violated("a continuation without a beginning");
            break;
        case Opcode::text:
        case Opcode::binary:
            if (in_message_) return violated("a message begins inside another");
            binary_ = opcode_ == Opcode::binary;
            in_message_ = true;
            break;
        case Opcode::close:
        case Opcode::ping:
        case Opcode::pong:
            control_.clear();
            break;
        default:
            return violated("an unknown opcode");
    }
    if (!is_control(opcode_) && length > message_bytes_max_ - message_.size())
        return violated("the message is too large", close_code::kTooBig);
    remaining_ = length;
    mask_at_ = 0;
    in_frame_ = true;
    return {};
}

std::size_t FrameReader::read_payload(std::string_view input) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
    auto& target = is_control(opcode_) ? control_ : message_;
    const auto start = target.size();
    target.append(input.substr(0, count));
    for (std::size_t i = start; i < target.size(); ++i) {
        target[i] = static_cast<char>(target[i] ^ mask_[mask_at_]);
        mask_at_ = (mask_at_ + 1) % mask_.size();
    }
    remaining_ -= count;
    return count;
}

std::expected<std::optional<FrameReader::Event>, FrameError> FrameReader::end_frame() {
    in_frame_ = false;
    if (!is_control(opcode_)) {
        if (!final_) return std::nullopt;
        in_message_ = false;
        if (!binary_ && !is_valid_utf8(message_)) return violated("a text message is not UTF-8", close_code::kBadText);
        return Event(WebSocketMessage{binary_, std::exchange(message_, {})});
    }
    Control control{.opcode = opcode_, .payload = std::exchange(control_, {})};
    if (opcode_ != Opcode::close || control.payload.empty()) return Event(std::move(control));
    if (control.payload.size() == 1) return violated("a close frame with half a code");
    control.code = static_cast<std::uint16_t>(big_endian(std::string_view(control.payload).substr(0, 2)));
    if (!is_close_code(control.code)) return violated("an invalid close code");
    if (!is_valid_utf8(std::string_view(control.payload).substr(2)))
        return violated("a close reason is not UTF-8", close_code::kBadText);
    return Event(std::move(control));
}

std::expected<FrameReader::Step, FrameError> FrameReader::read(std::string_view input) {
    Step step;
    while (true) {
        if (!in_frame_) {
            const auto header = read_header(input.substr(step.consumed));
            if (!header) return std::unexpected(header.error());
            if (*header == 0) return step;
            step.consumed += *header;
        }
        step.consumed += read_payload(input.substr(step.consumed));
        if (remaining_ > 0) return step;
        auto ended = end_frame();
        if (!ended) return std::unexpected(ended.error());
        step.event = std::move(*ended);
        if (step.event) return step;
    }
}

std::string frame_header(Opcode opcode, std::size_t length) {
    std::string header(1, static_cast<char>(0x80U | static_cast<unsigned char>(opcode)));
    const int length_bytes = length > 0xffff ? 8 : length > kControlMax ? 2 : 0;
    header += static_cast<char>(length_bytes == 8 ? 127 : length_bytes == 2 ? 126 : length);
    for (int shift = 8 * (length_bytes - 1); shift >= 0; shift -= 8) header += static_cast<char>(length >> shift);
    return header;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    return payload.append(cut_utf8(reason, kControlMax - 2));
}

std::optional<std::string> accept_key(std::string_view key) {
    const auto is_base64 = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    };
    if (key.size() != 24 || !key.ends_with("==") || !std::ranges::all_of(key.substr(0, 22), is_base64))
        return std::nullopt;
    const auto text = std::string(key).append(kKeySuffix);
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &length, EVP_sha1(),
                   nullptr) != 1)
        return std::nullopt;
    return to_base64(std::string_view(digest).substr(0, length));
}

}  // namespace slipway::net
