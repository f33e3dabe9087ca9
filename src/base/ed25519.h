// Signatures with Ed25519 (RFC 8032), by libsodium: keys of small order and signatures that are not in their one
// canonical form are refused.
#pragma once

#include <string>
#include <string_view>

namespace slipway::ed25519 {

struct KeyPair {
    std::string secret;      // 64 bytes: seed and public key
    std::string public_key;  // 32 bytes
};

KeyPair make_key_pair();
// 64 bytes. A secret of another length is a bug: std::logic_error.
std::string sign(std::string_view secret, std::string_view message);
// False for a key or a signature of another length, too.
bool verify(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace slipway::ed25519
