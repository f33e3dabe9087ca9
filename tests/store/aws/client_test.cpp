// What is sent again and what is not, whose clock counts, and what refusals mean.
#include <gtest/gtest.h>

#include "net/file_body.h"
#include "store/aws/aws_client.h"
#include "store/aws/service_place.h"

namespace slipway::test {
namespace {

using store::AwsClient;
using store::AwsClientOptions;
using store::AwsCredentials;
using store::AwsRequest;
using store::AwsResponse;
using store::CredentialsProvider;

net::Response refusal(int status, std::string_view code) {
    return net::Response::text(status,
                               fmt::format("<?xml version=\"1.0\"?><Error><Code>{}</Code><Message>Told  so\n"
                                           "</Message></Error>",
                                           code),
                               "application/xml");
}

struct Client : testing::Test {
    ServicePlace service{[](const net::Request&) { return net::Response::text(200, "fine"); }};
    net::Client client;
    AwsClientOptions options{.wait_first = Milliseconds(1), .wait_max = Milliseconds(20)};
    std::shared_ptr<CredentialsProvider> credentials =
        CredentialsProvider::of({.access_key_id = "ID", .secret_access_key = "the-secret"});

    Result<AwsResponse> send(AwsRequest request = {}) {
        AwsClient aws(client, credentials, options);
        return run_to_end(aws.send(store::aws_endpoint("s3", "us-east-1", service.url()), std::move(request)));
    }
    ErrorCode code_of(int status, std::string_view aws_code) {
        service.answer([=](const net::Request&) { return refusal(status, aws_code); });
        const auto answer = send();
        return answer ? ErrorCode::internal : answer.error().code;
    }
    // Refuses so often, then is fine.
    void refuse(int times, net::Response response) {
        service.answer([=, left = std::make_shared<int>(times)](const net::Request&) {
            return (*left)-- > 0 ? response : net::Response::text(200, "fine");
        });
    }
};

TEST_F(Client, SignsWhatItSends) {
    ASSERT_TRUE(send({.path = "/a%20b", .query = {{"list-type", "2"}, {"prefix", "a/b c"}}}));
    const auto request = service.requests().back();
    EXPECT_EQ(request.target, "/a%20b?list-type=2&prefix=a%2Fb%20c");
    EXPECT_TRUE(request.headers.get("Authorization").starts_with("AWS4-HMAC-SHA256 Credential=ID/"));
    EXPECT_EQ(request.headers.get("X-Amz-Content-Sha256").size(), 64);
}

TEST_F(Client, WhatABusyServiceRefusedIsSentAgain) {
    refuse(2, refusal(503, "SlowDown"));
    EXPECT_TRUE(send({.method = net::Method::post, .repeatable = false}));
    EXPECT_EQ(service.count(), 3);
    EXPECT_EQ(code_of(400, "ThrottlingException"), ErrorCode::unavailable);
}

TEST_F(Client, TheServiceSaysHowLongToWait) {
    auto busy = refusal(503, "SlowDown");
    busy.headers.set("Retry-After", "1000");
    refuse(1, busy);
    EXPECT_EQ(send().error().code, ErrorCode::unavailable) << "longer than there is time";
    EXPECT_EQ(service.count(), 1);
}

TEST_F(Client, OnlyWhatIsSafeIsSentAgainAfterABreakdown) {
    refuse(1, refusal(500, "InternalError"));
    EXPECT_FALSE(send({.method = net::Method::post, .repeatable = false}));
    EXPECT_EQ(service.count(), 1);
    refuse(3, refusal(500, "InternalError"));
    EXPECT_TRUE(send());
    refuse(4, refusal(500, "InternalError"));
    EXPECT_FALSE(send()) << "not for ever";
}

TEST_F(Client, AClockThatIsWrongIsCorrectedOnce) {
    options.clock = [] { return now() - std::chrono::hours(3); };
    service.answer([](const net::Request& request) {
        const auto sent = request.headers.get("X-Amz-Date");
        const bool near = std::string(sent).substr(0, 11) == store::amz_date(now()).substr(0, 11);
        return near ? net::Response::text(200, "fine") : refusal(403, "RequestTimeTooSkewed");
    });
    EXPECT_TRUE(send({.method = net::Method::post, .repeatable = false}));
    EXPECT_EQ(service.count(), 2);
    service.answer([](const net::Request&) { return refusal(403, "SignatureDoesNotMatch"); });
    options.clock = now;
    EXPECT_TRUE(send().error().message.contains("secret key"));
    EXPECT_EQ(service.count(), 3) << "the clock was right";
}

class Renewing final : public store::CredentialsSource {
 public:
    Task<AwsCredentials> fetch() override {
        co_return AwsCredentials{.access_key_id = fmt::format("ID{}", ++fetches_), .secret_access_key = "s"};
    }

