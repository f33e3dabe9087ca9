// A stored hash of a password, as an import brings it: what is accepted can be verified within the limits.
#include "account/password_hash.h"

#include "target.h"

SLIPWAY_FUZZ_TARGET(password_hash) {
    using namespace slipway;
    const auto hash = account::parse_password_hash(input);
    if (!hash) return;
    fuzz::require(hash->text == input, "it is kept as it came");
    fuzz::require(hash->memory_bytes <= account::kHashMemoryMax, "too dear");
    constexpr std::uint64_t kCheap = 1 << 16;
    const bool cheap_scrypt = hash->kind == account::HashKind::scrypt && hash->memory_bytes * hash->p <= kCheap;
    if (cheap_scrypt) (void)account::matches(*hash, "correct horse");
    (void)account::is_outdated(*hash, {});
}
