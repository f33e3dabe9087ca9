#include "store/redis/reply.h"

#include <charconv>
#include <limits>

namespace slipway::store::redis {
namespace {

constexpr std::size_t kForgetBytes = 64 << 10;  // what is read is moved out of the buffer once there is so much

std::unexpected<Error> bad(std::string_view what) {
    return fail(ErrorCode::upstream, "The Redis server's answer is not RESP: {}.", what);
}

std::optional<std::int64_t> to_integer(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> to_number(std::string_view text) {
    if (text == "inf" || text == "+inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
    if (text == "nan" || text == "-nan") return std::numeric_limits<double>::quiet_NaN();
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string_view Reply::error_name() const {
    if (!is_error()) return {};
    return std::string_view(text).substr(0, text.find(' '));
}

std::optional<std::int64_t> Reply::as_integer() const {
    if (kind == Kind::integer) return integer;
    if (kind == Kind::text) return to_integer(text);
    return std::nullopt;
}

void ReplyParser::feed(std::string_view bytes) { buffer_ += bytes; }

void ReplyParser::forget_read() {
    if (at_ < buffer_.size() && at_ < kForgetBytes) return;
    buffer_.erase(0, at_);
    at_ = 0;
}

Result<std::optional<Reply>> ReplyParser::next() {
    if (lost_) return bad("what came before could not be read");
    while (true) {
        Reply value;
        const auto step = read(value);
        if (!step) {
            lost_ = true;
            return std::unexpected(step.error());
        }
        if (*step == Step::more) return std::nullopt;
        if (*step == Step::opened || !close(value)) continue;
        bytes_ = items_ = 0;
        forget_read();
        return std::optional<Reply>(std::move(value));
    }
}

Result<ReplyParser::Step> ReplyParser::read(Reply& into) {
    const auto waiting = std::string_view(buffer_).substr(at_);
    const auto end = waiting.substr(0, limits_.line_bytes_max).find("\r\n");
    if (end == std::string_view::npos) {
        if (waiting.size() >= limits_.line_bytes_max) return bad("a line is longer than the limit");
        return Step::more;
    }
    if (end == 0) return bad("a line has no type");
    const char type = waiting[0];
    const auto line = waiting.substr(1, end - 1);
    if (bytes_ + end + 2 > limits_.bytes_max) return bad("it is larger than the limit");
    if (type == '$' || type == '=' || type == '!') return read_bulk(type, line, end + 2, into);
    if (++items_ > limits_.items_max) return bad("it has more items than the limit");
    const auto step = std::string_view("*%~>|").contains(type) ? open(type, line, into) : read_line(type, line, into);
    at_ += end + 2;
    bytes_ += end + 2;
    return step;
}

Result<ReplyParser::Step> ReplyParser::read_line(char type, std::string_view line, Reply& into) {
    switch (type) {
        case '+':
        case '(':
            into.kind = Reply::Kind::text;
            break;
        case '-':
            into.kind = Reply::Kind::error;
            break;
        case ':': {
            const auto value = to_integer(line);
            if (!value) return bad("an integer is none");
            into.kind = Reply::Kind::integer;
            into.integer = *value;
            return Step::value;
        }
        case ',': {
            const auto value = to_number(line);
            if (!value) return bad("a number is none");
            into.kind = Reply::Kind::number;
            into.number = *value;
            return Step::value;
        }
        case '#':
            if (line != "t" && line != "f") return bad("a truth value is none");
            into.kind = Reply::Kind::truth;
            into.truth = line == "t";
            return Step::value;
        case '_':
            if (!line.empty()) return bad("a null has content");
            return Step::value;
        default:
            return bad("a type is unknown");
    }
    into.text = line;
    return Step::value;
}

Result<ReplyParser::Step> ReplyParser::read_bulk(char type, std::string_view line, std::size_t body_at, Reply& into) {
    const auto length = to_integer(line);
    if (!length || *length < -1) return bad("a length is none");
    const auto count = *length < 0 ? 0 : static_cast<std::size_t>(*length);
    if (count > limits_.bytes_max || bytes_ + body_at + count > limits_.bytes_max)
        return bad("it is larger than the limit");
    const std::size_t size = *length < 0 ? body_at : body_at + count + 2;
    if (buffer_.size() - at_ < size) {
        buffer_.reserve(at_ + size);
        return Step::more;
    }
    if (++items_ > limits_.items_max) return bad("it has more items than the limit");
    if (*length >= 0) {
        if (buffer_.compare(at_ + size - 2, 2, "\r\n") != 0) return bad("a string does not end where it should");
        into.kind = type == '!' ? Reply::Kind::error : Reply::Kind::text;
        std::string_view body(buffer_.data() + at_ + body_at, count);
        if (type == '=') {  // "txt:…"
            if (body.size() < 4 || body[3] != ':') return bad("a verbatim string names no format");
            body.remove_prefix(4);
        }
        into.text = body;
    }
    at_ += size;
    bytes_ += size;
    return Step::value;
}

Result<ReplyParser::Step> ReplyParser::open(char type, std::string_view line, Reply& into) {
    const auto length = to_integer(line);
    if (!length || *length < -1) return bad("a length is none");
    if (*length == -1) {
        if (type != '*') return bad("a length is none");
        return Step::value;  // the null array of RESP2
    }
    auto missing = static_cast<std::size_t>(*length);
    if (missing > limits_.items_max) return bad("it has more items than the limit");
    if (type == '%' || type == '|') missing *= 2;
    into.kind = type == '%' ? Reply::Kind::map : type == '>' ? Reply::Kind::push : Reply::Kind::list;
    if (missing == 0) {
        if (type == '|') return Step::opened;  // empty attributes: nothing at all
        return Step::value;
    }
    if (open_.size() >= limits_.depth_max) return bad("it is deeper than the limit");
    open_.push_back({std::move(into), missing, type == '|'});
    return Step::opened;
}

bool ReplyParser::close(Reply& value) {
    while (!open_.empty()) {
        auto& parent = open_.back();
        if (!parent.attribute) parent.reply.items.push_back(std::move(value));
        if (--parent.missing > 0) return false;
        const bool attribute = parent.attribute;
        value = std::move(parent.reply);
        open_.pop_back();
        if (attribute) return false;  // what it belongs to follows
    }
    return true;
}

}  // namespace slipway::store::redis
