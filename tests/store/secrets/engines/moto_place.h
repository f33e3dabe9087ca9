// Secrets Manager and the Parameter Store as moto has them, for tests of their adapters.
#pragma once

#include <gtest/gtest.h>

#include "engines/moto_server.h"
#include "store/secrets/aws_secrets.h"

namespace slipway::test {

inline const auto kKeys = store::CredentialsProvider::of({.access_key_id = "ID", .secret_access_key = "the key"});

class Moto : public MotoServer {
 public:
    explicit Moto(const std::filesystem::path& engine, const std::optional<CertificateAuthority::Certified>& tls = {},
                  net::ClientOptions client = {})
        : MotoServer(engine, {}, tls), client_(std::move(client)) {}
    static std::unique_ptr<Moto> start() {
        const auto engine = engine_folder("moto");
        return engine ? std::make_unique<Moto>(*engine) : nullptr;
    }
    static Moto* shared() {
        static const auto moto = start();
        return moto.get();
    }

    json::object call(std::string service, std::string target, json::object input) {
        store::AwsClient aws(client_, kKeys);
        store::AwsClient::JsonCall call{.version = "1.1", .target = std::move(target), .input = std::move(input)};
        return must(run_to_end(aws.call(store::aws_endpoint(std::move(service), "us-east-1", url()), std::move(call))));
    }
    void put_secret(const std::string& name, const std::string& text) {
        call("secretsmanager", "secretsmanager.CreateSecret", {{"Name", name}, {"SecretString", text}});
    }
    void change_secret(const std::string& name, const std::string& text) {
        call("secretsmanager", "secretsmanager.PutSecretValue", {{"SecretId", name}, {"SecretString", text}});
    }
    void put_parameter(const std::string& name, const std::string& text) {
        call("ssm", "AmazonSSM.PutParameter",
             {{"Name", name}, {"Value", text}, {"Type", "SecureString"}, {"Overwrite", true}});
    }
    // From now on it looks who asks, and whether the signature is right; or not any more.
    void check_callers(bool on) {
        const auto ask = [&]() -> Task<void> {
            net::ClientRequest request{.method = net::Method::post, .url = url() + "/moto-api/reset-auth"};
            request.body = on ? "0" : "1000000";
            SLIPWAY_CO_TRY(const auto response, co_await client_.send(std::move(request)));
            SLIPWAY_CO_CHECK(co_await response->read_all());
            co_return Result<void>();
        };
        must(run_to_end(ask()));
    }
    std::unique_ptr<store::Secrets> open(std::string_view names, store::KeptSecretsTimes times = {},
                                         std::string endpoint = {}) {
        return open_with(client_, names, times, std::move(endpoint));
    }
    std::unique_ptr<store::Secrets> open_with(net::Client& client, std::string_view names,
                                              store::KeptSecretsTimes times = {}, std::string endpoint = {}) {
        if (endpoint.empty()) endpoint = url();
        store::AwsClientOptions impatient{.total_time_max = Milliseconds(2'000),
                                          .timeouts = {.connect = Milliseconds(500),
                                                       .first_byte = Milliseconds(1'000),
                                                       .between_bytes = Milliseconds(1'000),
                                                       .total = Milliseconds(1'500)},
                                          .wait_first = Milliseconds(10)};
        return must(store::open_aws_secrets({.url = fmt::format("{}?endpoint={}", names, endpoint),
                                             .region = "us-east-1",
                                             .credentials = kKeys,
                                             .client = impatient,
                                             .times = times},
                                            client));
    }

 private:
    net::Client client_;
};

}  // namespace slipway::test
