// The deployment that is verified, as the checks see it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "deploy/verify/verify.h"

namespace slipway::deploy {

struct Answer {
    int status = 0;
    net::Headers headers;
    std::string body;

    // The body as an object; empty when it is none.
    json::object object() const;
};

struct Seen {
    Colour colour = Colour::green;
    std::string detail;
};
Seen green(std::string detail);
Seen skipped(std::string why);

struct Site {
    net::Client& client;
    VerifyPlan plan;
    VerifyOptions options;
    std::string token;                     // once signed in
    std::optional<json::object> document;  // /openapi.json, once it was read

    net::ClientRequest request(net::Method method, const std::string& path, bool signed_in) const;
    // Whether the server says that it has this operation; "post", "/api/chats/{id}/messages".
    bool has(std::string_view method, std::string_view path) const;
};

Task<Answer> ask(Site& site, net::ClientRequest request);
// Whatever is not `status` is an error that says what came instead.
Task<Answer> expect(Site& site, net::ClientRequest request, int status);
std::string excerpt(std::string_view body);

// The checks. An error is red.
Task<Seen> check_health(Site& site);
Task<Seen> check_openapi(Site& site);
Task<Seen> check_closed(Site& site);
Task<Seen> check_direct(Site& site);
Task<Seen> check_release(Site& site);
Task<Seen> check_sign_in(Site& site);
Task<Seen> check_stores(Site& site);
Task<Seen> check_database(Site& site);
Task<Seen> check_files(Site& site);
Task<Seen> check_websocket(Site& site);
Task<Seen> check_streaming(Site& site);
Task<Seen> check_request(Site& site, VerifyRequest wanted);

}  // namespace slipway::deploy
