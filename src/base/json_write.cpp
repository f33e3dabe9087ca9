// JSON text out of values: one pass, without recursion. Boost.JSON's own serializer writes 1.0 as 1E0, which is JSON,
// but not what people and other programs write.
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include <boost/container/small_vector.hpp>

#include "base/json.h"
#include "base/text.h"

namespace slipway {
namespace {

// What a byte becomes inside a string: 0 itself, 'u' \u00XX, 'x' part of a character of several bytes, else the letter
// after the backslash.
constexpr std::array<char, 256> escapes() {
    std::array<char, 256> table{};
    for (std::size_t byte = 0; byte < 0x20; ++byte) table[byte] = 'u';
    for (std::size_t byte = 0x80; byte < 0x100; ++byte) table[byte] = 'x';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    table['"'] = '"';
    table['\\'] = '\\';
    return table;
}
constexpr auto kEscapes = escapes();

char escape_of(char c) { return kEscapes[static_cast<unsigned char>(c)]; }

// Collects in a buffer of its own, so that a short text is one allocation and a long one few.
class Output {
 public:
    void put(char c) {
        if (used_ == buffer_.size()) flush();
        buffer_[used_++] = c;
    }
    void put(std::string_view piece) {
        if (piece.size() > buffer_.size() - used_) {
            flush();
            if (piece.size() > buffer_.size()) {
                text_.append(piece);
                return;
            }
        }
        std::memcpy(buffer_.data() + used_, piece.data(), piece.size());
        used_ += piece.size();
    }
    void put(std::size_t count, char c) {
        while (count-- > 0) put(c);
    }
    std::string take() {
        flush();
        return std::move(text_);
    }

 private:
    void flush() {
        text_.append(buffer_.data(), used_);
        used_ = 0;
    }

    std::string text_;
    std::size_t used_ = 0;
    std::array<char, 4096> buffer_;  // not initialised: only what was written is read
};

template <typename T>
void put_integer(Output& out, T number) {
    std::array<char, 24> digits;
    const auto* const end = std::to_chars(digits.begin(), digits.end(), number).ptr;
    out.put(std::string_view(digits.begin(), end));
}

// As ECMAScript's Number::toString: the fewest digits that read back as the same double, with an exponent only where
// the plain form would have more than 21 digits before the point or more than five zeros behind it.
void put_number(Output& out, double number) {
    constexpr double kExactIntegers = 9007199254740992;  // 2^53
    if (!std::isfinite(number)) return out.put("null");
    if (std::abs(number) < kExactIntegers && std::trunc(number) == number)
        return put_integer(out, static_cast<std::int64_t>(number));
    if (number < 0) out.put('-');
    std::array<char, 32> scientific;  // d.ddde±xx
    const auto* const end =
        std::to_chars(scientific.begin(), scientific.end(), std::abs(number), std::chars_format::scientific).ptr;
    const auto* const mark = end[-4] == 'e' ? end - 4 : end - 5;
    int exponent = 0;
    std::from_chars(mark + 2, end, exponent);
    if (mark[1] == '-') exponent = -exponent;
    const bool has_point = mark > scientific.begin() + 1;
    if (has_point) scientific[1] = scientific[0];  // over the point
    const std::string_view digits(scientific.begin() + (has_point ? 1 : 0), mark);

    const int before_point = exponent + 1;
    const auto whole = static_cast<std::size_t>(std::max(before_point, 0));
    if (before_point > 21 || before_point < -5) {
        out.put(digits.front());
        if (digits.size() > 1) out.put('.');
        out.put(digits.substr(1));
        out.put('e');
        out.put(mark[1]);
        put_integer(out, std::abs(exponent));
    } else if (before_point <= 0) {
        out.put("0.");
        out.put(static_cast<std::size_t>(-before_point), '0');
        out.put(digits);
    } else {
        out.put(digits.substr(0, whole));
        if (digits.size() > whole) {
            out.put('.');
            out.put(digits.substr(whole));
        } else {
            out.put(whole - digits.size(), '0');
        }
    }
}

void put_escape(Output& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const char escape = escape_of(c);
    out.put('\\');
    out.put(escape);
    if (escape != 'u') return;
    out.put("00");
    out.put(kHex[static_cast<unsigned char>(c) >> 4U]);
    out.put(kHex[static_cast<unsigned char>(c) & 0xFU]);
}

// How many bytes at the front stand for themselves, eight at a time: a byte's top bit is set where it is a control
// character, a quote, a backslash or not ASCII (or, harmlessly, above one that is).
std::size_t plain_length(std::string_view text) {
    constexpr std::uint64_t kEach = 0x0101010101010101U, kTop = 0x80 * kEach;
    const auto below = [](std::uint64_t word, std::uint64_t least) { return (word - least * kEach) & ~word; };
    std::size_t length = 0;
    while (text.size() - length >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + length, sizeof(word));
        const auto special =
            word | below(word, 0x20) | below(word ^ ('"' * kEach), 1) | below(word ^ ('\\' * kEach), 1);
        if ((special & kTop) != 0) {
            if constexpr (std::endian::native != std::endian::little) break;
            return length + static_cast<std::size_t>(std::countr_zero(special & kTop)) / 8;
        }
        length += sizeof(word);
    }
    while (length < text.size() && escape_of(text[length]) == 0) ++length;
    return length;
}

// How many bytes at the front are valid characters beyond ASCII.
std::size_t beyond_ascii_length(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && escape_of(text[length]) == 'x') {
        const auto character = utf8_sequence_length(text.substr(length));
        if (character == 0) break;
        length += character;
    }
    return length;
}

