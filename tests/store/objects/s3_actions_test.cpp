// Requests to S3 by the names that IAM has for them, in both styles of address.
#include "store/objects/s3_actions.h"

#include <gtest/gtest.h>

namespace slipway::test {
namespace {

using store::AwsRequest;

class S3Actions : public testing::TestWithParam<std::string_view> {
 protected:
    const store::S3Place place = *store::parse_s3_url(fmt::format("s3://bucket/all?style={}", GetParam()), "us-west-2");
    std::string root() const { return place.root; }

    std::vector<std::string> told(const AwsRequest& request) const {
        std::vector<std::string> lines;
        for (const auto& one : actions_of(place, request)) lines.push_back(one.name + " " + one.resource);
        return lines;
    }
};

using Lines = std::vector<std::string>;
const std::string kObject = " arn:aws:s3:::bucket/all/w/a b";

TEST_P(S3Actions, AreReadFromMethodQueryAndHeaders) {
    const auto path = root() + "/all/w/a%20b";
    EXPECT_EQ(told({.path = path}), Lines{"GetObject" + kObject});
    EXPECT_EQ(told({.method = net::Method::head, .path = path}), Lines{"GetObject" + kObject});
    EXPECT_EQ(told({.method = net::Method::put, .path = path}), Lines{"PutObject" + kObject});
    EXPECT_EQ(told({.method = net::Method::post, .path = path, .query = {{"uploads", ""}}}),
              Lines{"PutObject" + kObject});
    EXPECT_EQ(told({.method = net::Method::del, .path = path}), Lines{"DeleteObject" + kObject});
    EXPECT_EQ(told({.method = net::Method::del, .path = path, .query = {{"uploadId", "x"}}}),
              Lines{"AbortMultipartUpload" + kObject});
    EXPECT_EQ(told({.path = root() + "/", .query = {{"list-type", "2"}}}), Lines{"ListBucket arn:aws:s3:::bucket"});
}

TEST_P(S3Actions, ACopyAndTagsAreActionsOfTheirOwn) {
    AwsRequest request{.method = net::Method::put, .path = root() + "/all/w/a%20b"};
    request.headers.set("x-amz-copy-source", "bucket/all/w/from%2B");
    request.headers.set("x-amz-tagging", "kind=x");
    EXPECT_EQ(told(request), (Lines{"PutObject" + kObject, "GetObject arn:aws:s3:::bucket/all/w/from+",
                                    "PutObjectTagging" + kObject}));
}

INSTANTIATE_TEST_SUITE_P(Addresses, S3Actions, testing::Values("path", "virtual"));

}  // namespace
}  // namespace slipway::test
