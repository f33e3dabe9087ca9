// Section `deploy`: where the application's stack of Terraform is, and what it may cost. A server does not look at it.
#pragma once

#include <string>

#include "app/manifest/keys.h"
#include "app/manifest/verify.h"

namespace slipway::app {

struct BudgetSection {
    double dev = 0, prod = 0, economy = 0;  // dollars of a month; 0: none

    double of(std::string_view environment) const;
};

struct DeploySection {
    std::string stack;              // folder, relative to the application's; a server's image need not have it
    std::string values = "deploy";  // folder of dev.tfvars and its neighbours, relative to the application's
    BudgetSection budget;
    VerifySection verify;
};

void describe(Keys& keys, DeploySection& deploy);

}  // namespace slipway::app
