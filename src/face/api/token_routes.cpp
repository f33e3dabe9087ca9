// /.well-known/jwks.json: with which public keys other services verify access tokens of this application.
#include "face/api/access.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

constexpr std::string_view kKeysKeptFor = "public, max-age=300";  // by those who verify

Task<net::Response> key_set(const app::Capabilities& capabilities, net::Request&) {
    auto response = net::Response::of_json(200, capabilities.signing_keys.key_set());
    response.headers.set("Cache-Control", std::string(kKeysKeptFor));
    co_return response;
}

}  // namespace

void add_token_routes(net::Router& router, const app::Capabilities& capabilities) {
    if (capabilities.signing_keys.algorithm() != account::SigningAlgorithm::eddsa) return;
    net::Operation described;
    described.summary = "The public keys that verify access tokens (RFC 7517)";
    described.tag = "accounts";
    described.response_schema = schema({{"keys", array_schema(type_schema("object"))}}, {"keys"});
    described.authenticated = false;
    router.add(net::Method::get, "/.well-known/jwks.json", std::move(described), handler(capabilities, key_set));
}

}  // namespace slipway::face
