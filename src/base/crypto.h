// Hashes, random values, tokens and passwords. OpenSSL and libsodium underneath.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway {

std::string sha256(std::string_view bytes);      // 32 raw bytes
std::string sha256_hex(std::string_view bytes);  // 64 characters

// SHA-256 of what comes in pieces.
class Sha256 {
 public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void add(std::string_view bytes);
    std::string finish();  // 32 raw bytes; once

 private:
    struct State;
    State* state_;
};

std::string hmac_sha256(std::string_view key, std::string_view bytes);

std::string to_hex(std::string_view bytes);
std::string to_base64url(std::string_view bytes);  // without padding
// Not for secrets: takes a time that depends on the text. nullopt for any other character, padding too, and for bits
// that are left over and not zero.
std::optional<std::string> from_base64url(std::string_view text);
std::string to_base64(std::string_view bytes);  // with padding

// From the system's generator; never fails (aborts when the system has none).
std::string random_bytes(std::size_t count);
std::string random_token(std::size_t bytes = 32);  // base64url

// Takes the same time for every pair of equal length.
bool equal_constant_time(std::string_view a, std::string_view b);

// A UUID of version 7: sorts by creation time, 74 random bits. Thread safe.
std::string new_id();

struct PasswordCost {
    std::uint64_t operations = 2;
    std::size_t memory_bytes = 19 << 20;  // OWASP's recommendation for argon2id: 19 MiB, 2 passes, 1 lane
};
// argon2id in PHC form. Takes tens of milliseconds: call on a pool.
// `unavailable` when there is not so much memory.
Result<std::string> hash_password(std::string_view password, PasswordCost cost = {});
bool verify_password(std::string_view hash, std::string_view password);

}  // namespace slipway
