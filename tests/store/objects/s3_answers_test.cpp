// What a bucket may answer that the engines of the tests do not.
#include <gtest/gtest.h>

#include "store/aws/service_place.h"
#include "store/objects/s3.h"

namespace slipway::test {
namespace {

const WorkspaceId kHere{"here"};

struct S3Answers : testing::Test {
    ServicePlace service{[](const net::Request&) { return net::Response::text(200, ""); }};
    net::Client client;
    WorkerPool pool{"objects", 1};
    std::unique_ptr<store::Objects> objects =
        store::open_s3_objects(
            {.url = "s3://bucket?endpoint=" + service.url(),
             .region = "us-east-1",
             .credentials = store::CredentialsProvider::of({.access_key_id = "ID", .secret_access_key = "s"}),
             .client = {.wait_first = Milliseconds(1)},
             .part_bytes = 5 << 20},
            client, pool)
            .value();

    static net::Response xml(int status, std::string body) {
        return net::Response::text(status, std::move(body), "application/xml");
    }
    Task<store::ObjectInfo> upload(std::size_t bytes) {
        SLIPWAY_CO_TRY(const auto writer, co_await objects->upload(kHere, "a"));
        SLIPWAY_CO_CHECK(co_await writer->write(std::string(bytes, 'x')));
        co_return co_await writer->finish();
    }
};

TEST_F(S3Answers, AnErrorMayComeWithStatus200) {
    service.answer([](const net::Request& request) {
        if (request.headers.has("x-amz-copy-source"))
            return xml(200, "<Error><Code>InternalError</Code><Message>Try again.</Message></Error>");
        return net::Response::text(404, "");
    });
    const auto copied = run_to_end(objects->copy(kHere, "a", "b"));
    EXPECT_EQ(copied.error().code, ErrorCode::unavailable) << copied.error().message;
}

TEST_F(S3Answers, AnUploadThatCannotBeCompletedIsAborted) {
    service.answer([](const net::Request& request) {
        if (request.target.contains("uploads"))
            return xml(200, "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>");
        if (request.method == net::Method::post)
            return xml(200, " \n<Error><Code>PreconditionFailed</Code><Message>No.</Message></Error>");
        auto part = net::Response::text(request.method == net::Method::del ? 204 : 200, "");
        part.headers.set("ETag", "\"part\"");
        return part;
    });
    EXPECT_EQ(run_to_end(upload(6'000'000)).error().code, ErrorCode::conflict);
    const auto last = service.requests().back();
    EXPECT_EQ(last.method, net::Method::del);
    EXPECT_TRUE(last.target.contains("uploadId=id")) << last.target;
}

TEST_F(S3Answers, AWholeObjectIsNoRange) {
    service.answer([](const net::Request&) { return net::Response::text(200, "all of it"); });
    const store::ByteRange range{.first = 1, .last = 2};
    EXPECT_EQ(run_to_end(objects->get(kHere, "a", range)).error().code, ErrorCode::upstream);
}

TEST_F(S3Answers, TheRegionOfTheBucketIsSaid) {
    service.answer([](const net::Request&) {
        auto moved = xml(301, "<Error><Code>PermanentRedirect</Code><Message>Elsewhere.</Message></Error>");
        moved.headers.set("x-amz-bucket-region", "eu-west-1");
        return moved;
    });
    const auto checked = run_to_end(objects->check());
    EXPECT_EQ(checked.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(checked.error().message.contains("eu-west-1")) << checked.error().message;
}

TEST_F(S3Answers, WhatIsNoListingIsSaid) {
    service.answer([](const net::Request&) { return net::Response::text(200, "<html>a portal</html>"); });
    EXPECT_EQ(run_to_end(objects->list(kHere, "", 10, {})).error().code, ErrorCode::upstream);
}

}  // namespace
}  // namespace slipway::test
