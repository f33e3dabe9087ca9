#include "deploy/provider/message_pack.h"

#include <algorithm>
#include <bit>

namespace slipway::deploy {
namespace {

constexpr unsigned char kNil = 0xc0, kFalse = 0xc2, kTrue = 0xc3;
constexpr std::string_view kUnknown("\xd4\x00\x00", 3);  // an extension of one byte, of the kind 0

Error broken() { return Error{ErrorCode::invalid, "A value of Terraform is cut short or no MessagePack."}; }

void put_big_endian(std::string& to, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = bytes; i > 0; --i) to += static_cast<char>((number >> (8 * (i - 1))) & 0xff);
}

// A head that says how many follow: small ones lie in the head itself.
void put_head(std::string& to, std::size_t count, unsigned char small, std::size_t small_max, unsigned char large) {
    if (count <= small_max) {
        to += static_cast<char>(small | count);
    } else if (count <= 0xffff) {
        to += static_cast<char>(large);
        put_big_endian(to, count, 2);
    } else {
        to += static_cast<char>(large + 1);
        put_big_endian(to, count, 4);
    }
}

std::string encoded_text(std::string_view text) {
    std::string to;
    if (text.size() > 31 && text.size() <= 0xff) {
        to += static_cast<char>(0xd9);
        put_big_endian(to, text.size(), 1);
    } else {
        put_head(to, text.size(), 0xa0, 31, 0xda);
    }
    to += text;
    return to;
}

class Reader {
 public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    bool at_end() const { return at_ == bytes_.size(); }

    Result<Value> value(std::size_t depth) {
        if (depth > kValueDepthMax || ++parts_ > kValuePartsMax)
            return fail(ErrorCode::invalid, "A value of Terraform is nested too deep or too large.");
        if (at_end()) return std::unexpected(broken());
        const auto head = static_cast<unsigned char>(bytes_[at_]);
        if (head == kNil) return skip(1, Value());
        if (head <= 0x7f || head >= 0xe0) return scalar(1);
        if (head <= 0x8f) return map(1, head & 0x0fU, depth);
        if (head <= 0x9f) return list(1, head & 0x0fU, depth);
        if (head <= 0xbf) return scalar(1 + (head & 0x1fU));
        return wide(head, depth);
    }

 private:
    // Heads of a byte, and a length or a number after it.
    Result<Value> wide(unsigned char head, std::size_t depth) {
        switch (head) {
            case kFalse:
            case kTrue:
                return scalar(1);
            case 0xc4:
            case 0xd9:
                return counted_scalar(1);
            case 0xc5:
            case 0xda:
                return counted_scalar(2);
            case 0xc6:
            case 0xdb:
                return counted_scalar(4);
            case 0xc7:
                return counted_extension(1);
            case 0xc8:
                return counted_extension(2);
            case 0xc9:
                return counted_extension(4);
            case 0xcc:
            case 0xd0:
                return scalar(2);
            case 0xcd:
            case 0xd1:
                return scalar(3);
            case 0xca:
            case 0xce:
            case 0xd2:
                return scalar(5);
            case 0xcb:
            case 0xcf:
            case 0xd3:
                return scalar(9);
            case 0xd4:
            case 0xd5:
            case 0xd6:
            case 0xd7:
            case 0xd8:
                return extension(2 + (std::size_t{1} << (head - 0xd4U)));
            case 0xdc:
                return list(3, number(2), depth);
            case 0xdd:
                return list(5, number(4), depth);
            case 0xde:
                return map(3, number(2), depth);
            case 0xdf:
                return map(5, number(4), depth);
            default:
                return std::unexpected(broken());
        }
    }

    // After the head; what is missing counts as too much, so that its reader fails.
    std::size_t number(std::size_t bytes) const {
        if (bytes_.size() - at_ < 1 + bytes) return bytes_.size() + 1;
        std::size_t value = 0;
        for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[at_ + 1 + i]);
        return value;
    }

    Result<Value> skip(std::size_t bytes, Value value) {
        if (bytes_.size() - at_ < bytes) return std::unexpected(broken());
        at_ += bytes;
        return value;
    }

    Result<Value> scalar(std::size_t bytes) {
        if (bytes_.size() - at_ < bytes) return std::unexpected(broken());
        Value value;
        value.kind = Value::Kind::scalar;
        value.encoded = bytes_.substr(at_, bytes);
        at_ += bytes;
        return value;
    }

    Result<Value> counted_scalar(std::size_t width) { return scalar(1 + width + number(width)); }
    Result<Value> counted_extension(std::size_t width) { return extension(2 + width + number(width)); }

    // Any extension means a value that is not known yet.
    Result<Value> extension(std::size_t bytes) {
        SLIPWAY_TRY(auto value, scalar(bytes));
        value.kind = Value::Kind::unknown;
        return value;
    }

