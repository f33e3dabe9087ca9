// Secrets that are kept where others may read: encrypted and authenticated with a key that lies elsewhere
// (XSalsa20-Poly1305 of libsodium, a random nonce before the ciphertext).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway {

// A key of 32 bytes for one purpose, from a secret of any length: HMAC-SHA-256 of the purpose's name.
std::string derive_key(std::string_view secret, std::string_view purpose);

// base64url. `key` has 32 bytes (derive_key); another length is a bug: std::logic_error.
std::string seal(std::string_view key, std::string_view plain);
// nullopt when it was not sealed with this key, or was changed.
std::optional<std::string> open_sealed(std::string_view key, std::string_view sealed);

}  // namespace slipway
