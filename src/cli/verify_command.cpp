// slipway verify
#include "cli/verify_command.h"

#include <algorithm>
#include <cstdio>

#include "base/log.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/terminal.h"

namespace slipway::cli {
namespace {

constexpr const char* kPassword = "SLIPWAY_VERIFY_PASSWORD";

// As check_verify() has let it pass.
deploy::VerifyRequest request_of(const app::VerifyRequestSection& section) {
    const auto space = section.request.find(' ');
    deploy::VerifyRequest request{
        .name = section.name,
        .path = section.request.substr(space + 1),
        .method = net::method_from(section.request.substr(0, space)).value_or(net::Method::get),
        .signed_in = section.signed_in,
        .body = nullptr,
        .status = section.status,
        .contains = section.contains};
    if (auto body = parse_json(section.body)) request.body = *std::move(body);
    return request;
}

deploy::VerifyPlan plan_of(const app::Manifest& manifest) {
    deploy::VerifyPlan plan{.health = manifest.server.health, .readiness = manifest.server.readiness};
    if (!manifest.site.starters.empty()) plan.question = manifest.site.starters.front();
    const auto& own = manifest.deploy.verify;
    if (!own.question.empty()) plan.question = own.question;
    for (const auto& request : own.requests) plan.requests.push_back(request_of(request));
    for (const auto& purpose : manifest.files)
        if (purpose.write == app::FileWriters::viewer || purpose.write == app::FileWriters::member)
            plan.files.push_back(
                {.name = purpose.name, .content_type = purpose.types.empty() ? "" : purpose.types.front()});
    return plan;
}

Result<void> check_names(const std::vector<std::string>& only, const deploy::VerifyPlan& plan) {
    auto names = deploy::verify_check_names();
    for (const auto& request : plan.requests) names.push_back(request.name);
    for (const auto& name : only)
        if (std::ranges::find(names, name) == names.end())
            return fail(ErrorCode::invalid, "There is no check '{}'; there are {}.", name, join(names, ", "));
    return {};
}

std::string colour_text(deploy::Colour colour) {
    return std::string(colour == deploy::Colour::skipped ? "-" : deploy::to_string(colour));
}

}  // namespace

Result<deploy::VerifyPlan> verify_plan(const std::string& application) {
    if (application.empty()) return deploy::VerifyPlan{.health = "/health", .readiness = "/readiness"};
    const Target target{.application = application, .data = {}, .host = {}, .port = {}};
    SLIPWAY_TRY(const auto environment, environment_of(application));
    auto options = manifest_options(target, environment);
    options.purpose = app::Purpose::check;  // secrets of the deployment are not on this machine
    options.open_secrets = nullptr;
    const auto loaded = app::load_manifest(application, environment, options);
    if (!loaded.ok()) return fail(ErrorCode::invalid, "the manifest is not right.\n{}", app::to_lines(loaded.problems));
    return plan_of(loaded.manifest);
}

Result<deploy::VerifyOptions> verify_options(const VerifyArguments& arguments) {
    for (const auto& url : {arguments.url, arguments.direct})
        if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://"))
            return fail(ErrorCode::invalid, "'{}' is no URL: https://api.example.com.", url);
    const auto limit = parse_duration(arguments.time_max);
    if (!limit) return fail(ErrorCode::invalid, "--time is a time, such as 60s, not '{}'.", arguments.time_max);
    deploy::VerifyOptions options{.url = arguments.url,
                                  .direct = arguments.direct,
                                  .release = arguments.release,
                                  .user = arguments.user,
                                  .password = Environment::of_process().get_or(kPassword, ""),
                                  .only = arguments.only,
                                  .time_max = *limit};
    if (!options.user.empty() && options.password.empty())
        return fail(ErrorCode::invalid, "The password of {} is to be in the variable {}.", options.user, kPassword);
    return options;
}

int verify(const VerifyArguments& arguments) {
    auto plan = verify_plan(arguments.application);
    auto options = verify_options(arguments);
    if (!plan) return report(plan.error());
    if (options)
        if (auto known = check_names(options->only, *plan); !known) options = pass(known);
    if (!options) {
        report(options.error());
        return kWrongUse;
    }
    log::set_level(log::Level::warning);
    net::Client client({.environment = Environment::of_process()});
    const auto told = [&](const deploy::Checked& check) {
        if (arguments.json) return;
        fmt::print("{:<8} {:<10} {:>6} ms  {}\n", colour_text(check.colour), printable(check.name), check.took.count(),
                   printable(check.detail));
        std::fflush(stdout);
    };
    const auto seen = run_to_end(deploy::verify(client, *std::move(plan), *std::move(options), told));
    if (arguments.json) fmt::print("{}\n", write_json(seen.to_json()));
    return seen.is_green() ? kDone : kFailed;
}

}  // namespace slipway::cli
