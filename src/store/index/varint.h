// Whole numbers in as few bytes as they need: LEB128, 7 bits a byte, lowest first, as DWARF and protobuf have it.
#pragma once

#include <cstdint>
#include <string>

namespace slipway::store {

inline void append_number(std::string& bytes, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
    bytes += static_cast<char>(number);
}

// Moves `at` behind the number; false when the bytes end before it does, or when it has more than 64 bits.
inline bool read_number(const unsigned char*& at, const unsigned char* end, std::uint64_t& number) {
    number = 0;
    for (unsigned shift = 0; shift < 64 && at != end; shift += 7) {
        const std::uint64_t byte = *at++;
        number |= (byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

}  // namespace slipway::store
