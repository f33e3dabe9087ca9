// First line: a discovery document; the rest: a JWK set. Keys that are read verify nothing that they did not sign.
#include "account/issuers.h"
#include "account/public_keys.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(key_set) {
    using namespace slipway;
    const auto [document, set] = fuzz::split_line(input);
    if (const auto read = account::read_discovery(document, "https://issuer.example.org"))
        fuzz::require(read->issuer == "https://issuer.example.org" && !read->token_endpoint.empty(), "of that issuer");
    const auto keys = account::read_key_set(set);
    if (!keys) return;
    fuzz::require(!keys->empty(), "a set without keys is refused");
    for (const auto& key : *keys) {
        for (const auto* algorithm : {"none", "HS256", ""})
            fuzz::require(!key.verify(algorithm, "text", std::string(64, 'x')), "an algorithm that is not the key's");
        for (const std::size_t length : {0, 32, 64, 256})
            fuzz::require(!key.verify(key.algorithm(), "text", std::string(length, 'x')), "forged");
    }
}
