#include "base/ed25519.h"

#include <cstdlib>
#include <stdexcept>

#include <sodium.h>

namespace slipway::ed25519 {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* room_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void ensure_sodium() {
    static const bool ready = sodium_init() >= 0;
    if (!ready) std::abort();
}

}  // namespace

KeyPair make_key_pair() {
    ensure_sodium();
    KeyPair pair{std::string(crypto_sign_SECRETKEYBYTES, '\0'), std::string(crypto_sign_PUBLICKEYBYTES, '\0')};
    crypto_sign_keypair(room_of(pair.public_key), room_of(pair.secret));
    return pair;
}

std::string sign(std::string_view secret, std::string_view message) {
    if (secret.size() != crypto_sign_SECRETKEYBYTES) throw std::logic_error("a secret key of Ed25519 has 64 bytes");
    ensure_sodium();
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(room_of(signature), nullptr, bytes_of(message), message.size(), bytes_of(secret));
    return signature;
}

bool verify(std::string_view public_key, std::string_view message, std::string_view signature) {
    if (public_key.size() != crypto_sign_PUBLICKEYBYTES || signature.size() != crypto_sign_BYTES) return false;
    ensure_sodium();
    return crypto_sign_verify_detached(bytes_of(signature), bytes_of(message), message.size(), bytes_of(public_key)) ==
           0;
}

}  // namespace slipway::ed25519
