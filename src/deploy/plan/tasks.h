// Services and tasks of ECS as a plan has them: what runs, how often, on what, with which containers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/plan/plan.h"

namespace slipway::deploy {

// One container of a task definition, as ECS's RegisterTaskDefinition has it. Values that are known only after the
// plan is applied are absent.
struct Container {
    json::object definition;

    std::string_view name() const { return text_or(definition, "name"); }
    std::string_view image() const { return text_or(definition, "image"); }
    std::vector<int> ports() const;
    std::map<std::string, std::string> environment() const;  // a value that comes later: empty
    std::map<std::string, std::string> secrets() const;      // variable → valueFrom; empty: comes later
};

// The containers of a task definition. Where their JSON text is known only later (it names an ARN), those that a
// resource terraform_data named `containers` of the same module shows, with the same key: its input is the list that
// the text is made of, leaf by leaf. Empty: not known.
std::vector<Container> containers_of(const Plan& plan, const Resource& task);

struct Service {
    const Resource* resource = nullptr;  // aws_ecs_service
    const Resource* task = nullptr;      // nullptr: cannot be read from the plan
    double on_demand = 0, spot = 0;      // tasks that always run: desired, or the least of auto-scaling
    double most = 0;                     // that auto-scaling may start, or desired
    bool arm = false;
    bool public_address = false;
};
std::vector<Service> services_of(const Plan& plan);

// The target groups that a service is behind. Terraform leaves dynamic blocks out of a plan's configuration: where no
// reference is seen, those of the port that the service's load balancers are sent to.
ResourceList target_groups_of(const Plan& plan, const Resource& service);

}  // namespace slipway::deploy
