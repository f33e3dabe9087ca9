#include "cli/deploy_options.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/deploy_commands.h"

namespace slipway::cli {
namespace {

constexpr const char* kEcsFooter = R"(
Done is when all running tasks of the service are of the new revision and run exactly this image, the load balancer
holds each of them for healthy, and verification is green. A service that rolled itself back has failed.

Exit codes: 0 it serves; 1 nothing was changed in the service (refused, or the migration failed); 2 wrong use; 3 the
release is bad and the one before serves again; 4 the release is bad and was not rolled back: a person is needed; 5 not
known: time is over, AWS cannot be asked any more, or somebody else deployed meanwhile.

Credentials and region are found where AWS's own tools find them; AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_ECS, _ECR,
_CLOUDWATCH_LOGS, _ELASTIC_LOAD_BALANCING_V2 name other endpoints.)";

constexpr const char* kVerifyFooter = R"(
health, openapi, closed (who is not signed in is refused), sign-in, release, stores, database, files (stored, read,
deleted), websocket, streaming (a model's answer, with the gaps between its bytes), direct (the way past the edge is
closed). A check that lacks what it needs, or whose part the application does not have, is shown with '-'.

Exit codes: 0 all green; 1 something is red; 2 wrong use.)";

void add_verifying(CLI::App& command, VerifyArguments& given) {
    command.add_option("--app", given.application, "Folder of the application: what it has is checked");
    command.add_option("--direct", given.direct, "URL of the load balancer itself: it must refuse");
    command.add_option("--user", given.user, "Signs in as this user; the password is in SLIPWAY_VERIFY_PASSWORD");
    command.add_option("--only", given.only, "Only these checks")->delimiter(',');
    command.add_option("--time", given.time_max, "Limit of one check (default: 60s)");
}

void add_ecs(CLI::App& deploying, int& code) {
    const auto given = std::make_shared<DeployArguments>();
    auto* ecs = deploying.add_subcommand("ecs", "Bring an image to an ECS service, and prove that it serves");
    ecs->footer(kEcsFooter);
    ecs->add_option("--cluster", given->cluster, "Cluster")->required();
    ecs->add_option("--service", given->service, "Service")->required();
    ecs->add_option("--image", given->image, "REPOSITORY@sha256:DIGEST")->required();
    ecs->add_option("--container", given->container, "Container that gets it (default: the one with that repository)");
    ecs->add_option("--region", given->region, "Region (default: AWS_REGION, else the profile's)");
    auto* migrating = ecs->add_flag("--migrate", given->migrate,
                                    "Before, run `migrate APP` of the new image as a task; nothing of it breaks the "
                                    "release before");
    ecs->add_flag("--contract", given->contract,
                  "At the end, also the steps that break the release before; from there no way leads back")
        ->needs(migrating);
    ecs->add_option("--migration-command", given->migration_command, "Words instead of migrate APP")
        ->needs(migrating)
        ->delimiter(' ');
    ecs->add_option("--migration-family", given->migration_family,
                    "Task definition that migrates (with the owner's secret); it gets the image, too")
        ->needs(migrating);
    ecs->add_option("--verify", given->verify.url, "URL of the deployment: verify it, and roll back when it is red");
    add_verifying(*ecs, given->verify);
    ecs->add_option("--timeout", given->timeout, "Of the deployment, and of each task (default: 30m)");
    ecs->add_option("--poll", given->poll, "Between two looks (default: 5s)");
    ecs->add_option("--settle", given->settle,
                    "How long it may take from the end of the deployment until all is as it should be (default: 5m)");
    ecs->add_option("--count", given->count,
                    "Tasks that the service is to want; for the first release, before which it wants none")
        ->check(CLI::Range(1, 5000));
    ecs->add_flag("--replace", given->replace, "Take the place of a deployment that is under way");
    ecs->add_flag("--no-rollback", given->keep, "Leave a release whose verification is red as it is");
    ecs->add_flag("--dry-run", given->dry_run, "Only look, and say what would be done");
    ecs->add_flag("--json", given->json, "Print the verdict as JSON; progress goes to standard error");
    ecs->callback([given, &code] { code = deploy_ecs(*given); });
}

constexpr const char* kRegistrationFooter = R"(
  slipway deploy task-definition APP --env dev > task-def.json
  aws ecs register-task-definition --cli-input-json file://task-def.json

Words in capitals stand for what AWS tells once it is made (ARNs, ids); standard error lists them. The state
(`terraform show -json`, after an apply) has them all.)";

void add_task_definition(CLI::App& deploying, int& code) {
    const auto given = std::make_shared<RegistrationArguments>();
    auto* printing = deploying.add_subcommand(
        "task-definition", "Print the ECS task definition of a service as the AWS CLI takes it, from Terraform's plan");
    printing->footer(kRegistrationFooter);
    auto* application =
        printing->add_option("APP", given->application, "Folder of the application, whose stack is planned");
    printing->add_option("--env", given->environment, "dev, prod, economy: whose values (default: dev)")
        ->needs(application);
    printing->add_option("--var", given->variables, "NAME=VALUE of the stack, over its values")->needs(application);
    printing->add_option("--plan", given->plan, "Without APP: a plan or state as JSON (default: standard input)")
        ->type_name("FILE")
        ->excludes(application);
    printing->add_option("--service", given->service, "Name or family, where there are several services");
    printing->add_option("--image", given->image, "REPOSITORY@sha256:DIGEST instead of the plan's image");
    printing->add_option("--container", given->container, "Container that gets it");
    printing->add_flag("--commands", given->commands,
                       "Instead print the commands that make cluster and service of task-def.json");
    printing->callback([given, &code] { code = task_definition(*given); });
}

}  // namespace

void add_verify(CLI::App& app, int& code) {
    const auto given = std::make_shared<VerifyArguments>();
    auto* verifying = app.add_subcommand("verify", "Check a deployment from outside, as its users reach it");
    verifying->footer(kVerifyFooter);
    verifying->add_option("URL", given->url, "https://api.example.com")->required();
    add_verifying(*verifying, *given);
    verifying->add_option("--release", given->release, "Exactly this must answer: sha256:… of the image, or a version");
    verifying->add_flag("--json", given->json, "Print JSON");
    verifying->callback([given, &code] { code = verify(*given); });
}

void add_deploy(CLI::App& app, int& code) {
    auto* deploying = app.add_subcommand("deploy", "Bring a release to where it serves");
    deploying->require_subcommand(1);
    add_ecs(*deploying, code);
    add_task_definition(*deploying, code);
}

}  // namespace slipway::cli
