// How passwords are kept: as argon2id, and until their owner next signs in as what another system made.
//
//     $argon2id$v=19$m=19456,t=2,p=1$SALT$DIGEST      what is written here (PHC)
//     $2a$, $2b$, $2y$12$…                            bcrypt, as of OpenBSD, passlib, PHP, node
//     $scrypt$ln=16,r=8,p=1$SALT$DIGEST               scrypt of passlib; also n=65536 for ln=16
//     scrypt:32768:8:1$SALT$HEX                       scrypt of werkzeug; its salt counts as it stands there
//
// SALT and DIGEST are base64 without padding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto.h"

namespace slipway::account {

// No hash that is dearer is accepted: it would be a lever against the server.
inline constexpr std::uint64_t kHashMemoryMax = 1 << 30;
inline constexpr int kBcryptCostMax = 15;
inline constexpr std::size_t kHashBytesMax = 512;

enum class HashKind : unsigned char { argon2id, bcrypt, scrypt };

struct PasswordHash {
    HashKind kind = HashKind::argon2id;
    std::string text;  // as it is stored
    std::uint64_t memory_bytes = 0;
    std::uint64_t passes = 0;  // of argon2id
    std::uint32_t lanes = 0;   // of argon2id
    // Of scrypt.
    std::uint64_t n = 0, r = 0, p = 0;
    std::string salt, digest;
};

// `invalid` for any other form, and for what is too dear.
Result<PasswordHash> parse_password_hash(std::string_view text);

// Takes tens of milliseconds and memory_bytes: call on a pool. bcrypt looks at the first 72 bytes alone, as it did
// where the hash was made. `unavailable` when there is no memory, or for bcrypt no libcrypt.
Result<bool> matches(const PasswordHash& hash, std::string_view password);

// Whether the hash is not what would be made today.
bool is_outdated(const PasswordHash& hash, PasswordCost cost);

}  // namespace slipway::account
