#include "cli/lambda_local.h"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "base/log.h"
#include "cli/load.h"
#include "lambda/emulator.h"
#include "lambda/runtime.h"
#include "lambda/sandbox.h"
#include "net/server.h"
#include "serve/routes.h"
#include "serve/run_function.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kLookEvery{300};
constexpr std::string_view kHandler = "bootstrap";
constexpr std::uint16_t kPort = 8766;

volatile std::sig_atomic_t told_to_stop = 0;

// The server that stands before the sandbox, and the sandbox.
class Desk {
 public:
    Desk(const LocalFunction& local, const app::Manifest& manifest)
        : local_(local),
          name_(local.function.empty() ? manifest.name : local.function),
          emulator_({.function = name_,
                     .kill = [this] { sandbox_.kill(); },
                     .refused = [](const std::string& reason) { fmt::print(stderr, "error: {}\n", reason); }}) {}
    ~Desk() {
        sandbox_.stop();
        if (server_) server_->stop();
    }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    Result<void> listen(const app::Manifest& manifest, std::uint16_t port, bool front) {
        auto router = std::make_shared<net::Router>();
        emulator_.add_apis(*router);
        if (front) emulator_.add_front(*router);
        net::ServerOptions options;
        options.host = local_.target.host.value_or(front ? manifest.server.host : "127.0.0.1");
        options.port = port;
        options.loops = 1;
        options.cors.origins = manifest.server.cors.origins;
        options.cors.credentials = manifest.server.cors.credentials;
        server_ = std::make_unique<net::Server>(std::move(options), std::move(router), serve::render_outside_error);
        return server_->start();
    }

