#include <cstdio>

#include "app/manifest/yaml.h"
#include "cli/load.h"
#include "cli/plan.h"
#include "cli/plan_application.h"
#include "cli/terminal.h"
#include "deploy/policy/rules.h"
#include "deploy/review/review.h"
#include "deploy/terraform/terraform.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDeclaredBytesMax = 1 << 20;

// A file that was named must be there; one that is only looked for need not.
Result<std::string> read_declared(const std::string& named, const fs::path& otherwise) {
    auto text = app::read_text_file(named.empty() ? otherwise : fs::path(named), kDeclaredBytesMax);
    if (!text && named.empty() && text.error().code == ErrorCode::not_found) return std::string();
    return text;
}

// dev.tfvars, prod.tfvars; economy is laid over dev.
Result<std::vector<fs::path>> values_of(const fs::path& folder, const std::string& environment) {
    std::vector<fs::path> files;
    if (environment == "economy") files.push_back(folder / "dev.tfvars");
    files.push_back(folder / (environment + ".tfvars"));
    std::error_code error;
    bool any = false;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        any = any || entry->path().extension() == ".tfvars";
    if (!any) return std::vector<fs::path>();  // a stack whose defaults are its values
    for (const auto& file : files)
        if (!fs::exists(file, error))
            return fail(ErrorCode::not_found, "There is no '{}', which --env {} needs.", file.string(), environment);
    return files;
}

Result<void> declare(const PlanArguments& arguments, const fs::path& values, deploy::ReviewInput& input) {
    SLIPWAY_TRY(const auto traffic, read_declared(arguments.traffic, values / "traffic.json"));
    if (!traffic.empty()) {
        SLIPWAY_TRY(input.traffic, deploy::Traffic::read(traffic, input.environment));
    }
    SLIPWAY_TRY(const auto estimate, read_declared(arguments.estimate, values / "estimate.json"));
    if (!estimate.empty()) {
        SLIPWAY_TRY(input.estimate, deploy::Estimate::read(estimate, input.environment));
    }
    return {};
}

// Beside the stacks: infra/terraform/waivers.tsv of infra/terraform/stacks/NAME.
Result<void> waive(const PlanArguments& arguments, const fs::path& stack, deploy::ReviewInput& input) {
    SLIPWAY_TRY(const auto text, read_declared(arguments.waivers, stack.parent_path().parent_path() / "waivers.tsv"));
    if (!text.empty()) {
        SLIPWAY_TRY(input.waivers, deploy::read_waivers(text));
    }
    input.today = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
    return {};
}

Result<std::string> plan_text(const PlanArguments& arguments, const std::optional<deploy::Sources>& sources,
                              const fs::path& values, const Environment& environment) {
    if (!arguments.plan.empty()) return app::read_text_file(arguments.plan, deploy::kPlanLimits.bytes_max);
    if (!sources)
        return fail(ErrorCode::invalid,
                    "The manifest names no stack. Set deploy.stack, or give --stack DIR or --plan FILE.");
    deploy::StackRun run{
        .variables = arguments.variables,
        .plugins = arguments.plugins.empty() ? environment.get_or("SLIPWAY_TERRAFORM_PLUGINS", "") : arguments.plugins,
        .home = environment.get_or("HOME", ""),
        .note = [](std::string_view text) { fmt::print(stderr, "note: {}\n", text); }};
    SLIPWAY_TRY(run.variable_files, values_of(values, arguments.environment));
    return deploy::plan_stack(*sources, run, [](std::string_view step) {
        if (on_terminal()) fmt::print(stderr, "{} …\n", step);
    });
}

Result<deploy::Review> review_of(const Target& target, const PlanArguments& arguments) {
    SLIPWAY_TRY(const auto application, plan_application(target.application));
    const fs::path folder(target.application);
    const auto& section = application.manifest.deploy;
    auto stack = arguments.stack.empty() && !section.stack.empty() ? folder / section.stack : fs::path(arguments.stack);
    const auto values = arguments.values.empty() ? folder / section.values : fs::path(arguments.values);
    std::optional<deploy::Sources> sources;
    if (!stack.empty()) {
        SLIPWAY_TRY(sources, deploy::Sources::read(stack));
        stack = sources->stack;
    }
    deploy::ReviewInput input{.stack = application.manifest.name,
                              .environment = arguments.environment,
                              .budget = section.budget.of(arguments.environment),
                              .sources = sources ? &*sources : nullptr,
                              .application = &application.application};
    SLIPWAY_CHECK(declare(arguments, values, input));
    SLIPWAY_CHECK(waive(arguments, stack, input));
    SLIPWAY_TRY(const auto text, plan_text(arguments, sources, values, Environment::of_process()));
    SLIPWAY_TRY(const auto plan, deploy::Plan::read(text));
    return deploy::review(plan, input);
}

int print_rules() {
    fmt::print("| rule | of | in prod | elsewhere | what is wrong | fix |\n|---|---|---|---|---|---|\n");
    for (const auto& rule : deploy::all_rules())
        fmt::print("| `{}` | {} | {} | {} | {} | {} |\n", rule.id, rule.type, deploy::to_string(rule.production),
                   deploy::to_string(rule.elsewhere), rule.message, rule.fix);
    return kDone;
}

}  // namespace

Result<std::string> plan_json(const Target& target, const PlanArguments& arguments) {
    SLIPWAY_TRY(const auto application, plan_application(target.application));
    const fs::path folder(target.application);
    const auto& section = application.manifest.deploy;
    if (section.stack.empty()) return plan_text(arguments, std::nullopt, {}, Environment::of_process());
    SLIPWAY_TRY(auto sources, deploy::Sources::read(folder / section.stack));
    return plan_text(arguments, std::move(sources), folder / section.values, Environment::of_process());
}

int plan(const Target& target, const PlanArguments& arguments) {
    if (arguments.rules) return print_rules();
    if (target.application.empty()) {
        fmt::print(stderr, "error: slipway plan needs the folder of an application: slipway plan APP --env dev\n");
        return kWrongUse;
    }
    const auto review = review_of(target, arguments);
    if (!review) return report(review.error());
    if (arguments.format == "json")
        fmt::print("{}\n", write_json(deploy::to_json(*review)));
    else
        fmt::print("{}",
                   printable(arguments.format == "markdown" ? deploy::to_markdown(*review) : deploy::to_text(*review)));
    return review->count(deploy::Severity::error) > 0 ? kFailed : kDone;
}

}  // namespace slipway::cli
