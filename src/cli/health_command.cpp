// slipway health: what a container's health check runs, where there is neither a shell nor curl.
#include <cstdio>

#include "cli/commands.h"
#include "cli/load.h"
#include "net/client.h"

namespace slipway::cli {
namespace {

constexpr Milliseconds kAnswerTimeMax{4'000};  // below the five seconds that the image's health check has
constexpr std::size_t kAnswerBytesMax = 64 << 10;

// Everything that the process itself answers under; "0.0.0.0" is no address to ask.
std::string address_of(const app::ServerSection& server) {
    auto host = server.host;
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return fmt::format("{}://{}:{}{}", server.tls.configured() ? "https" : "http", host, server.port, server.health);
}

// No store of secrets is asked: where a server listens and what its health path is are never secrets.
Result<std::string> health_url(const Target& target) {
    SLIPWAY_TRY(const auto environment, environment_of(target.application));
    auto options = manifest_options(target, environment);
    options.purpose = app::Purpose::check;
    options.open_secrets = nullptr;
    options.host = target.host;
    options.port = target.port;
    const auto loaded = app::load_manifest(target.application, environment, options);
    if (!loaded.ok()) return fail(ErrorCode::invalid, "the manifest is not right.\n{}", app::to_lines(loaded.problems));
    return address_of(loaded.manifest.server);
}

Task<int> ask(std::string url) {
    net::Client client;
    net::ClientRequest request;
    request.url = std::move(url);
    request.timeouts.total = request.timeouts.first_byte = request.timeouts.connect = kAnswerTimeMax;
    request.response_bytes_max = kAnswerBytesMax;
    SLIPWAY_CO_TRY(const auto response, co_await client.send(std::move(request)));
    SLIPWAY_CO_CHECK(co_await response->read_all());
    co_return response->status;
}

}  // namespace

int health(const Target& given, const std::string& where) {
    auto url = where;
    if (!where.starts_with("http://") && !where.starts_with("https://")) {
        auto target = given;
        target.application = where;
        auto found = health_url(target);
        if (!found) return report(found.error());
        url = *std::move(found);
    }
    const auto status = run_to_end(ask(url));
    if (!status) return report(status.error());
    if (*status / 100 == 2) return kDone;
    return report(Error{ErrorCode::unavailable, fmt::format("{} answers {}.", url, *status), {}});
}

}  // namespace slipway::cli
