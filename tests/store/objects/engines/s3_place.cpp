#include "store/objects/engines/s3_place.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/percent.h"
#include "base/text.h"

namespace slipway::test {
namespace {

constexpr std::string_view kBucket = "slipway-tests";
constexpr std::string_view kBoundary = "a-boundary-of-the-tests";

const char* name_of(S3Engine::Kind kind) { return kind == S3Engine::Kind::moto ? "moto" : "versitygw"; }

net::ClientOptions client_options(S3Engine::Kind kind, const std::filesystem::path& folder) {
    net::ClientOptions options;
    if (kind == S3Engine::Kind::versitygw_tls) options.certificate_authorities = folder / "certificate.pem";
    return options;
}

void make_certificate(const std::filesystem::path& folder) {
    const auto command = fmt::format(
        "cd '{}' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 "
        "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem 2>openssl.log",
        folder.string());
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl could not make a certificate");
}

std::string render_form(const LinkUse& use) {
    std::string body;
    for (const auto& [name, value] : use.fields)
        body +=
            fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", kBoundary, name, value);
    body += fmt::format(
        "--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\nContent-Type: "
        "application/octet-stream\r\n\r\n{}\r\n--{}--\r\n",
        kBoundary, use.data, kBoundary);
    return body;
}

}  // namespace

S3Engine::S3Engine(Kind kind, const std::filesystem::path& engine, std::vector<std::string> more,
                   std::vector<std::string> before)
    : kind_(kind), client_([&] {
          if (kind == Kind::versitygw_tls) make_certificate(folder_.path());
          return client_options(kind, folder_.path());
      }()) {
    std::filesystem::create_directories(data());  // a bucket
    const auto words = command(engine, std::move(more));
    before.insert(before.end(), words.begin(), words.end());
    EngineOptions options{.command = std::move(before), .folder = folder_.path(), .port = port_};
    options.environment = {{"ROOT_ACCESS_KEY_ID", kS3Keys.access_key_id},
                           {"ROOT_SECRET_ACCESS_KEY", kS3Keys.secret_access_key},
                           {"PYTHONPATH", engine.string()},
                           {"PYTHONDONTWRITEBYTECODE", "1"}};
    process_ = must(EngineProcess::start(std::move(options)));
    if (kind == Kind::moto) must(send({.method = net::Method::put, .path = fmt::format("/{}", kBucket)}));
    std::printf("engine: %s\n", std::filesystem::canonical(engine).filename().c_str());
}

std::vector<std::string> S3Engine::command(const std::filesystem::path& engine, std::vector<std::string> more) const {
    if (kind_ == Kind::moto)
        return {"/usr/bin/python3",   (engine / "bin/moto_server").string(), "-H", "127.0.0.1", "-p",
                std::to_string(port_)};
    std::vector<std::string> words{
        (engine / "versitygw").string(),   "--quiet", "--keep-alive", "--virtual-domain", "s3.test", "--port",
        fmt::format("127.0.0.1:{}", port_)};
    if (kind_ == Kind::versitygw_tls)
        words.insert(words.end(),
                     {"--cert", (folder_ / "certificate.pem").string(), "--key", (folder_ / "key.pem").string()});
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"posix", (folder_ / "data").string()});
    return words;
}

std::unique_ptr<S3Engine> S3Engine::start(Kind kind, std::vector<std::string> more, std::vector<std::string> before) {
    const auto engine = engine_folder(name_of(kind));
    if (!engine) return nullptr;
    return std::unique_ptr<S3Engine>(new S3Engine(kind, *engine, std::move(more), std::move(before)));
}

S3Engine* S3Engine::shared(Kind kind) {
    static std::map<Kind, std::unique_ptr<S3Engine>> started;
    const auto found = started.find(kind);
    return (found == started.end() ? started.emplace(kind, start(kind)).first : found)->second.get();
}

std::string S3Engine::endpoint() const {
    return fmt::format("{}://127.0.0.1:{}", kind_ == Kind::versitygw_tls ? "https" : "http", port_);
}

std::string S3Engine::url(std::string_view prefix, std::string_view more) const {
    return fmt::format("s3://{}/{}?endpoint={}{}", kBucket, prefix, percent_encode(endpoint()), more);
}

Result<std::unique_ptr<store::Objects>> S3Engine::open(std::string url, store::AwsClientOptions options) {
    return store::open_s3_objects({.url = std::move(url),
                                   .region = "us-east-1",
                                   .credentials = store::CredentialsProvider::of(kS3Keys),
                                   .client = std::move(options),
                                   .part_bytes = 5 << 20},
                                  client_, pool_);
}

Result<store::AwsResponse> S3Engine::send(store::AwsRequest request) {
    store::AwsClient aws(client_, store::CredentialsProvider::of(kS3Keys));
    return run_to_end(aws.send(store::aws_endpoint("s3", "us-east-1", endpoint()), std::move(request)));
}

Task<LinkAnswer> S3ObjectsPlace::use(store::Objects&, LinkUse use) {
    net::ClientRequest request{.url = use.url, .body = use.data};
    if (use.kind == LinkUse::Kind::put) request.method = net::Method::put;
    if (use.kind == LinkUse::Kind::form) {
        request.method = net::Method::post;
        request.headers.set("Content-Type", fmt::format("multipart/form-data; boundary={}", kBoundary));
        request.body = render_form(use);
    }
    SLIPWAY_CO_TRY(const auto response, co_await engine_.client().send(std::move(request)));
    SLIPWAY_CO_TRY(auto body, co_await response->read_all());
    co_return LinkAnswer{.status = response->status, .body = std::move(body)};
}

// versitygw keeps objects as files: no name of more than 255 bytes, and no file beside a folder of its name.
bool S3ObjectsPlace::holds(std::string_view key) const {
    if (engine_.kind() == S3Engine::Kind::moto) return true;
    for (const auto segment : split(key, '/'))
        if (segment.size() > 255) return false;
    return key != "a" && key != "a/b" && key != std::string(200, 'n');
}

}  // namespace slipway::test
