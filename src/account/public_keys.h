// The public keys of another issuer, read from its JWK set (RFC 7517, RFC 7518,
// RFC 8037), and what they verify.
//
// A key verifies one algorithm: the one that it names, else the usual one of
// its kind. RSA (2048 to 8192 bits): RS256, or PS256 where the key says so; EC
// on P-256: ES256; OKP on Ed25519: EdDSA. Secrets (oct), keys for encryption,
// keys that show their private half and all other kinds are passed over.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace slipway::account {

inline constexpr std::size_t kKeySetBytesMax = 256 << 10;

class PublicKey {
 public:
    // nullopt: none of those above.
    static std::optional<PublicKey> from_jwk(const json::object& jwk);

    const std::string& id() const { return id_; }  // kid; may be ""
    std::string_view algorithm() const { return algorithm_; }
    // `algorithm` is what the token's header says: false unless it is this key's.
    bool verify(std::string_view algorithm, std::string_view text, std::string_view signature) const;

 private:
    PublicKey() = default;
    std::string id_;
    std::string_view algorithm_;
    std::string raw_;            // of Ed25519
    std::shared_ptr<void> key_;  // an EVP_PKEY of OpenSSL
};

// `upstream` when it is no JWK set, or holds no key that can verify.
Result<std::vector<PublicKey>> read_key_set(std::string_view text);

}  // namespace slipway::account
