// As much of Protocol Buffers (protobuf.dev/programming-guides/encoding) as Terraform's plugin protocol needs: numbers,
// bytes and messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace slipway::deploy {

class MessageWriter {
 public:
    // Zero, false and empty are what a missing field means, so they are left out.
    MessageWriter& number(int field, std::uint64_t value);
    MessageWriter& bytes(int field, std::string_view value);
    // A message inside; also an empty one is there.
    MessageWriter& message(int field, std::string_view value);
    const std::string& text() const { return text_; }

 private:
    void varint(std::uint64_t value);
    std::string text_;
};

// The fields of a message; valid as long as its bytes.
class MessageReader {
 public:
    static constexpr std::size_t kFieldsMax = 10'000;
    // `invalid` when the bytes are no message.
    static Result<MessageReader> read(std::string_view bytes);
    // The last one that was given; empty when none was.
    std::string_view bytes(int field) const;

 private:
    struct Field {
        std::uint64_t number = 0;
        std::string_view bytes;
    };
    const Field* find(int field) const;
    std::vector<Field> fields_;
};

}  // namespace slipway::deploy
