#include "store/aws/credentials_endpoint.h"

#include <array>
#include <fstream>

#include "base/text.h"
#include "net/client_target.h"
#include "store/aws/credentials_document.h"

namespace slipway::store {
namespace {

constexpr std::size_t kFileBytesMax = 1 << 20, kAnswerBytesMax = 64 << 10;
constexpr int kAttemptsMax = 3;
constexpr Milliseconds kPause{100};
constexpr net::ClientTimeouts kTimeouts{.connect = Milliseconds(1'000),
                                        .first_byte = Milliseconds(3'000),
                                        .between_bytes = Milliseconds(3'000),
                                        .total = Milliseconds(5'000)};
constexpr std::array<std::string_view, 6> kHostsWithoutTls{"127.0.0.1",     "localhost",      "::1",
                                                           "169.254.170.2", "169.254.170.23", "fd00:ec2::23"};

net::ClientRequest asking(net::Method method, std::string url) {
    return {.method = method, .url = std::move(url), .timeouts = kTimeouts, .response_bytes_max = kAnswerBytesMax};
}

struct Answer {
    int status = 0;
    std::string body;
};

Task<Answer> ask_once(net::Client& client, net::ClientRequest request) {
    SLIPWAY_CO_TRY(const auto response, co_await client.send(std::move(request)));
    SLIPWAY_CO_TRY(auto body, co_await response->read_all());
    co_return Answer{response->status, std::move(body)};
}

// These services are asked by all that run beside us, and are busy now and then.
Task<std::string> ask(net::Client& client, net::ClientRequest request, std::string_view place) {
    for (int attempt = 1;; ++attempt) {
        const auto answer = co_await ask_once(client, request);
        if (answer && answer->status == 200) co_return answer->body;
        const bool again = !answer || answer->status >= 500 || answer->status == 429;
        if (!again || attempt == kAttemptsMax) {
            if (answer) co_return fail(ErrorCode::unavailable, "{} answered with status {}.", place, answer->status);
            co_return fail(ErrorCode::unavailable, "{} cannot be asked for AWS credentials: {}", place,
                           answer.error().message);
        }
        co_await sleep_for(kPause * attempt);
    }
}

Result<std::string> container_url(const Environment& environment) {
    if (const auto relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
        return "http://169.254.170.2" + *relative;
    auto url = environment.get_or("AWS_CONTAINER_CREDENTIALS_FULL_URI", "");
    SLIPWAY_TRY(const auto target, net::parse_target(url));
    if (target.secure || std::ranges::find(kHostsWithoutTls, target.host) != kHostsWithoutTls.end()) return url;
    return fail(ErrorCode::invalid,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https://, or http:// on this machine itself; the host {} "
                "would see the credentials.",
                target.host);
}

}  // namespace

Task<std::string> read_small_file(std::string path, WorkerPool& pool) {
    auto read = [path]() -> Result<std::string> {
        std::ifstream file(path, std::ios::binary);
        std::string text(kFileBytesMax, '\0');
        if (!file) return fail(ErrorCode::unavailable, "The file {} cannot be read.", path);
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
        return text;
    };
    co_return co_await pool.run(std::move(read));
}

Task<std::optional<AwsCredentials>> credentials_of_container(const Environment& environment, net::Client& client,
                                                             WorkerPool& pool) {
    constexpr std::string_view kPlace = "The container's credentials endpoint";
    if (!environment.has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") &&
        !environment.has("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
        co_return std::nullopt;
    SLIPWAY_CO_TRY(auto url, container_url(environment));
    auto request = asking(net::Method::get, std::move(url));
    auto token = environment.get_or("AWS_CONTAINER_AUTHORIZATION_TOKEN", "");
    if (const auto file = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
        SLIPWAY_CO_TRY(token, co_await read_small_file(*file, pool));
    }
    if (!token.empty()) request.headers.set("Authorization", std::string(trim(token)));
    SLIPWAY_CO_TRY(const auto body, co_await ask(client, std::move(request), kPlace));
    SLIPWAY_CO_TRY(auto found, parse_credentials_json(body, kPlace));
    co_return found;
}

Task<std::optional<AwsCredentials>> credentials_of_instance(const Environment& environment, net::Client& client) {
    constexpr std::string_view kPlace =
        "The metadata service of the instance (the last place where credentials may be)";
    if (equal_ignoring_case(environment.get_or("AWS_EC2_METADATA_DISABLED", ""), "true")) co_return std::nullopt;
    auto base = environment.get_or("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254");
    while (base.ends_with('/')) base.pop_back();
    auto for_token = asking(net::Method::put, base + "/latest/api/token");
    for_token.headers.set("X-aws-ec2-metadata-token-ttl-seconds", "21600");
    SLIPWAY_CO_TRY(const auto token, co_await ask(client, std::move(for_token), kPlace));
    const auto roles = base + "/latest/meta-data/iam/security-credentials/";
    auto for_role = asking(net::Method::get, roles);
    for_role.headers.set("X-aws-ec2-metadata-token", token);
    SLIPWAY_CO_TRY(const auto role, co_await ask(client, std::move(for_role), kPlace));
    auto for_credentials = asking(net::Method::get, roles + std::string(trim(role.substr(0, role.find('\n')))));
    for_credentials.headers.set("X-aws-ec2-metadata-token", token);
    SLIPWAY_CO_TRY(const auto body, co_await ask(client, std::move(for_credentials), kPlace));
    SLIPWAY_CO_TRY(auto found, parse_credentials_json(body, kPlace));
    co_return found;
}

}  // namespace slipway::store
