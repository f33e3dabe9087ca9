#include "account/issuer_key.h"

#include <stdexcept>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "base/crypto.h"

namespace slipway::account::testing {
namespace {

constexpr std::size_t kP256FieldBytes = 32;

EVP_PKEY* make(const std::string& algorithm) {
    if (algorithm == "EdDSA") return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    if (algorithm == "ES256") return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t(2048));
}

std::string raw_of_der(const std::string& der) {
    const auto* from = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* const pair = d2i_ECDSA_SIG(nullptr, &from, static_cast<long>(der.size()));
    std::string raw(2 * kP256FieldBytes, '\0');
    auto* into = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), into, kP256FieldBytes);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), into + kP256FieldBytes, kP256FieldBytes);
    ECDSA_SIG_free(pair);
    return raw;
}

}  // namespace

IssuerKey::IssuerKey(std::string algorithm, std::string id)
    : algorithm_(std::move(algorithm)), id_(std::move(id)), key_(make(algorithm_), EVP_PKEY_free) {
    if (!key_) throw std::runtime_error("no key of " + algorithm_);
}

std::string IssuerKey::number(const char* name) const {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key_.get(), name, &value) != 1) throw std::runtime_error(name);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(bytes.data()));
    BN_free(value);
    if (algorithm_ == "ES256") bytes.insert(0, kP256FieldBytes - bytes.size(), '\0');
    return to_base64url(bytes);
}

json::object IssuerKey::jwk() const {
    json::object jwk{{"kid", id_}, {"use", "sig"}, {"alg", algorithm_}};
    if (algorithm_ == "EdDSA") {
        std::string raw(32, '\0');
        std::size_t length = raw.size();
        EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &length);
        jwk["kty"] = "OKP";
        jwk["crv"] = "Ed25519";
        jwk["x"] = to_base64url(raw);
    } else if (algorithm_ == "ES256") {
        jwk["kty"] = "EC";
        jwk["crv"] = "P-256";
        jwk["x"] = number(OSSL_PKEY_PARAM_EC_PUB_X);
        jwk["y"] = number(OSSL_PKEY_PARAM_EC_PUB_Y);
    } else {
        jwk["kty"] = "RSA";
        jwk["n"] = number(OSSL_PKEY_PARAM_RSA_N);
        jwk["e"] = number(OSSL_PKEY_PARAM_RSA_E);
    }
    return jwk;
}

std::string IssuerKey::signature(const std::string& text) const {
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* settings = nullptr;
    EVP_DigestSignInit(context, &settings, algorithm_ == "EdDSA" ? nullptr : EVP_sha256(), nullptr, key_.get());
    if (algorithm_ == "PS256") {
        EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST);
    }
    std::string made(1024, '\0');
    std::size_t length = made.size();
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(made.data()), &length,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    made.resize(length);
    return algorithm_ == "ES256" ? raw_of_der(made) : made;
}

std::string IssuerKey::sign(const json::object& claims, const json::object& header) const {
    json::object whole{{"alg", algorithm_}, {"kid", id_}};
    for (const auto& [name, value] : header) whole[name] = value;
    const auto text = to_base64url(write_json(whole)) + "." + to_base64url(write_json(claims));
    return text + "." + to_base64url(signature(text));
}

}  // namespace slipway::account::testing
