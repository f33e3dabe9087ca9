#include "app/manifest/deploy.h"

namespace slipway::app {
namespace {

constexpr double kBudgetMax = 1e7;

}  // namespace

double BudgetSection::of(std::string_view environment) const {
    if (environment == "prod") return prod;
    return environment == "economy" ? economy : dev;
}

static void describe(Keys& keys, BudgetSection& budget) {
    keys.number("dev", budget.dev, 0, kBudgetMax, "Of dev.tfvars.");
    keys.number("prod", budget.prod, 0, kBudgetMax, "Of prod.tfvars.");
    keys.number("economy", budget.economy, 0, kBudgetMax, "Of economy.tfvars over dev.tfvars.");
}

void describe(Keys& keys, DeploySection& deploy) {
    keys.text("stack", deploy.stack, "Folder of the Terraform stack, relative to that of the application.");
    keys.text("values", deploy.values,
              "Folder of the stack's values: dev.tfvars, prod.tfvars, economy.tfvars, and beside them traffic.json and "
              "estimate.json.");
    keys.section("budget", deploy.budget,
                 "Dollars of a month that `slipway plan` measures the price against; 0: none.");
    keys.section("verify", deploy.verify,
                 "What `slipway verify` asks of a deployment, beside what every application has.");
}

}  // namespace slipway::app
