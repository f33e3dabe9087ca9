#include "net/chunk_reader.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "net/field.h"

namespace slipway::net {
namespace {

std::unexpected<Refusal> broken(std::string_view why) {
    return refuse(400, ErrorCode::invalid, "The body's chunks are not valid: {}.", why);
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

void skip_blanks(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); }

bool take_token(std::string_view& text) {
    const auto end = std::ranges::find_if_not(text, is_token_char);
    const auto length = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(length);
    return length > 0;
}

bool take_quoted(std::string_view& text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
    }
    return false;
}

// *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
bool are_extensions(std::string_view text) {
    while (!text.empty()) {
        skip_blanks(text);
        if (!text.starts_with(';')) return false;
        text.remove_prefix(1);
        skip_blanks(text);
        if (!take_token(text)) return false;
        auto value = text;
        skip_blanks(value);
        if (!value.starts_with('=')) continue;
        text = value.substr(1);
        skip_blanks(text);
        if (!(text.starts_with('"') ? take_quoted(text) : take_token(text))) return false;
    }
    return true;
}

}  // namespace

std::expected<void, Refusal> ChunkReader::read_size(std::string_view line) {
    const auto digits = line.substr(0, line.find_first_of(" \t;"));
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), remaining_, 16);
    if (digits.size() > kSizeDigitsMax || error != std::errc() || end != digits.data() + digits.size())
        return broken("the size of one is not a hexadecimal number");
    const auto extensions = line.substr(digits.size());
    aside_ += extensions.size();
    if (!are_extensions(extensions)) return broken("the extensions of one are malformed");
    next_ = remaining_ == 0 ? Next::trailer : Next::data;
    return {};
}

std::expected<void, Refusal> ChunkReader::read_trailer(std::string_view line) {
    aside_ += line.size();
    if (line.empty()) {
        next_ = Next::nothing;
        return {};
    }
    auto rest = line;
    if (!take_token(rest) || !rest.starts_with(':')) return broken("a trailer is malformed");
    const auto name = line.substr(0, line.size() - rest.size());
    for (const std::string_view refused : {"Content-Length", "Transfer-Encoding", "Host"})
        if (equal_ignoring_case(name, refused)) return broken("a trailer may not name its length or host");
    return {};
}

std::expected<void, Refusal> ChunkReader::read_line(std::string_view line, std::size_t body_bytes,
                                                    std::size_t body_bytes_max) {
    if (std::ranges::any_of(line, is_control)) return broken("a line has a control character");
    if (next_ == Next::end_of_data) {
        next_ = Next::size;
        return {};
    }
    auto read = next_ == Next::size ? read_size(line) : read_trailer(line);
    if (!read) return read;
    if (aside_ > kAsideMax) return broken("extensions and trailers are too long");
    if (remaining_ > body_bytes_max - std::min(body_bytes_max, body_bytes))
        return refuse(413, ErrorCode::invalid, "The body is larger than {} bytes.", body_bytes_max);
    return {};
}

std::expected<std::optional<std::size_t>, Refusal> ChunkReader::find_line(std::string_view input) const {
    // The first of both, so that neither is inside a line.
    const auto end = input.find_first_of("\r\n");
    if (next_ == Next::end_of_data && end != 0 && !input.empty()) return broken("one is longer than its size");
    if (std::min(end, input.size()) > kLineMax) return broken("a line is too long");
    if (end == std::string_view::npos) return std::nullopt;
    if (input[end] == '\n' || (end + 1 < input.size() && input[end + 1] != '\n'))
        return broken("a line does not end in CR LF");
    if (end + 1 == input.size()) return std::nullopt;
    return end;
}

std::size_t ChunkReader::take_data(std::string_view input, std::string& body) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
    body.append(input.substr(0, count));
    remaining_ -= count;
    if (remaining_ == 0) next_ = Next::end_of_data;
    return count;
}

std::expected<std::size_t, Refusal> ChunkReader::read(std::string_view input, std::string& body,
                                                      std::size_t body_bytes_max) {
    std::size_t taken = 0;
    while (!done()) {
        const auto rest = input.substr(taken);
        if (next_ == Next::data) {
            if (rest.empty()) break;
            taken += take_data(rest, body);
            continue;
        }
        const auto line = find_line(rest);
        if (!line) return std::unexpected(line.error());
        if (!*line) break;
        const auto read = read_line(rest.substr(0, **line), body.size(), body_bytes_max);
        if (!read) return std::unexpected(read.error());
        taken += **line + 2;
    }
    return taken;
}

}  // namespace slipway::net
