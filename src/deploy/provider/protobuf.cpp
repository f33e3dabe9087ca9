#include "deploy/provider/protobuf.h"

#include <optional>
#include <ranges>

namespace slipway::deploy {
namespace {

constexpr unsigned kVarint = 0, kFixed64 = 1, kDelimited = 2, kFixed32 = 5;

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        if ((byte & 0x80U) == 0) return value;
    }
    return std::nullopt;
}

}  // namespace

void MessageWriter::varint(std::uint64_t value) {
    for (; value > 0x7f; value >>= 7) text_ += static_cast<char>((value & 0x7fU) | 0x80U);
    text_ += static_cast<char>(value);
}

MessageWriter& MessageWriter::number(int field, std::uint64_t value) {
    if (value == 0) return *this;
    varint(static_cast<std::uint64_t>(field) << 3 | kVarint);
    varint(value);
    return *this;
}

MessageWriter& MessageWriter::bytes(int field, std::string_view value) {
    return value.empty() ? *this : message(field, value);
}

MessageWriter& MessageWriter::message(int field, std::string_view value) {
    varint(static_cast<std::uint64_t>(field) << 3 | kDelimited);
    varint(value.size());
    text_ += value;
    return *this;
}

Result<MessageReader> MessageReader::read(std::string_view bytes) {
    const auto broken = [] { return fail(ErrorCode::invalid, "A message of Terraform is cut short or damaged."); };
    MessageReader reader;
    while (!bytes.empty()) {
        const auto key = take_varint(bytes);
        if (!key || reader.fields_.size() >= kFieldsMax) return broken();
        Field field;
        field.number = *key >> 3;
        switch (*key & 7U) {
            case kVarint: {
                if (!take_varint(bytes)) return broken();
                break;
            }
            case kDelimited: {
                const auto size = take_varint(bytes);
                if (!size || *size > bytes.size()) return broken();
                field.bytes = bytes.substr(0, *size);
                bytes.remove_prefix(*size);
                break;
            }
            case kFixed64:
            case kFixed32: {
                const std::size_t size = (*key & 7U) == kFixed64 ? 8 : 4;
                if (size > bytes.size()) return broken();
                bytes.remove_prefix(size);
                break;
            }
            default:
                return broken();
        }
        reader.fields_.push_back(field);
    }
    return reader;
}

const MessageReader::Field* MessageReader::find(int field) const {
    for (const auto& one : std::views::reverse(fields_))
        if (one.number == static_cast<std::uint64_t>(field)) return &one;
    return nullptr;
}

std::string_view MessageReader::bytes(int field) const {
    const auto* const found = find(field);
    return found == nullptr ? std::string_view() : found->bytes;
}

}  // namespace slipway::deploy
