#include "store/objects/s3_place.h"

#include <gtest/gtest.h>

#include "store/objects/s3.h"
#include "store/objects/s3_wire.h"

namespace slipway::test {
namespace {

store::S3Place place(std::string_view url, std::string_view region = "us-west-2") {
    return store::parse_s3_url(url, region).value();
}

TEST(S3Place, OnAwsTheBucketIsPartOfTheHost) {
    const auto found = place("s3://assets/a/b/?region=eu-west-1");
    EXPECT_EQ(found.endpoint.url, "https://assets.s3.eu-west-1.amazonaws.com");
    EXPECT_EQ(found.endpoint.region, "eu-west-1");
    EXPECT_EQ(found.path_of({"here"}, "x y/\xC3\xA4.pdf"), "/a/b/here/x%20y/%C3%A4.pdf");
    EXPECT_EQ(place("s3://assets").endpoint.url, "https://assets.s3.us-west-2.amazonaws.com");
    EXPECT_EQ(place("s3://assets").folder_of({"../x"}), "%2e%2e%2fx/");
    EXPECT_EQ(place("s3://with.dots").path_of({"w"}, "k"), "/with.dots/w/k");
}

TEST(S3Place, ElsewhereItIsPartOfThePath) {
    const auto found = place("s3://assets?endpoint=http%3A%2F%2Flocalhost%3A9000", "");
    EXPECT_EQ(found.endpoint.url, "http://localhost:9000");
    EXPECT_EQ(found.endpoint.region, "us-east-1");
    EXPECT_EQ(found.path_of({"w"}, "k"), "/assets/w/k");
    EXPECT_EQ(place("s3://assets?endpoint=https://r2.example&style=virtual&region=auto").endpoint.url,
              "https://assets.r2.example");
    EXPECT_FALSE(place("s3://assets?checksums=off").checksums);
}

TEST(S3Place, MistakesAreSaid) {
    for (const char* const url :
         {"", "s3:", "s3://", "s3://A", "s3://ab", "s3://a..b", "s3://b\xC3\xA4r", "file:x", "s3://bucket/a/../b",
          "s3://bucket?style=neither", "s3://bucket?key=secret", "s3://bucket?endpoint=ftp://x",
          "s3://bucket?endpoint=http://u:p@h", "s3://bucket?endpoint=http://h/path", "s3://bucket?checksums=maybe"}) {
        const auto parsed = store::parse_s3_url(url, "us-east-1");
        ASSERT_FALSE(parsed) << url;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid) << url;
        EXPECT_FALSE(parsed.error().message.contains("secret")) << url;
    }
    EXPECT_TRUE(store::parse_s3_url("s3://bucket", "").error().message.contains("region"));
}

TEST(S3Objects, LimitsThatS3DoesNotAllowAreRefused) {
    net::Client client;
    WorkerPool pool("objects", 1);
    const auto keys = store::CredentialsProvider::of({});
    EXPECT_FALSE(store::open_s3_objects({.url = "s3://bucket", .region = "r"}, client, pool));
    EXPECT_FALSE(store::open_s3_objects({.url = "s3://bucket", .region = "r", .credentials = keys, .part_bytes = 1000},
                                        client, pool));
    EXPECT_TRUE(store::open_s3_objects({.url = "s3://bucket", .region = "r", .credentials = keys}, client, pool));
}

TEST(S3Wire, AListingIsRead) {
    const auto listing = store::parse_listing(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true"
        "</IsTruncated><Contents><Key>a &amp; b</Key><LastModified>2026-11-30T12:00:00.000Z</LastModified><ETag>"
        "&quot;abc&quot;</ETag><Size>5368709121</Size></Contents><Contents><Key> </Key></Contents></ListBucketResult>");
    ASSERT_TRUE(listing);
    ASSERT_EQ(listing->objects.size(), 2);
    EXPECT_TRUE(listing->more);
    EXPECT_EQ(listing->objects[0].key, "a & b");
    EXPECT_EQ(listing->objects[0].etag, "abc");
    EXPECT_EQ(listing->objects[0].size, 5'368'709'121);
    EXPECT_EQ(listing->objects[1].key, " ");
    EXPECT_EQ(store::parse_listing("<Error/>").error().code, ErrorCode::upstream);
}

// "123456789", the check value of CRC-32/ISO-HDLC.
TEST(S3Wire, ChecksumsAreThoseOfS3) {
    EXPECT_EQ(store::crc32_of("123456789"), 0xcbf43926U);
    EXPECT_EQ(store::crc32_text(0xcbf43926U), "y/Q5Jg==");
    EXPECT_EQ(store::crc32_of("6789", store::crc32_of("12345")), 0xcbf43926U);
}

}  // namespace
}  // namespace slipway::test
