// A plan of Terraform from outside is read, followed and priced, or refused: whatever it refers to, it comes to an end.
#include "deploy/plan/plan.h"

#include "deploy/plan/tasks.h"
#include "deploy/policy/rules.h"
#include "deploy/price/price.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(plan) {
    using namespace slipway::deploy;
    const auto plan = Plan::read(input);
    if (!plan) return;
    for (const auto& resource : plan->resources()) {
        fuzz::require(plan->find(resource.address) != nullptr, "a resource is found by its address");
        for (const auto* attribute : {"subnets", "vpc_id", "task_definition"})
            for (const auto* other : plan->referred(resource, attribute))
                fuzz::require(plan->find(other->address) != nullptr, "what is referred to is part of the plan");
    }
    const auto sheet = price(*plan, Traffic());
    fuzz::require(sheet.idle <= sheet.total + 1e-6 || sheet.total != sheet.total, "traffic adds to what is idle");
    services_of(*plan);
    check_policy(*plan, true);
}
