// slipway deploy task-definition
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/text.h"
#include "cli/command.h"
#include "cli/deploy_commands.h"
#include "cli/plan.h"
#include "deploy/registration/registration.h"
#include "deploy/rollout/revision.h"

namespace slipway::cli {
namespace {

constexpr const char* kFile = "task-def.json";

Result<std::string> text_of(const RegistrationArguments& arguments) {
    if (!arguments.application.empty()) {
        const Target target{.application = arguments.application, .data = {}, .host = {}, .port = {}};
        PlanArguments planned;
        planned.environment = arguments.environment;
        planned.variables = arguments.variables;
        return plan_json(target, planned);
    }
    const auto& path = arguments.plan;
    if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::not_found, "{} cannot be read.", path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// A state has under `values` what a plan has under `planned_values`.
Result<deploy::Plan> plan_or_state(std::string text) {
    SLIPWAY_TRY(auto value, parse_json(text, deploy::kPlanLimits));
    auto* root = value.if_object();
    if (root != nullptr && root->contains("values") && !root->contains("planned_values")) {
        (*root)["planned_values"] = root->at("values");
        text = write_json(value);
    }
    return deploy::Plan::read(text);
}

// Indented, so that people can change it.
void print(const json::value& value, int depth) {
    const std::string inner(2 * static_cast<std::size_t>(depth + 1), ' '),
        outer(2 * static_cast<std::size_t>(depth), ' ');
    const char* separator = "\n";
    if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
        fmt::print("{{");
        for (const auto& [name, each] : *object) {
            fmt::print("{}{}{}: ", std::exchange(separator, ",\n"), inner, write_json(json::value(name)));
            print(each, depth + 1);
        }
        fmt::print("\n{}}}", outer);
    } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
        fmt::print("[");
        for (const auto& each : *array) {
            fmt::print("{}{}", std::exchange(separator, ",\n"), inner);
            print(each, depth + 1);
        }
        fmt::print("\n{}]", outer);
    } else {
        fmt::print("{}", write_json(value));
    }
}

Result<void> put_image(json::object& definition, const RegistrationArguments& arguments) {
    if (arguments.image.empty()) return {};
    SLIPWAY_TRY(const auto image, deploy::parse_image(arguments.image));
    SLIPWAY_TRY(const auto container, deploy::container_for(definition, arguments.container, image));
    definition = deploy::next_revision(definition, container, image);
    return {};
}

Result<void> show(const RegistrationArguments& arguments) {
    SLIPWAY_TRY(auto text, text_of(arguments));
    SLIPWAY_TRY(const auto plan, plan_or_state(std::move(text)));
    SLIPWAY_TRY(const auto service, deploy::service_named(plan, arguments.service));
    if (arguments.commands) {
        for (const auto& command : deploy::aws_commands(plan, service, kFile)) fmt::print("{}\n", command);
        return {};
    }
    SLIPWAY_TRY(auto registration, deploy::registration_of(plan, *service.task));
    SLIPWAY_CHECK(put_image(registration.definition, arguments));
    print(registration.definition, 0);
    fmt::print("\n");
    if (!registration.to_fill_in.empty()) fmt::print(stderr, "to fill in: {}\n", join(registration.to_fill_in, ", "));
    return {};
}

}  // namespace

int task_definition(const RegistrationArguments& arguments) {
    const auto shown = show(arguments);
    return shown ? kDone : report(shown.error());
}

}  // namespace slipway::cli
