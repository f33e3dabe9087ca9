// Follows the references of a plan's configuration from an attribute to the resources that its value will come from.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "deploy/plan/plan.h"

namespace slipway::deploy {

// Of one question; holds what was seen on the way, so that circles end.
class References {
 public:
    explicit References(const Plan& plan) : plan_(plan) {}

    // In the order found, each once.
    ResourceList of(const Resource& from, std::string_view attribute);

 private:
    // Where an expression stands: a module's instance, and the resource (or call) that it is part of.
    struct Place {
        std::string module;                        // with keys
        std::string key;                           // of the instance whose each.key or count.index it is
        const json::object* repetition = nullptr;  // for_each_expression around it
    };

    void follow(const json::value& expression, const Place& place);
    void follow(const json::object& expression, const Place& place);
    void follow_reference(std::string_view reference, const Place& place);
    void to_variable(std::string_view name, const Place& place);
    void to_output(std::string_view reference, const Place& place);
    void to_resource(std::string_view reference, const Place& place);

    const Plan& plan_;
    ResourceList found_;
    std::set<std::string> seen_;
};

}  // namespace slipway::deploy
