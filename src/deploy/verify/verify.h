// What a deployment is asked once it is up, from outside, as its users reach it: does all that the application has
// answer, and nothing more than it should.
//
// A check is green, red, or skipped: the application has nothing of the kind, or the check lacks what it needs (a user,
// the address of the load balancer). What is there is read from the manifest and from the server's own /openapi.json,
// so checks grow with the application. What a check makes (a chat, a file) it deletes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "net/client.h"

namespace slipway::deploy {

// A request of the application's own, and what its answer must be.
struct VerifyRequest {
    std::string name, path;
    net::Method method = net::Method::get;
    bool signed_in = false;
    json::value body;      // null: none
    int status = 200;      // that is expected
    std::string contains;  // somewhere in the body
};

struct FilePurpose {
    std::string name, content_type;  // one that it takes
};

// Of one application.
struct VerifyPlan {
    std::string health, readiness;   // paths; readiness may be empty
    std::string question = "Hello";  // asked of the model
    std::vector<FilePurpose> files;  // those that a member may write
    std::vector<VerifyRequest> requests;
};

struct VerifyOptions {
    std::string url;      // of the deployment, as users reach it
    std::string direct;   // of the load balancer itself; it must be closed
    std::string release;  // "sha256:…" or a version: exactly this must answer
    std::string user, password;
    std::vector<std::string> only;  // names of checks; empty: all
    Milliseconds time_max{60'000};  // of one check
};

enum class Colour : unsigned char { green, red, skipped };
std::string_view to_string(Colour colour);

struct Checked {
    std::string name;
    Colour colour = Colour::skipped;
    std::string detail;  // a sentence or less; from outside, not yet made printable
    Milliseconds took{0};
};

struct VerifyReport {
    std::vector<Checked> checks;

    bool is_green() const;    // nothing is red, and something is green
    std::string red() const;  // "openapi: …; files: …"
    json::object to_json() const;
};

// The names of the built-in checks, in order.
std::vector<std::string> verify_check_names();

// `told` hears of each check when it is done. The client must outlive the call.
asio::awaitable<VerifyReport> verify(net::Client& client, VerifyPlan plan, VerifyOptions options,
                                     std::function<void(const Checked&)> told);

}  // namespace slipway::deploy
