#include "base/log.h"
#include "cli/load.h"
#include "net/client.h"
#include "serve/operator.h"

namespace slipway::cli {
namespace {

constexpr Milliseconds kCommandTimeMax = std::chrono::hours(12);

Error error_of(const json::object& body) {
    Error error{ErrorCode::internal, "The server gave no reason.", {}};
    if (const auto* inner = object_in(body, "error")) {
        error.code = error_code_from(text_or(*inner, "code")).value_or(ErrorCode::internal);
        error.message = std::string(text_or(*inner, "message"));
    }
    return error;
}

// A running server, through the socket in its data folder.
class Remote final : public Link {
 public:
    Remote(std::filesystem::path socket, int process) : socket_(std::move(socket)), process_(process) {}

    Result<json::object> run(std::string command, json::object arguments, Events events) override {
        return run_to_end(ask(std::move(command), std::move(arguments), std::move(events)));
    }
    bool is_remote() const override { return true; }

 private:
    Task<json::object> ask(std::string command, json::object arguments, Events events) {
        net::Client client;
        net::ClientRequest request;
        request.method = net::Method::post;
        request.url = "http://slipway/_operator/" + command;
        request.unix_socket = socket_;
        request.headers.set("Content-Type", "application/json");
        request.body = write_json(arguments);
        request.timeouts.first_byte = request.timeouts.between_bytes = request.timeouts.total = kCommandTimeMax;
        auto sent = co_await client.send(std::move(request));
        if (!sent)
            co_return fail(ErrorCode::unavailable,
                           "Process {} uses the data folder and does not answer: {} It may be a server that starts or "
                           "stops, or another command; try again when it is done.",
                           process_, sent.error().message);
        auto response = *std::move(sent);
        net::EventParser parser;
        while (true) {
            SLIPWAY_CO_TRY(const auto piece, co_await response->read_some());
            if (!piece) co_return fail(ErrorCode::unavailable, "The server stopped before it was done.");
            SLIPWAY_CO_TRY(const auto arrived, parser.feed(*piece));
            for (const auto& event : arrived) {
                SLIPWAY_CO_TRY(const auto value, parse_json(event.data));
                if (!value.is_object()) continue;
                if (event.event == "result") co_return value.get_object();
                if (event.event == "error") co_return std::unexpected(error_of(value.get_object()));
                if (events) events(value.get_object());
            }
        }
    }

    std::filesystem::path socket_;
    int process_;
};

// The stores, opened by this process.
class Local final : public Link {
 public:
    explicit Local(std::unique_ptr<serve::Application> application)
        : application_(std::move(application)), operator_(*application_) {}

    Result<json::object> run(std::string command, json::object arguments, Events events) override {
        serve::OperatorEvents tell = [events = std::move(events)](json::object event) -> Task<void> {
            if (events) events(event);
            co_return Result<void>();
        };
        return run_to_end(operator_.run(std::move(command), std::move(arguments), tell));
    }
    bool is_remote() const override { return false; }

 private:
    std::unique_ptr<serve::Application> application_;
    serve::Operator operator_;
};

}  // namespace

Result<std::unique_ptr<Link>> connect(const Target& target) {
    SLIPWAY_TRY(const auto environment, environment_of(target.application));
    const auto data = data_folder_of(target, environment);
    if (const auto process = serve::serving_process(data))
        return std::make_unique<Remote>(serve::private_socket_of(data), *process);
    SLIPWAY_TRY(auto loaded, load(target));
    log::set_level(log::Level::warning);
    SLIPWAY_TRY(auto application, serve::Application::open(std::move(loaded.manifest), std::move(loaded.environment)));
    return std::make_unique<Local>(std::move(application));
}

}  // namespace slipway::cli
