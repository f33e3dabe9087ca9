#include "cli/cli.h"

#include <CLI/CLI.hpp>

#include "cli/account_options.h"
#include "cli/commands.h"
#include "cli/deploy_options.h"
#include "cli/mistake.h"
#include "cli/parsed.h"
#include "cli/terraform_command.h"

namespace slipway::cli {
namespace {

constexpr const char* kFooter = R"(
Begin with:
  slipway new hello            make an application
  slipway serve hello          serve it on http://127.0.0.1:8000
  slipway ask hello "What is Slipway?"

Where an application keeps its data: --data, else the variable DATA, else ./data/NAME.
Which application a command is about, where it has no other argument: the variable SLIPWAY_APP.
Every command has its own --help.)";

void add_serving(CLI::App& app, Parsed& parsed) {
    auto* serving = command(app, parsed, "serve", "Serve an application until SIGTERM");
    serving->add_option("--host", parsed.target.host, "Address to listen on (default: the manifest's, else 127.0.0.1)");
    serving->add_option("--port", parsed.target.port,
                        "Port to listen on; 0 takes a free one (default: the manifest's, else 8000)");
    serving->add_flag("!--no-watch", parsed.watch, "Do not look for changed documents and scripts");
    serving
        ->add_option("--role", parsed.role,
                     "all; api leaves jobs to others; worker runs jobs, and answers probes alone")
        ->check(CLI::IsMember({"all", "api", "worker"}));
    serving->callback([&parsed] { parsed.code = serve(parsed.target, parsed.watch, parsed.role); });

    auto* checking = app.add_subcommand("check", "Say all that is wrong with an application's manifest and scripts");
    checking->add_option("APP", parsed.target.application, "Folder of the application");
    auto* stores = checking->add_flag("--stores", parsed.stores,
                                      "Read all data instead, and say what is damaged or does not agree");
    checking->add_option("--data", parsed.target.data, "Folder of the data (default: $DATA, else data/NAME)")
        ->type_name("DIR")
        ->needs(stores);
    checking->add_flag("--schema", parsed.schema, "Print the JSON Schema of manifests, for editors");
    checking->add_flag("--reference", parsed.reference, "Print the reference of all keys as Markdown");
    checking->callback([&parsed] {
        parsed.code =
            parsed.stores ? check_stores(parsed.target) : check(parsed.target, parsed.schema, parsed.reference);
    });
}

void add_knowledge(CLI::App& app, Parsed& parsed) {
    auto* ingesting = command(app, parsed, "ingest", "Add documents: files and folders");
    ingesting->add_option("PATH", parsed.ingest.paths, "Files or folders")->required();
    ingesting->add_option("--namespace", parsed.ingest.name_space,
                          "Namespace for all (default: the first folder's name, where that is one)");
    ingesting->callback([&parsed] { parsed.code = ingest(parsed.target, parsed.ingest); });

    auto* searching = command(app, parsed, "search", "Find passages");
    searching->add_option("QUESTION", parsed.search.question, "What to look for")->required();
    searching->add_option("--namespace", parsed.search.namespaces, "Only these namespaces")->delimiter(',');
    searching->add_option("--limit", parsed.search.limit, "How many")->check(CLI::Range(1, 50));
    searching->add_flag("--explain", parsed.search.explain, "Show how the scores came about");
    searching->add_flag("--json", parsed.search.json, "Print JSON");
    searching->callback([&parsed] { parsed.code = search(parsed.target, parsed.search); });

    auto* reindexing = command(app, parsed, "reindex", "Make the search index anew from the database");
    reindexing->callback([&parsed] { parsed.code = reindex(parsed.target); });
}

void add_asking(CLI::App& app, Parsed& parsed) {
    auto* asking = command(app, parsed, "ask", "Ask one question; the answer streams, its sources are numbered");
    asking->add_option("QUESTION", parsed.text, "The question")->required();
    asking->add_flag("--json", parsed.json, "Print JSON");
    asking->callback([&parsed] { parsed.code = ask(parsed.target, parsed.text, parsed.json); });

    auto* chatting = command(app, parsed, "chat", "Talk with the application in the terminal");
    chatting->callback([&parsed] { parsed.code = chat(parsed.target); });
}

void add_care(CLI::App& app, Parsed& parsed) {
    auto* asking = app.add_subcommand("status", "What runs, what is indexed, how the stores are");
    asking->add_option("WHERE", parsed.where, "An application's folder, or the URL of a server")->required();
    asking->add_option("--data", parsed.target.data, "Folder of the data")->type_name("DIR");
    asking->add_flag("--json", parsed.json, "Print JSON");
    asking->callback([&parsed] { parsed.code = status(parsed.target, parsed.where, parsed.json); });

    auto* feeling = app.add_subcommand("health", "Whether a server answers its health path; for health checks");
    feeling->add_option("WHERE", parsed.where, "An application's folder, or the URL to ask")
        ->required()
        ->envname(kApplicationVariable);
    feeling->add_option("--port", parsed.target.port, "Port, where serve was given another than the manifest's");
    feeling->callback([&parsed] { parsed.code = health(parsed.target, parsed.where); });

    auto* saving = command(app, parsed, "backup", "Copy the data, consistent, while the server works");
    saving->add_option("DESTINATION", parsed.path, "Folder that the backup becomes; it must not exist")->required();
    saving->callback([&parsed] { parsed.code = backup(parsed.target, parsed.path); });

    auto* restoring = command(app, parsed, "restore", "Put a backup into the data folder (the server must not run)");
    restoring->add_option("SOURCE", parsed.path, "A folder that `backup` made")->required();
    restoring->add_flag("--replace", parsed.replace, "Set present data aside (kept with the ending .before-restore)");
    restoring->callback([&parsed] { parsed.code = restore(parsed.target, parsed.path, parsed.replace); });
}

void add_databases(CLI::App& app, Parsed& parsed) {
    const std::string owner = "Variable that holds the URL of the role that owns the tables of PostgreSQL";
    auto* migrating =
        command(app, parsed, "migrate", "Bring the database's tables to this version, before it is served");
    migrating->add_option("--owner-from", parsed.copy.owner_from, owner)->type_name("VARIABLE");
    auto* printing =
        migrating
            ->add_option("--print", parsed.text, "Instead print the SQL that makes an empty PostgreSQL ready for ROLE")
            ->type_name("ROLE");
    auto* planning = migrating->add_flag(
        "--plan", parsed.plan,
        "Instead list the steps that wait, and of which kind. Exit code 3: some wait for --contract; 4: and others for "
        "those, so that this release cannot run beside the one before");
    migrating
        ->add_flag("--contract", parsed.contract,
                   "Also the steps that remove what the release before uses: once none of its servers runs")
        ->excludes(printing)
        ->excludes(planning);
    planning->excludes(printing);
    migrating
        ->add_flag("--move-agents", parsed.move_agents,
                   "Also move the chats that stores.database holds to stores.agents, once that names another database")
        ->excludes(printing)
        ->excludes(planning);
    migrating->callback([&parsed] {
        const auto& owner_from = parsed.copy.owner_from;
        parsed.code = !parsed.text.empty() ? print_schema(parsed.target, parsed.text)
                      : parsed.plan        ? migration_plan(parsed.target, owner_from)
                                           : migrate(parsed.target, owner_from, parsed.contract, parsed.move_agents);
    });

    auto* copying = command(app, parsed, "copy", "Move all rows to another database, and compare (no server may run)");
    const std::string urls = "sqlite:PATH, postgresql://…, or env:NAME for the variable that holds it";
    copying->add_option("--from", parsed.copy.from, urls)->type_name("URL")->required();
    copying->add_option("--to", parsed.copy.to, "The same; its tables must be empty")->type_name("URL")->required();
    copying->add_option("--owner-from", parsed.copy.owner_from, owner + "; they are made when they are missing")
        ->type_name("VARIABLE");
    copying->callback([&parsed] { parsed.code = copy(parsed.target, parsed.copy); });
}

void add_jobs(CLI::App& app, Parsed& parsed) {
    auto* jobs = app.add_subcommand("jobs", "What runs in the background: list, start, try again");
    jobs->require_subcommand(1);
    auto* listing = command(*jobs, parsed, "list", "Jobs, the newest first");
    listing->add_option("--state", parsed.job.state, "Only these")
        ->check(CLI::IsMember({"queued", "running", "done", "failed"}));
    listing->add_option("--limit", parsed.job.limit, "How many")->check(CLI::Range(1, 100));
    listing->add_option("--after", parsed.job.cursor, "Where the page before ended");
    listing->add_flag("--json", parsed.json, "Print JSON");
    listing->callback([&parsed] { parsed.code = jobs_list(parsed.target, parsed.job, parsed.json); });

    auto* showing = command(*jobs, parsed, "show", "How far one job is, as JSON");
    showing->add_option("ID", parsed.job.id, "The job")->required();
    showing->callback([&parsed] { parsed.code = jobs_show(parsed.target, parsed.job); });

    auto* starting = command(*jobs, parsed, "start", "Start a job that the application's scripts declare");
    starting->add_option("NAME", parsed.job.name, "The job")->required();
    starting->add_option("--arguments", parsed.job.arguments, "A JSON object")->type_name("JSON");
    starting->add_option("--key", parsed.job.key, "While a job with this key is there, that one is shown instead");
    starting->add_option("--delay", parsed.job.delay_seconds, "Seconds to wait before")->check(CLI::Range(0, 604'800));
    starting->callback([&parsed] { parsed.code = jobs_start(parsed.target, parsed.job); });

    auto* retrying = command(*jobs, parsed, "retry", "Try again what was given up");
    auto* one = retrying->add_option("ID", parsed.job.id, "The job");
    retrying->add_flag("--all", parsed.job.all, "All that were given up, at most 1,000")->excludes(one);
    retrying->callback([&parsed] { parsed.code = jobs_retry(parsed.target, parsed.job); });
}

void add_plan(CLI::App& app, Parsed& parsed) {
    auto& planned = parsed.planned;
    auto* planning = app.add_subcommand(
        "plan", "What the application's stack would build on AWS, at what price, and what is wrong with it");
    planning->add_option("APP", parsed.target.application, "Folder of the application");
    planning->add_option("--env", planned.environment, "dev, prod, economy: whose values (default: dev)")
        ->type_name("NAME");
    planning->add_option("--format", planned.format, "text, json or markdown")
        ->check(CLI::IsMember({"text", "json", "markdown"}));
    auto* made =
        planning->add_option("--plan", planned.plan,
                             "A plan that was made elsewhere, from `terraform show -json`; else Terraform makes one "
                             "here, of a copy, without an account");
    made->type_name("FILE");
    planning->add_option("--stack", planned.stack, "Folder of the stack (default: the manifest's deploy.stack)")
        ->type_name("DIR");
    planning->add_option("--values", planned.values, "Folder of the values (default: the manifest's deploy.values)")
        ->type_name("DIR");
    planning
        ->add_option("--traffic", planned.traffic, "What flows in a month (default: traffic.json beside the values)")
        ->type_name("FILE");
    planning
        ->add_option("--estimate", planned.estimate, "What was estimated (default: estimate.json beside the values)")
        ->type_name("FILE");
    planning->add_option("--waivers", planned.waivers, "Findings to live with (default: waivers.tsv beside the stacks)")
        ->type_name("FILE");
    planning
        ->add_option("--plugins", planned.plugins,
                     "Folder of Terraform's providers (default: $SLIPWAY_TERRAFORM_PLUGINS)")
        ->type_name("DIR");
    planning->add_option("--var", planned.variables, "NAME=VALUE of the stack, over its values")
        ->type_name("TEXT")
        ->excludes(made);
    planning->add_flag("--rules", planned.rules, "Print all rules as Markdown instead");
    planning->callback([&parsed] { parsed.code = plan(parsed.target, parsed.planned); });
}

void add_rest(CLI::App& app, Parsed& parsed) {
    auto* making = app.add_subcommand("new", "Make a working application from nothing");
    making->add_option("NAME", parsed.text, "Its folder")->required();
    making->callback([&parsed] { parsed.code = new_application(parsed.text); });
    auto* completing =
        app.add_subcommand("completion", "Print the completion script of a shell: eval \"$(slipway completion bash)\"");
    completing->add_option("SHELL", parsed.shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completing->callback([&parsed] { parsed.code = completion(parsed.shell); });
    auto* telling = app.add_subcommand("version", "Print the version");
    telling->callback([&parsed] { parsed.code = version(); });
}

}  // namespace

int run(int count, char** arguments) {
    CLI::App app("Slipway: the whole backend of an AI application in one binary", "slipway");
    app.footer(kFooter);
    app.require_subcommand(1);
    app.set_version_flag("--version", [] {
        version();
        return std::string();
    });
    Parsed parsed;
    add_serving(app, parsed);
    add_knowledge(app, parsed);
    add_asking(app, parsed);
    add_care(app, parsed);
    add_databases(app, parsed);
    add_users(app, parsed);
    add_tokens(app, parsed);
    add_keys(app, parsed);
    add_workspaces(app, parsed);
    add_jobs(app, parsed);
    add_audit(app, parsed);
    add_terraform(app, parsed.code);
    add_lambda(app, parsed.code);
    add_plan(app, parsed);
    add_deploy(app, parsed.code);
    add_verify(app, parsed.code);
    add_rest(app, parsed);
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        fmt::print(stderr, "error: {}\n", mistake_in(app, error));
        return kWrongUse;
    }
    return parsed.code;
}

}  // namespace slipway::cli
