// What of a plan contradicts itself, the application that it is for, or what was said about it. Findings named C1 to
// C26 are those of docs/plan.md; the others begin with app, network, iam or price.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "deploy/plan/finding.h"
#include "deploy/plan/plan.h"
#include "deploy/price/estimate.h"
#include "deploy/price/price.h"
#include "deploy/terraform/sources.h"

namespace slipway::deploy {

// What an application would do in a task with these variables.
struct Served {
    int port = 0;
    std::set<std::string> paths;      // of GET, that answer whether it is well
    std::vector<std::string> faults;  // why it would not start
    bool files = false;               // it keeps its records in files, which one process at a time may write
    std::set<std::string> services;   // of AWS that it calls: "s3", "sqs", "secretsmanager", "ssm"
    std::set<std::string> read;       // names of variables that it looked at
};

struct Application {
    std::set<std::string> variables;  // that its manifest reads
    std::function<Served(const std::map<std::string, std::string>& variables)> serve;
};

struct Subject {
    const Plan& plan;
    const PriceSheet& price;
    double budget = 0;          // dollars of a month; 0: none
    bool budget_binds = false;  // a price above it is an error
    const Estimate* estimate = nullptr;
    const Sources* sources = nullptr;          // nullptr: only the plan is there
    const Application* application = nullptr;  // nullptr: none is known
};

Findings check_contradictions(const Subject& subject);

// The parts of it.
void check_zones(const Subject& subject, Findings& findings);
void check_addresses(const Subject& subject, Findings& findings);
void check_statements(const Subject& subject, Findings& findings);
void check_hosts(const Subject& subject, Findings& findings);
void check_streams(const Subject& subject, Findings& findings);
void check_files(const Subject& subject, Findings& findings);
void check_public_objects(const Subject& subject, Findings& findings);
void check_images(const Subject& subject, Findings& findings);
void check_secrets(const Subject& subject, Findings& findings);
void check_sources(const Subject& subject, Findings& findings);
void check_deployments(const Subject& subject, Findings& findings);
void check_application(const Subject& subject, Findings& findings);
void check_rights(const Subject& subject, Findings& findings);

}  // namespace slipway::deploy
