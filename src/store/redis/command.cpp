#include "store/redis/command.h"

#include <array>

#include <openssl/evp.h>

#include "base/crypto.h"

namespace slipway::store::redis {
namespace {

// CRC16/XMODEM: polynomial 0x1021, from 0.
constexpr auto kCrc = [] {
    std::array<std::uint16_t, 256> table{};
    for (unsigned byte = 0; byte < table.size(); ++byte) {
        unsigned crc = byte << 8;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021U : crc << 1;
        table[byte] = static_cast<std::uint16_t>(crc);
    }
    return table;
}();

std::string_view hashed_part(std::string_view key) {
    const auto open = key.find('{');
    if (open == std::string_view::npos) return key;
    const auto close = key.find('}', open + 1);
    if (close == std::string_view::npos || close == open + 1) return key;
    return key.substr(open + 1, close - open - 1);
}

// Not a secret: the server's name for a script.
std::string sha1_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return to_hex({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace

std::uint16_t slot_of(std::string_view key) {
    unsigned crc = 0;
    for (const char c : hashed_part(key))
        crc = ((crc << 8) ^ kCrc[((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xFFU]) & 0xFFFFU;
    return static_cast<std::uint16_t>(crc % kSlots);
}

void Command::take_key(std::string_view name) {
    if (!has_key_) slot_ = slot_of(name);
    has_key_ = true;
    append(name);
}

Script::Script(std::string source) : source_(std::move(source)), sha1_(sha1_hex(source_)) {}

}  // namespace slipway::store::redis
