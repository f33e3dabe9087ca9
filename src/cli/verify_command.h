// What `slipway verify` and `slipway deploy … --verify` share.
#pragma once

#include <string>
#include <vector>

#include "deploy/verify/verify.h"

namespace slipway::cli {

struct VerifyArguments {
    std::string url, application, direct, release, user;
    std::vector<std::string> only;
    std::string time_max = "60s";
    bool json = false;
};
// Of the application's manifest; of one that has nothing but GET /health where `application` is empty.
Result<deploy::VerifyPlan> verify_plan(const std::string& application);
// The password comes from SLIPWAY_VERIFY_PASSWORD, since arguments stand in the list of processes.
Result<deploy::VerifyOptions> verify_options(const VerifyArguments& arguments);

// Exit codes: 0 green, 1 red, 2 wrong use.
int verify(const VerifyArguments& arguments);

}  // namespace slipway::cli
