#include "account/public_keys.h"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/crypto.h"
#include "base/ed25519.h"
#include "base/json_names.h"

namespace slipway::account {
namespace {

constexpr std::size_t kKeysMax = 100;
constexpr std::size_t kEd25519KeyBytes = 32, kP256FieldBytes = 32;
constexpr int kRsaBitsMin = 2048, kRsaBitsMax = 8192;
constexpr std::size_t kRsaExponentBytesMax = 8;

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T* held) const {
        Free(held);
    }
};
using BigNumber = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

BigNumber number_of(std::string_view bytes) {
    return BigNumber(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::optional<std::string> bytes_in(const json::object& jwk, std::string_view name) {
    const auto text = text_or(jwk, name);
    return text.empty() ? std::nullopt : from_base64url(text);
}

std::shared_ptr<void> made(const char* kind, OSSL_PARAM_BLD* builder) {
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    return {key, [](void* held) { EVP_PKEY_free(static_cast<EVP_PKEY*>(held)); }};
}

std::shared_ptr<void> rsa_key(const json::object& jwk) {
    const auto modulus = bytes_in(jwk, "n"), exponent = bytes_in(jwk, "e");
    if (!modulus || !exponent || exponent->size() > kRsaExponentBytesMax || modulus->size() > kRsaBitsMax / 8)
        return nullptr;
    const auto n = number_of(*modulus), e = number_of(*exponent);
    if (!n || !e || BN_num_bits(n.get()) < kRsaBitsMin || !BN_is_odd(n.get()) || !BN_is_odd(e.get()) ||
        BN_is_one(e.get()))
        return nullptr;
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return nullptr;
    return made("RSA", builder.get());
}

std::shared_ptr<void> p256_key(const json::object& jwk) {
    const auto x = bytes_in(jwk, "x"), y = bytes_in(jwk, "y");
    if (!x || !y || x->size() != kP256FieldBytes || y->size() != kP256FieldBytes) return nullptr;
    const auto point = "\x04" + *x + *y;
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        return nullptr;
    auto key = made("EC", builder.get());
    if (!key) return nullptr;
    // A point that is not on the curve.
    const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, static_cast<EVP_PKEY*>(key.get()), nullptr));
    return check && EVP_PKEY_public_check(check.get()) == 1 ? key : nullptr;
}

// Of JOSE: r and s, one after the other; OpenSSL wants them in DER.
std::optional<std::string> der_of(std::string_view signature) {
    if (signature.size() != 2 * kP256FieldBytes) return std::nullopt;
    const Signature pair(ECDSA_SIG_new());
    auto r = number_of(signature.substr(0, kP256FieldBytes)), s = number_of(signature.substr(kP256FieldBytes));
    if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
    (void)r.release();
    (void)s.release();
    const int length = i2d_ECDSA_SIG(pair.get(), nullptr);
    if (length <= 0) return std::nullopt;
    std::string der(static_cast<std::size_t>(length), '\0');
    auto* into = reinterpret_cast<unsigned char*>(der.data());
    i2d_ECDSA_SIG(pair.get(), &into);
    return der;
}

bool is_for_signatures(const json::object& jwk) {
    if (jwk.contains("d") || jwk.contains("k")) return false;
    if (const auto use = text_or(jwk, "use", "sig"); use != "sig") return false;
    const auto* operations = array_in(jwk, "key_ops");
    return operations == nullptr || std::ranges::any_of(*operations, [](const json::value& one) {
               return one.is_string() && one.get_string() == "verify";
           });
}

bool verify_by_openssl(EVP_PKEY* key, bool pss, std::string_view text, std::string_view signature) {
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* settings = nullptr;  // the context's
    if (!context || EVP_DigestVerifyInit(context.get(), &settings, EVP_sha256(), nullptr, key) != 1) return false;
    if (pss && (EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) != 1 ||
                EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) != 1))
        return false;
    return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
}

}  // namespace

std::optional<PublicKey> PublicKey::from_jwk(const json::object& jwk) {
    if (!is_for_signatures(jwk)) return std::nullopt;
    PublicKey key;
    key.id_ = text_or(jwk, "kid");
    const auto kind = text_or(jwk, "kty"), curve = text_or(jwk, "crv"), named = text_or(jwk, "alg");
    if (kind == "RSA") {
        key.algorithm_ = named == "PS256" ? "PS256" : "RS256";
        key.key_ = rsa_key(jwk);
        if (!key.key_) return std::nullopt;
    } else if (kind == "EC" && curve == "P-256") {
        key.algorithm_ = "ES256";
        key.key_ = p256_key(jwk);
        if (!key.key_) return std::nullopt;
    } else if (kind == "OKP" && curve == "Ed25519") {
        key.algorithm_ = "EdDSA";
        key.raw_ = bytes_in(jwk, "x").value_or("");
        if (key.raw_.size() != kEd25519KeyBytes) return std::nullopt;
    } else {
        return std::nullopt;
    }
    if (!named.empty() && named != key.algorithm_) return std::nullopt;
    return key;
}

bool PublicKey::verify(std::string_view algorithm, std::string_view text, std::string_view signature) const {
    if (algorithm != algorithm_) return false;
    if (algorithm_ == "EdDSA") return ed25519::verify(raw_, text, signature);
    auto* const key = static_cast<EVP_PKEY*>(key_.get());
    if (algorithm_ == "RS256" || algorithm_ == "PS256")
        return verify_by_openssl(key, algorithm_ == "PS256", text, signature);
    const auto der = der_of(signature);
    return der && verify_by_openssl(key, false, text, *der);
}

Result<std::vector<PublicKey>> read_key_set(std::string_view text) {
    constexpr JsonLimits kLimits{.depth_max = 8, .bytes_max = kKeySetBytesMax};
    const auto parsed = parse_json(text, kLimits);
    const auto* keys =
        parsed && parsed->is_object() && !has_repeated_names(text) ? array_in(parsed->get_object(), "keys") : nullptr;
    if (keys == nullptr) return fail(ErrorCode::upstream, "The issuer's key set is not a JWK set.");
    std::vector<PublicKey> read;
    for (const auto& value : *keys) {
        if (read.size() == kKeysMax) break;
        const auto* jwk = value.if_object();
        if (jwk == nullptr) continue;
        if (auto key = PublicKey::from_jwk(*jwk)) read.push_back(*std::move(key));
    }
    if (read.empty()) return fail(ErrorCode::upstream, "The issuer's key set holds no key that can verify tokens.");
    return read;
}

}  // namespace slipway::account
