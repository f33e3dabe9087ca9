// slipway lambda, slipway lambda invoke
#include <csignal>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "lambda/function.h"
#include "serve/run_function.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

// The start has 10 seconds in Lambda; then it would be tried again, without anybody being told why.
constexpr Milliseconds kStartWait{7'000};
constexpr const char* kRuntimeApi = "AWS_LAMBDA_RUNTIME_API";
constexpr std::string_view kAnyHandler = "bootstrap";  // what a custom runtime is given that has only one function

struct LambdaArguments {
    Target target;
    std::string function;
    bool streams = false;
};

// Of the function's zip, below its root.
std::string application_of(const LambdaArguments& arguments, const Environment& environment) {
    if (!arguments.target.application.empty()) return arguments.target.application;
    const auto root = environment.get("LAMBDA_TASK_ROOT");
    return root ? (fs::path(*root) / "app").string() : std::string();
}

std::string function_of(const LambdaArguments& arguments, const Environment& environment) {
    if (!arguments.function.empty()) return arguments.function;
    const auto handler = environment.get_or("_HANDLER", "");
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
    auto* serving = app.add_subcommand("lambda", "Serve an application as a function of AWS Lambda");
    const auto arguments = std::make_shared<LambdaArguments>();
    serving->add_option("APP", arguments->target.application,
                        "Folder of the application (default: app in the function's zip)");
    serving
        ->add_option("--data", arguments->target.data, "Folder of the data (default: $DATA, else slipway below /tmp)")
        ->type_name("DIR");
    serving->add_option("--function", arguments->function,
                        "Which of the manifest's functions; default: what Lambda calls the handler ($_HANDLER), and "
                        "for bootstrap all routes");
    serving->add_flag("--stream", arguments->streams,
                      "Answer with streams, as function URLs with RESPONSE_STREAM and REST APIs with STREAM want it");
    serving->callback([arguments, &code] { code = serve_function(*arguments); });
}

}  // namespace slipway::cli
