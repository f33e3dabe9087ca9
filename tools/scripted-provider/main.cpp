// A model provider that says what a script tells it to: stands in for the paid APIs in tests and benchmarks.
#include <charconv>
#include <cstdio>
#include <vector>

#include "../serve_until_signal.h"
#include "base/log.h"
#include "net/server.h"
#include "provider.h"

namespace slipway::scripted {
namespace {

constexpr std::string_view kHelp = R"(scripted-provider [options]
Speaks OpenAI's chat completions (plain and streamed), embeddings and models; loopback only by default.

  --port N         port to listen on; 0 takes a free one (default 0)
  --host ADDRESS   address to listen on (default 127.0.0.1)
  --script FILE    JSON rules that say how to answer, delay, fail or break off;
                   tools/scripted-provider/script.h describes them. Default: echo
  --record FILE    append one JSON line per request: what was asked and how it ended
  --key KEY        refuse requests that do not bring this key
  --dimension N    dimension of the embeddings (default 256)
  --help           this text

Prints "listening on http://ADDRESS:PORT" once it is ready; ends with SIGTERM or SIGINT.
)";

struct Options {
    std::string host = "127.0.0.1", script, record;
    std::uint16_t port = 0;
    ProviderSettings provider;
    bool help = false;
};

template <typename Number>
Result<Number> number(std::string_view name, std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(ErrorCode::invalid, "{} must be a number, not “{}”.", name, text);
    return value;
}

Result<Options> read_options(const std::vector<std::string_view>& arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto name = arguments[i];
        if (name == "--help" || name == "-h") {
            options.help = true;
            return options;
        }
        if (i + 1 == arguments.size())
            return fail(ErrorCode::invalid, "{} is not an option, or needs a value; see --help.", name);
        const auto value = arguments[++i];
        if (name == "--host")
            options.host = value;
        else if (name == "--script")
            options.script = value;
        else if (name == "--record")
            options.record = value;
        else if (name == "--key")
            options.provider.key = value;
        else if (name == "--port") {
            SLIPWAY_TRY(options.port, number<std::uint16_t>(name, value));
        } else if (name == "--dimension") {
            SLIPWAY_TRY(options.provider.dimension, number<std::size_t>(name, value));
        } else
            return fail(ErrorCode::invalid, "There is no option {}; see --help.", name);
    }
    if (options.provider.dimension < 1 || options.provider.dimension > 8192)
        return fail(ErrorCode::invalid, "--dimension must be 1 to 8192.");
    return options;
}

net::Response render_error(const net::Request&, int status, const Error& error) {
    return error_response(status, error.message, "invalid_request_error", to_string(error.code));
}

Result<void> serve(const Options& options) {
    auto script = std::make_unique<Script>();
    if (!options.script.empty()) {
        SLIPWAY_TRY(script, Script::load(options.script));
    }
    SLIPWAY_TRY(auto recorder, Recorder::open(options.record));
    Provider provider(options.provider, std::move(script), std::move(recorder));
    net::ServerOptions server_options;
    server_options.host = options.host;
    server_options.port = options.port;
    server_options.server_name = "scripted-provider";
    return tools::serve_until_signal(server_options, provider.routes(), render_error, "http");
}

}  // namespace
}  // namespace slipway::scripted

int main(int count, char** values) {
    using namespace slipway;
    const auto options = scripted::read_options(std::vector<std::string_view>(values + 1, values + count));
    if (!options) {
        std::fprintf(stderr, "scripted-provider: %s\n", options.error().message.c_str());
        return 2;
    }
    if (options->help) {
        std::fputs(std::string(scripted::kHelp).c_str(), stdout);
        return 0;
    }
    log::set_level(log::Level::error);
    const auto served = scripted::serve(*options);
    if (!served) {
        std::fprintf(stderr, "scripted-provider: %s\n", served.error().message.c_str());
        return 1;
    }
    return 0;
}