void put_string(Output& out, std::string_view text) {
    out.put('"');
    std::size_t at = 0;
    const auto put_before = [&] {
        out.put(text.substr(0, at));
        text.remove_prefix(at + 1);
        at = 0;
    };
    while ((at += plain_length(text.substr(at))) < text.size()) {
        const char c = text[at];
        if (escape_of(c) != 'x') {
            put_before();
            put_escape(out, c);
        } else if (const auto length = beyond_ascii_length(text.substr(at)); length > 0) {
            at += length;
        } else {
            put_before();
            out.put("\xEF\xBF\xBD");
        }
    }
    out.put(text);
    out.put('"');
}

// A list or an object that is not closed yet.
struct Level {
    const json::value* item = nullptr;
    const json::value* items_end = nullptr;
    json::object::const_iterator field = nullptr;
    json::object::const_iterator fields_end = nullptr;
    bool is_object = false;
    bool is_first = true;

    bool at_end() const { return is_object ? field == fields_end : item == items_end; }
};

class Writer {
 public:
    void put(const json::value& value);
    void open(const json::array& array);
    void open(const json::object& object);
    std::string finish();

 private:
    Output out_;
    boost::container::small_vector<Level, 16> levels_;
};

void Writer::open(const json::array& array) {
    out_.put('[');
    levels_.push_back({.item = array.data(), .items_end = array.data() + array.size()});
}

void Writer::open(const json::object& object) {
    out_.put('{');
    levels_.push_back({.field = object.begin(), .fields_end = object.end(), .is_object = true});
}

// A list or an object is only opened: finish() writes what is in it.
void Writer::put(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            return out_.put("null");
        case json::kind::bool_:
            return out_.put(value.get_bool() ? "true" : "false");
        case json::kind::int64:
            return put_integer(out_, value.get_int64());
        case json::kind::uint64:
            return put_integer(out_, value.get_uint64());
        case json::kind::double_:
            return put_number(out_, value.get_double());
        case json::kind::string:
            return put_string(out_, {value.get_string().data(), value.get_string().size()});
        case json::kind::array:
            return open(value.get_array());
        case json::kind::object:
            return open(value.get_object());
    }
}

std::string Writer::finish() {
    while (!levels_.empty()) {
        auto& level = levels_.back();
        if (level.at_end()) {
            out_.put(level.is_object ? '}' : ']');
            levels_.pop_back();
            continue;
        }
        if (!std::exchange(level.is_first, false)) out_.put(',');
        if (level.is_object) {
            const auto& field = *level.field++;
            put_string(out_, field.key());
            out_.put(':');
            put(field.value());
        } else {
            put(*level.item++);
        }
    }
    return out_.take();
}

template <typename Container>
std::string write_container(const Container& container) {
    Writer writer;
    writer.open(container);
    return writer.finish();
}

}  // namespace

std::string write_json(const json::value& value) {
    Writer writer;
    writer.put(value);
    return writer.finish();
}

std::string write_json(const json::object& object) { return write_container(object); }
std::string write_json(const json::array& array) { return write_container(array); }

}  // namespace slipway