    Result<void> start_sandbox() {
        std::vector<std::string> arguments{"slipway",
                                           "lambda",
                                           local_.target.application,
                                           "--data",
                                           data_folder_of(local_.target, Environment::of_process()).string(),
                                           "--function",
                                           local_.function};
        if (local_.streams) arguments.emplace_back("--stream");
        std::map<std::string, std::string> variables{
            {"AWS_LAMBDA_RUNTIME_API", fmt::format("127.0.0.1:{}", server_->port())},
            {"AWS_LAMBDA_FUNCTION_NAME", name_},
            {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
            {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"},
            {"LAMBDA_TASK_ROOT", fs::absolute(local_.target.application).parent_path().string()},
            {"_HANDLER", std::string(kHandler)}};
        on_loop([this] { emulator_.sandbox_began(); });
        return sandbox_.start(arguments, variables);
    }

    // False once it has ended; whoever waits for it is told.
    bool sandbox_runs() {
        if (sandbox_.runs()) return true;
        on_loop([this] { emulator_.sandbox_ended(); });
        return false;
    }
    bool sandbox_served() {
        bool served = false;
        on_loop([this, &served] { served = emulator_.served(); });
        return served;
    }
    std::future<lambda::Outcome> invoke(std::string payload) {
        return asio::co_spawn(server_->executor(), emulator_.invoke(std::move(payload)), asio::use_future);
    }
    std::uint16_t port() const { return server_->port(); }
    const std::string& name() const { return name_; }

 private:
    template <typename Work>
    void on_loop(Work work) {
        std::promise<void> done;
        asio::post(server_->executor(), [&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }

    const LocalFunction& local_;
    std::string name_;
    lambda::Sandbox sandbox_;
    std::unique_ptr<net::Server> server_;  // its loop outlives what waits in the emulator
    lambda::Emulator emulator_;
};

// What the sandbox is going to load is looked at first: its mistakes are told at once.
Result<app::Manifest> manifest_of(const LocalFunction& local) {
    SLIPWAY_TRY(auto loaded, load(local.target));
    if (!local.function.empty()) SLIPWAY_CHECK(serve::find_function(loaded.manifest, local.function));
    return std::move(loaded.manifest);
}

// Differs whenever a file was added, removed or written. Nothing that is hidden, and not the data.
std::string changes_of(const fs::path& folder, const fs::path& data) {
    std::string seen;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code gone;
        if (entry->path().filename().string().starts_with('.') || fs::equivalent(entry->path(), data, gone)) {
            entry.disable_recursion_pending();
            continue;
        }
        if (!entry->is_regular_file(gone)) continue;
        seen += fmt::format("{} {} {}\n", entry->path().string(), entry->file_size(gone),
                            entry->last_write_time(gone).time_since_epoch().count());
    }
    return seen;
}

Result<std::string> read_event(const std::string& event) {
    std::ifstream file;
    if (event != "-") file.open(event, std::ios::binary);
    if (event != "-" && !file) return fail(ErrorCode::not_found, "The event {} cannot be read.", event);
    std::istream& input = event == "-" ? std::cin : file;
    std::string payload{std::istreambuf_iterator<char>(input), {}};
    if (payload.size() > lambda::kPayloadBytesMax)
        return fail(ErrorCode::invalid, "The event {} is larger than the 6 MB that a function takes.", event);
    return payload;
}

}  // namespace

int serve_locally(const LocalFunction& local) {
    auto manifest = manifest_of(local);
    if (!manifest) return report(manifest.error());
    Desk desk(local, *manifest);
    if (const auto listening = desk.listen(*manifest, local.target.port.value_or(kPort), true); !listening)
        return report(listening.error());
    std::signal(SIGPIPE, SIG_IGN);
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { told_to_stop = 1; });
    const auto data = data_folder_of(local.target, Environment::of_process());
    auto seen = changes_of(local.target.application, data);
    if (const auto started = desk.start_sandbox(); !started) return report(started.error());
    log::info("function served locally",
              {{"function", desk.name()}, {"url", fmt::format("http://127.0.0.1:{}", desk.port())}});
    bool ended = false;
    while (told_to_stop == 0) {
        std::this_thread::sleep_for(kLookEvery);
        auto changes = changes_of(local.target.application, data);
        const bool changed = changes != seen;
        seen = std::move(changes);
        if (!ended) ended = !desk.sandbox_runs();
        // One that never asked for work would end again; a change may mend it.
        if (!changed && !(ended && desk.sandbox_served())) continue;
        log::info("sandbox begins anew", {{"reason", changed ? "the application has changed" : "it ended"}});
        if (const auto started = desk.start_sandbox(); !started) return report(started.error());
        ended = false;
    }
    return kDone;
}

int invoke_locally(const LocalFunction& local, const std::string& event) {
    auto payload = read_event(event);
    if (!payload) return report(payload.error());
    auto manifest = manifest_of(local);
    if (!manifest) return report(manifest.error());
    log::set_level(log::Level::warning);  // of this process: what the sandbox has to say it says itself
    Desk desk(local, *manifest);
    if (const auto listening = desk.listen(*manifest, 0, false); !listening) return report(listening.error());
    std::signal(SIGPIPE, SIG_IGN);
    if (const auto started = desk.start_sandbox(); !started) return report(started.error());
    auto invoked = desk.invoke(*std::move(payload));
    while (invoked.wait_for(kLookEvery) != std::future_status::ready) desk.sandbox_runs();
    const auto outcome = invoked.get();
    if (!outcome.body.empty()) fmt::print("{}\n", outcome.body);
    switch (outcome.end) {
        case lambda::Outcome::End::answered:
        case lambda::Outcome::End::streamed:
            return kDone;
        case lambda::Outcome::End::failed:
            break;
        case lambda::Outcome::End::too_large:
            fmt::print(stderr, "error: the answer is larger than 6 MB\n");
            break;
        case lambda::Outcome::End::timed_out:
            fmt::print(stderr, "error: the function took too long\n");
            break;
        case lambda::Outcome::End::lost:
            fmt::print(stderr, "error: the function ended without an answer\n");
            break;
    }
    return kFailed;
}

}  // namespace slipway::cli