 private:
    int fetches_ = 0;
};

TEST_F(Client, CredentialsThatExpiredEarlyAreRenewed) {
    credentials = std::make_shared<CredentialsProvider>(std::make_unique<Renewing>());
    service.answer([](const net::Request& request) {
        return request.headers.get("Authorization").contains("ID2/") ? net::Response::text(200, "")
                                                                     : refusal(400, "ExpiredToken");
    });
    EXPECT_TRUE(send());
    EXPECT_EQ(service.count(), 2);
}

TEST_F(Client, RefusalsHaveACode) {
    EXPECT_EQ(code_of(404, "NoSuchKey"), ErrorCode::not_found);
    EXPECT_EQ(code_of(404, "NoSuchBucket"), ErrorCode::unavailable);
    EXPECT_EQ(code_of(404, "XAdminUserNotFound"), ErrorCode::unavailable);
    EXPECT_EQ(code_of(403, "AccessDenied"), ErrorCode::unavailable);
    EXPECT_EQ(code_of(403, "InvalidAccessKeyId"), ErrorCode::unavailable);
    EXPECT_EQ(code_of(412, "PreconditionFailed"), ErrorCode::conflict);
    EXPECT_EQ(code_of(416, "InvalidRange"), ErrorCode::invalid);
    EXPECT_EQ(code_of(400, "InvalidArgument"), ErrorCode::upstream);
    EXPECT_EQ(code_of(400, ""), ErrorCode::upstream);
    const auto answer = send();
    EXPECT_TRUE(answer.error().message.contains("Told so.")) << answer.error().message;
    EXPECT_FALSE(answer.error().message.contains("the-secret"));
}

TEST_F(Client, JsonCallsSayWhatTheyWant) {
    service.answer([](const net::Request& request) {
        return request.headers.get("X-Amz-Target") == "AmazonSQS.GetQueueUrl" &&
                       request.headers.get("Content-Type") == "application/x-amz-json-1.0" &&
                       request.body == R"({"a":1})"
                   ? net::Response::text(200, R"({"QueueUrl":"u"})")
                   : net::Response::text(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"No."})");
    });
    AwsClient aws(client, credentials, options);
    const auto endpoint = store::aws_endpoint("sqs", "us-east-1", service.url());
    const auto found =
        run_to_end(aws.call(endpoint, {.version = "1.0", .target = "AmazonSQS.GetQueueUrl", .input = {{"a", 1}}}));
    EXPECT_EQ(text_or(found.value(), "QueueUrl"), "u");
    const auto none = run_to_end(aws.call(endpoint, {.version = "1.0", .target = "AmazonSQS.Other", .input = {}}));
    EXPECT_EQ(text_or(none.error().details, "aws_code"), "QueueDoesNotExist");
}

TEST_F(Client, AServiceThatIsNotThereIsAnErrorInTime) {
    AwsClient aws(client, credentials, options);
    const auto answer = run_to_end(aws.send(store::aws_endpoint("s3", "us-east-1", "http://127.0.0.1:1"), {}));
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

TEST(AwsEndpoint, IsThatOfTheRegion) {
    EXPECT_EQ(store::aws_endpoint("sqs", "us-west-2").url, "https://sqs.us-west-2.amazonaws.com");
    EXPECT_EQ(store::aws_endpoint("sqs", "cn-north-1").url, "https://sqs.cn-north-1.amazonaws.com.cn");
    EXPECT_EQ(store::aws_endpoint("sqs", "us-west-2", "http://localhost:4566/").url, "http://localhost:4566");
}

}  // namespace
}  // namespace slipway::test
