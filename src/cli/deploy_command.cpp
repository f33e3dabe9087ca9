// slipway deploy ecs

#include <cstdio>

#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/deploy_commands.h"
#include "cli/terminal.h"
#include "deploy/rollout/release.h"
#include "serve/aws_access.h"

namespace slipway::cli {
namespace {

Result<Milliseconds> duration(const std::string& text, const char* option) {
    const auto parsed = parse_duration(text);
    if (!parsed) return fail(ErrorCode::invalid, "{} is a time, such as 90s or 15m, not '{}'.", option, text);
    return *parsed;
}

// Red is a sentence; a red check is told when it is done.
Result<std::function<Task<std::string>()>> verification(const VerifyArguments& given, net::Client& client,
                                                        const deploy::Tell& tell) {
    std::function<Task<std::string>()> none;
    if (given.url.empty()) return none;
    SLIPWAY_TRY(const auto plan, verify_plan(given.application));
    SLIPWAY_TRY(const auto options, verify_options(given));
    const auto told = [tell](const deploy::Checked& check) {
        tell(fmt::format("  {} {}: {}", deploy::to_string(check.colour), check.name, check.detail));
    };
    std::function<Task<std::string>()> verifying = [plan, options, told, &client]() -> Task<std::string> {
        auto seen = co_await deploy::verify(client, plan, options, told);
        co_return seen.is_green() ? std::string() : seen.red().empty() ? "Nothing could be checked." : seen.red();
    };
    return verifying;
}

Result<deploy::ReleaseOptions> options_of(const DeployArguments& given) {
    deploy::ReleaseOptions options;
    SLIPWAY_TRY(options.image, deploy::parse_image(given.image));
    SLIPWAY_TRY(options.timeout, duration(given.timeout, "--timeout"));
    SLIPWAY_TRY(options.poll, duration(given.poll, "--poll"));
    SLIPWAY_TRY(options.settle, duration(given.settle, "--settle"));
    options.cluster = given.cluster;
    options.service = given.service;
    options.container = given.container;
    options.migrate = given.migrate;
    options.contract = given.contract;
    options.migration_command = given.migration_command;
    options.migration_family = given.migration_family;
    options.count = given.count;
    options.replace = given.replace;
    options.roll_back = !given.keep;
    options.dry_run = given.dry_run;
    return options;
}

}  // namespace

int deploy_ecs(const DeployArguments& arguments) {
    auto options = options_of(arguments);
    if (!options) {
        report(options.error());
        return kWrongUse;
    }
    log::set_level(log::Level::warning);
    const auto environment = Environment::of_process();
    serve::AwsAccess aws(environment);
    const auto region = arguments.region.empty() ? aws.region() : arguments.region;
    if (region.empty()) return report({ErrorCode::invalid, "No region is known: --region, or AWS_REGION."});
    deploy::Cloud cloud(aws.client(), aws.credentials(), deploy::cloud_places(environment, region));
    const deploy::Tell tell = [](const std::string& line) { fmt::print(stderr, "{}\n", printable(line)); };
    net::Client client({.environment = environment});
    auto verifying = verification(arguments.verify, client, tell);
    if (!verifying) return report(verifying.error());
    options->verify = *std::move(verifying);
    const auto verdict = run_to_end(deploy::release(cloud, *std::move(options), tell));
    if (arguments.json)
        fmt::print("{}\n", write_json(verdict.to_json()));
    else
        fmt::print("{}", verdict.to_text());
    return deploy::exit_code(verdict.outcome);
}

}  // namespace slipway::cli
