#include "deploy/policy/rules.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::deploy {

std::vector<Rule> all_rules() {
    std::vector<Rule> all;
    for (const auto part : {network_rules(), balancer_rules(), task_rules(), scaling_rules(), database_rules(),
                            cache_rules(), file_rules(), object_rules(), edge_rules(), firewall_rules(),
                            identity_rules(), function_rules(), operation_rules()})
        all.insert(all.end(), part.begin(), part.end());
    std::ranges::sort(all, {}, &Rule::id);
    return all;
}

Findings check_policy(const Plan& plan, bool production) {
    static const json::object kNothing;
    static const Resource kStack{.type = "stack", .values = &kNothing};
    const Audit audit{plan, production};
    Findings findings;
    for (const auto& rule : all_rules()) {
        const auto look_at = [&](const Resource& resource) {
            if (rule.holds(audit, resource)) return;
            findings.push_back({.rule = std::string(rule.id),
                                .severity = production ? rule.production : rule.elsewhere,
                                .resource = resource.address,
                                .message = std::string(rule.message),
                                .fix = std::string(rule.fix)});
        };
        for (const auto type : split(rule.type, ' ')) {
            if (type == "stack") look_at(kStack);
            for (const auto* resource : plan.of(type)) look_at(*resource);
        }
    }
    return findings;
}

}  // namespace slipway::deploy
