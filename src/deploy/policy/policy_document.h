// IAM's JSON documents, as far as rules ask: developer.aws, "IAM JSON policy elements".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "deploy/plan/plan.h"

namespace slipway::deploy {

struct Statement {
    bool allow = false;
    std::vector<std::string> actions;     // "s3:GetObject", "s3:*"
    std::vector<std::string> resources;   // ARNs
    std::vector<std::string> principals;  // "*", "Service:ecs-tasks.amazonaws.com", "Federated:arn:…", "AWS:…"
    json::object conditions;              // operator → key → value or values

    // All values of a condition's key, whatever the operator.
    std::vector<std::string> condition(std::string_view key) const;
    bool has_condition() const { return !conditions.empty(); }
};

// Statements of a document; empty when it is none, or not known yet.
std::vector<Statement> statements_of(std::string_view document);

// "s3:Get*" matches "s3:GetObject"; without regard to case, as IAM does.
bool matches(std::string_view pattern, std::string_view name);

// What a role is allowed: by its inline policies and by the policies attached to it that the plan makes. `complete` is
// false when one of them is not known yet, or is one of AWS's own.
struct Rights {
    std::vector<Statement> statements;
    bool complete = true;

    bool allow(std::string_view action) const;
    bool allow(std::string_view action, std::string_view resource) const;
};
Rights rights_of(const Plan& plan, const Resource& role);

}  // namespace slipway::deploy
