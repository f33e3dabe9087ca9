// Section `deploy.verify`: what `slipway verify` asks of a deployment beside what every application has.
#pragma once

#include <string>
#include <vector>

#include "app/manifest/keys.h"

namespace slipway::app {

struct VerifyRequestSection {
    std::string name;
    std::string request;  // "GET /api/v1/health"
    bool signed_in = false;
    int status = 200;
    std::string contains;
    std::string body;  // JSON; empty: none
};

struct VerifySection {
    std::string question;  // empty: the first of site.starters
    std::vector<VerifyRequestSection> requests;
};

void describe(Keys& keys, VerifySection& verify);

}  // namespace slipway::app
