// What must hold of every resource of a kind: one table per part of AWS, after the rows of checkov, trivy and Prowler
// that matter, and of deployments, which none of them looks at.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/plan/finding.h"
#include "deploy/plan/plan.h"

namespace slipway::deploy {

struct Audit {
    const Plan& plan;
    bool production = false;
};

struct Rule {
    std::string_view id;    // "alb.https"
    std::string_view type;  // of the resources that it is about; several with spaces between; "stack": of the whole
    Severity elsewhere;     // in dev, economy, …
    Severity production;
    bool (*holds)(const Audit& audit, const Resource& resource);
    std::string_view message;  // what is wrong where it does not hold
    std::string_view fix;
};

std::vector<Rule> all_rules();  // by id
Findings check_policy(const Plan& plan, bool production);

// The parts of the table.
std::span<const Rule> network_rules();
std::span<const Rule> balancer_rules();
std::span<const Rule> task_rules();
std::span<const Rule> scaling_rules();
std::span<const Rule> database_rules();
std::span<const Rule> cache_rules();
std::span<const Rule> file_rules();
std::span<const Rule> object_rules();
std::span<const Rule> edge_rules();
std::span<const Rule> firewall_rules();
std::span<const Rule> identity_rules();
std::span<const Rule> function_rules();
std::span<const Rule> operation_rules();

}  // namespace slipway::deploy
