// Signatures for clients that are not AwsClient, judged by a server that checks them.
#include "store/aws/sign_request.h"

#include <gtest/gtest.h>

#include "store/objects/engines/s3_place.h"

namespace slipway::test {
namespace {

Task<int> send_signed(S3Engine& engine, net::ClientRequest request, const store::AwsCredentials& keys) {
    const auto credentials = store::CredentialsProvider::of(keys);
    store::SigningScope scope{.region = "us-east-1", .service = "s3", .at = now()};
    SLIPWAY_CO_CHECK(co_await store::sign_request(request, std::move(scope), *credentials));
    SLIPWAY_CO_TRY(const auto response, co_await engine.client().send(std::move(request)));
    SLIPWAY_CO_CHECK(co_await response->read_all());
    co_return response->status;
}

int status_of(S3Engine& engine, net::Method method, std::string_view target, std::string body,
              const store::AwsCredentials& keys) {
    net::ClientRequest request;
    request.method = method;
    request.url = fmt::format("{}{}", engine.endpoint(), target);
    request.body = std::move(body);
    request.headers.set("Content-Type", "text/plain");
    return must(run_to_end(send_signed(engine, std::move(request), keys)));
}

TEST(SignRequest, IsAcceptedByAServerThatChecksIt) {
    auto* const engine = S3Engine::shared(S3Engine::Kind::versitygw);
    if (engine == nullptr) GTEST_SKIP() << "versitygw was not fetched";
    using enum net::Method;
    EXPECT_EQ(status_of(*engine, put, "/slipway-tests/signed%20by%20hand", "what is signed", kS3Keys), 200);
    EXPECT_EQ(status_of(*engine, get, "/slipway-tests?list-type=2&prefix=signed%20by&max-keys=1", "", kS3Keys), 200);
    auto wrong = kS3Keys;
    wrong.secret_access_key += "!";
    EXPECT_EQ(status_of(*engine, get, "/slipway-tests?list-type=2", "", wrong), 403);
}

}  // namespace
}  // namespace slipway::test