    Result<Value> list(std::size_t head, std::size_t count, std::size_t depth) {
        if (bytes_.size() - at_ < head || count > bytes_.size() - at_) return std::unexpected(broken());
        at_ += head;
        Value value;
        value.kind = Value::Kind::list;
        for (std::size_t i = 0; i < count; ++i) {
            SLIPWAY_TRY(auto item, this->value(depth + 1));
            value.items.push_back(std::move(item));
        }
        return value;
    }

    Result<Value> map(std::size_t head, std::size_t count, std::size_t depth) {
        if (bytes_.size() - at_ < head || count > bytes_.size() - at_) return std::unexpected(broken());
        at_ += head;
        Value value;
        value.kind = Value::Kind::map;
        for (std::size_t i = 0; i < count; ++i) {
            SLIPWAY_TRY(auto name, key());
            SLIPWAY_TRY(auto member, this->value(depth + 1));
            value.members.push_back({std::move(name), std::move(member)});
        }
        return value;
    }

    Result<std::string> key() {
        SLIPWAY_TRY(const auto given, value(kValueDepthMax));
        if (given.kind != Value::Kind::scalar) return std::unexpected(broken());
        const auto head = static_cast<unsigned char>(given.encoded[0]);
        if (head >= 0xa0 && head <= 0xbf) return given.encoded.substr(1);
        if (head >= 0xd9 && head <= 0xdb) return given.encoded.substr(1 + (std::size_t{1} << (head - 0xd9U)));
        return std::unexpected(broken());
    }

    std::string_view bytes_;
    std::size_t at_ = 0, parts_ = 0;
};

void write(const Value& value, std::string& to) {
    switch (value.kind) {
        case Value::Kind::null:
            to += static_cast<char>(kNil);
            break;
        case Value::Kind::unknown:
        case Value::Kind::scalar:
            to += value.encoded;
            break;
        case Value::Kind::list:
            put_head(to, value.items.size(), 0x90, 15, 0xdc);
            for (const auto& item : value.items) write(item, to);
            break;
        case Value::Kind::map:
            put_head(to, value.members.size(), 0x80, 15, 0xde);
            for (const auto& [name, member] : value.members) {
                to += encoded_text(name);
                write(member, to);
            }
            break;
    }
}

Value scalar_of(std::string encoded) {
    Value value;
    value.kind = Value::Kind::scalar;
    value.encoded = std::move(encoded);
    return value;
}

}  // namespace

Value Value::unknown() {
    auto value = scalar_of(std::string(kUnknown));
    value.kind = Kind::unknown;
    return value;
}

Value Value::text(std::string_view text) { return scalar_of(encoded_text(text)); }
Value Value::truth(bool truth) { return scalar_of(std::string(1, static_cast<char>(truth ? kTrue : kFalse))); }

Value Value::whole(std::int64_t number) {
    std::string encoded(1, static_cast<char>(0xd3));
    put_big_endian(encoded, static_cast<std::uint64_t>(number), 8);
    return scalar_of(std::move(encoded));
}

Value Value::list(std::vector<Value> items) {
    Value value;
    value.kind = Kind::list;
    value.items = std::move(items);
    return value;
}

Value* Value::member(std::string_view name) {
    const auto found = std::ranges::find(members, name, &Member::name);
    return found == members.end() ? nullptr : &found->value;
}

const Value* Value::member(std::string_view name) const {
    const auto found = std::ranges::find(members, name, &Member::name);
    return found == members.end() ? nullptr : &found->value;
}

void Value::set(std::string_view name, Value value) {
    kind = Kind::map;
    if (auto* const found = member(name))
        *found = std::move(value);
    else
        members.push_back({std::string(name), std::move(value)});
}

Result<Value> read_value(std::string_view bytes) {
    Reader reader(bytes);
    SLIPWAY_TRY(auto value, reader.value(0));
    if (!reader.at_end()) return std::unexpected(broken());
    return value;
}

std::string write_value(const Value& value) {
    std::string to;
    write(value, to);
    return to;
}

Value from_json(const json::value& value) {
    if (value.is_bool()) return Value::truth(value.get_bool());
    if (value.is_int64()) return Value::whole(value.get_int64());
    if (value.is_string()) return Value::text(value.get_string());
    if (value.is_number()) {
        std::string encoded(1, static_cast<char>(0xcb));
        put_big_endian(encoded, std::bit_cast<std::uint64_t>(value.to_number<double>()), 8);
        return scalar_of(std::move(encoded));
    }
    Value made;
    if (value.is_array()) {
        made.kind = Value::Kind::list;
        for (const auto& item : value.get_array()) made.items.push_back(from_json(item));
    } else if (value.is_object()) {
        made.kind = Value::Kind::map;
        for (const auto& member : value.get_object()) made.members.push_back({member.key(), from_json(member.value())});
    }
    return made;
}

}  // namespace slipway::deploy
