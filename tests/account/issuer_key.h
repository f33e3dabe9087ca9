// Keys of another issuer for tests, made by OpenSSL, with their public half as a JWK.
#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>

#include "base/json.h"

namespace slipway::account::testing {

class IssuerKey {
 public:
    // RS256, PS256, ES256 or EdDSA.
    IssuerKey(std::string algorithm, std::string id);
    json::object jwk() const;
    // The compact token; `header` is added to alg and kid, and wins.
    std::string sign(const json::object& claims, const json::object& header = {}) const;

 private:
    std::string number(const char* name) const;
    std::string signature(const std::string& text) const;

    std::string algorithm_, id_;
    std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace slipway::account::testing
