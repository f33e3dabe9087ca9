// slipway lambda, slipway lambda invoke
#include <csignal>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/lambda_local.h"
#include "cli/load.h"
#include "lambda/function.h"
#include "serve/run_function.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

// The start has 10 seconds in Lambda; then it would be tried again, without anybody being told why.
constexpr Milliseconds kStartWait{7'000};
constexpr const char* kRuntimeApi = "AWS_LAMBDA_RUNTIME_API";
constexpr const char* kFunction = "SLIPWAY_FUNCTION";
constexpr std::string_view kAnyHandler = "bootstrap";  // what a custom runtime is given that has only one function

struct LambdaArguments : LocalFunction {
    std::string event;
    bool local = false;
};

// Of the function's zip, below its root.
std::string application_of(const LambdaArguments& arguments, const Environment& environment) {
    if (!arguments.target.application.empty()) return arguments.target.application;
    const auto root = environment.get("LAMBDA_TASK_ROOT");
    return root ? (fs::path(*root) / "app").string() : std::string();
}

std::string function_of(const LambdaArguments& arguments, const Environment& environment) {
    if (!arguments.function.empty()) return arguments.function;
    const auto handler = environment.get_or(kFunction, environment.get_or("_HANDLER", ""));
    return handler == kAnyHandler ? std::string() : handler;
}

Result<std::unique_ptr<serve::Application>> open(const Target& target, const std::string& function) {
    SLIPWAY_TRY(auto loaded, load(target));
    log::set_level(loaded.manifest.server.log_level);
    if (!function.empty()) SLIPWAY_CHECK(serve::find_function(loaded.manifest, function));
    serve::fit_to_function(loaded.manifest);
    return serve::Application::open(std::move(loaded.manifest), std::move(loaded.environment), serve::IndexUse::open,
                                    kStartWait);
}

int serve_function(LambdaArguments arguments) {
    const auto environment = Environment::of_process();
    const auto runtime_api = environment.get(kRuntimeApi);
    if (!runtime_api) {
        fmt::print(stderr,
                   "error: {} is not set, so this is no sandbox of Lambda. On a desk: slipway lambda APP --local\n",
                   kRuntimeApi);
        return kWrongUse;
    }
    auto& target = arguments.target;
    target.application = application_of(arguments, environment);
    // Nothing else can be written in a sandbox.
    if (target.data.empty() && !environment.has("DATA")) target.data = fs::temp_directory_path() / "slipway";
    const auto function = function_of(arguments, environment);
    std::signal(SIGPIPE, SIG_IGN);
    auto application = open(target, function);
    if (!application) {
        if (const auto told = lambda::refuse_to_start(*runtime_api, application.error()); !told)
            log::warning("start not refused", {{"reason", told.error().message}});
        return report(application.error());
    }
    log::info("function", {{"application", (*application)->manifest().name}, {"function", function}});
    const auto done = serve::run_function(**application, {*runtime_api, function, arguments.streams});
    if (!done) return report(done.error());
    log::info("stopped");
    return kDone;
}

}  // namespace

void add_lambda(CLI::App& app, int& code) {
    const auto arguments = std::make_shared<LambdaArguments>();
    auto* serving = app.add_subcommand("lambda", "Serve an application as a function of AWS Lambda");
    const auto share = [&arguments](CLI::App* command) {
        command
            ->add_option("--data", arguments->target.data,
                         "Folder of the data (default: $DATA, else slipway below /tmp; on a desk data/NAME)")
            ->type_name("DIR");
        command->add_flag(
            "--stream", arguments->streams,
            "Answer with streams, as function URLs with RESPONSE_STREAM and REST APIs with STREAM want it");
    };
    serving->add_option("APP", arguments->target.application,
                        "Folder of the application (default: app in the function's zip)");
    serving->add_option(
        "--function", arguments->function,
        "Which of the manifest's functions; default: $SLIPWAY_FUNCTION, else what Lambda calls the handler "
        "($_HANDLER), and for bootstrap all routes");
    share(serving);
    auto* local = serving->add_flag("--local", arguments->local,
                                    "On a desk: with an emulator of Lambda and HTTP in front, anew at each change");
    serving->add_option("--host", arguments->target.host, "Address that --local listens on (default: 127.0.0.1)")
        ->needs(local);
    serving->add_option("--port", arguments->target.port, "Port that --local listens on (default: 8766)")->needs(local);
    serving->callback([arguments, serving, &code] {
        if (!serving->get_subcommands().empty()) return;
        code = arguments->local ? serve_locally(*arguments) : serve_function(*arguments);
    });

    auto* invoking =
        serving->add_subcommand("invoke", "Hand one event to a function on this desk, and print its answer");
    invoking->add_option("FUNCTION", arguments->function, "Which of the manifest's functions")->required();
    invoking->add_option("--event", arguments->event, "File with the event as JSON; - reads standard input")
        ->required();
    invoking->add_option("--app", arguments->target.application, "Folder of the application (default: this one)")
        ->type_name("DIR");
    share(invoking);
    invoking->callback([arguments, &code] {
        if (arguments->target.application.empty()) arguments->target.application = ".";
        code = invoke_locally(*arguments, arguments->event);
    });
}

}  // namespace slipway::cli
