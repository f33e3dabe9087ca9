// All that AWS has published to check signatures of version 4 with.
#include "store/aws/sigv4.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/percent.h"
#include "base/text.h"
#include "must.h"
#include "store/aws/credentials_document.h"
#include "store/aws/rds_token.h"

namespace slipway::test {
namespace {

using store::AwsCredentials;
using store::SignedRequest;
using store::SigningRules;
using store::SigningScope;

std::string fixture(const std::string& name) {
    std::ifstream file(std::string(SLIPWAY_SOURCE_DIR) + "/tests/store/aws/fixtures/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

struct Case {
    std::string name;
    json::object files;
    std::string text(std::string_view file) const { return std::string(text_or(files, file)); }
};

std::vector<Case> published_cases() {
    const auto suite = must(parse_json(fixture("sigv4.json")));
    std::vector<Case> cases;
    for (const auto& [name, files] : suite.get_object()) cases.push_back({std::string(name), files.get_object()});
    return cases;
}

net::Fields query_of(std::string_view text) {
    net::Fields query;
    for (const auto part : split(text, '&')) {
        if (part.empty()) continue;
        const auto equals = std::min(part.find('='), part.size());
        query.emplace_back(percent_decode(part.substr(0, equals)).value(),
                           percent_decode(part.substr(std::min(equals + 1, part.size()))).value());
    }
    return query;
}

// The request as somebody would send it: lines may be folded, the path may hold spaces.
SignedRequest parse_request(const std::string& text) {
    SignedRequest request;
    const auto end = text.find("\n\n");
    auto lines = split(std::string_view(text).substr(0, end), '\n');
    const auto method = lines[0].substr(0, lines[0].find(' '));
    auto target = lines[0].substr(method.size() + 1);
    target = target.substr(0, target.rfind(" HTTP/"));
    request.method = net::method_from(method).value();
    const auto question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.query = query_of(target.substr(std::min(question + 1, target.size())));
    std::string name, value;
    for (const auto line : std::span(lines).subspan(1)) {
        if (line.empty()) continue;
        if (line.starts_with(' ')) {
            value += "\n" + std::string(line);
            continue;
        }
        if (!name.empty()) request.headers.add(name, value);
        name = line.substr(0, line.find(':'));
        value = line.substr(name.size() + 1);
    }
    if (!name.empty()) request.headers.add(name, value);
    request.payload_hash = sha256_hex(end == std::string::npos ? "" : std::string_view(text).substr(end + 2));
    return request;
}

struct Prepared {
    SignedRequest request;
    SigningScope scope;
    AwsCredentials credentials;
    SigningRules rules;
};

Prepared prepare(const Case& published) {
    const auto& context = *object_in(published.files, "context.json");
    const auto& given = *object_in(context, "credentials");
    const bool unsigned_token = bool_or(context, "omit_session_token", false);
    return {.request = parse_request(published.text("request.txt")),
            .scope = {.region = std::string(text_or(context, "region")),
                      .service = std::string(text_or(context, "service")),
                      .at = store::parse_utc(text_or(context, "timestamp")).value()},
            .credentials = {.access_key_id = std::string(text_or(given, "access_key_id")),
                            .secret_access_key = std::string(text_or(given, "secret_access_key")),
                            .session_token = unsigned_token ? "" : std::string(text_or(given, "token"))},
            .rules = {.normalize_path = bool_or(context, "normalize", true),
                      .hash_header = bool_or(context, "sign_body", false)}};
}

struct PublishedSignatures : testing::TestWithParam<Case> {};

TEST_P(PublishedSignatures, HeadersAreSigned) {
    auto [request, scope, credentials, rules] = prepare(GetParam());
    const auto signature = sign_headers(request, scope, credentials, rules);
    EXPECT_EQ(signature.canonical_request, GetParam().text("header-canonical-request.txt"));
    EXPECT_EQ(signature.string_to_sign, GetParam().text("header-string-to-sign.txt"));
    EXPECT_EQ(signature.hex, GetParam().text("header-signature.txt"));
    EXPECT_TRUE(GetParam().text("header-signed-request.txt").contains(request.headers.get("Authorization")));
}

TEST_P(PublishedSignatures, QueriesAreSigned) {
    auto [request, scope, credentials, rules] = prepare(GetParam());
    rules.hash_header = false;
    const auto& context = *object_in(GetParam().files, "context.json");
    const std::chrono::seconds valid_for(integer_or(context, "expiration_in_seconds", 0));
    const auto signature = sign_query(request, scope, credentials, valid_for, rules);
    EXPECT_EQ(signature.canonical_request, GetParam().text("query-canonical-request.txt"));
    EXPECT_EQ(signature.string_to_sign, GetParam().text("query-string-to-sign.txt"));
    EXPECT_EQ(signature.hex, GetParam().text("query-signature.txt"));
}

INSTANTIATE_TEST_SUITE_P(SignatureV4, PublishedSignatures, testing::ValuesIn(published_cases()), [](const auto& info) {
    auto name = info.param.name;
    std::ranges::replace(name, '-', '_');
    return name;
});

TEST(SignatureV4, AllPublishedCasesAreThere) { EXPECT_EQ(published_cases().size(), 38); }

// "Signature Calculations for the Authorization Header", "Authenticating Requests: Using Query Parameters", "Browser-
// Based Uploads Using POST" of the Amazon S3 API Reference.
struct S3Documentation : testing::Test {
    const AwsCredentials credentials{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                                     .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
    const SigningScope scope{
        .region = "us-east-1", .service = "s3", .at = store::parse_utc("2013-05-24T00:00:00Z").value()};
    const SigningRules rules = store::signing_rules_of("s3");
    SignedRequest request;

    void SetUp() override {
        request.headers.set("Host", "examplebucket.s3.amazonaws.com");
        request.payload_hash = sha256_hex("");
    }
    std::string signature() { return sign_headers(request, scope, credentials, rules).hex; }
};

TEST_F(S3Documentation, GetObject) {
    request.path = "/test.txt";
    request.headers.set("Range", "bytes=0-9");
    EXPECT_EQ(signature(), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(S3Documentation, PutObject) {
    request.method = net::Method::put;
    request.path = "/test%24file.text";
    request.headers.set("Date", "Fri, 24 May 2013 00:00:00 GMT");
    request.headers.set("x-amz-storage-class", "REDUCED_REDUNDANCY");
    request.payload_hash = sha256_hex("Welcome to Amazon S3.");
    EXPECT_EQ(signature(), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(S3Documentation, GetLifecycle) {
    request.query = {{"lifecycle", ""}};
    EXPECT_EQ(signature(), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(S3Documentation, ListObjects) {
    request.query = {{"max-keys", "2"}, {"prefix", "J"}};
    EXPECT_EQ(signature(), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_F(S3Documentation, PresignedGet) {
    request.path = "/test.txt";
    request.payload_hash = store::kUnsignedPayload;
    const auto signature = sign_query(request, scope, credentials, std::chrono::seconds(86400), rules);
    EXPECT_EQ(signature.hex, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST_F(S3Documentation, StreamedChunks) {
    request.method = net::Method::put;
    request.path = "/examplebucket/chunkObject.txt";
    request.headers.set("Host", "s3.amazonaws.com");
    request.headers.set("x-amz-storage-class", "REDUCED_REDUNDANCY");
    request.headers.set("Content-Encoding", "aws-chunked");
    request.headers.set("x-amz-decoded-content-length", "66560");
    request.headers.set("Content-Length", "66824");
    request.payload_hash = store::kStreamingPayload;
    auto last = signature();
    EXPECT_EQ(last, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    last = store::sign_chunk(last, std::string(65536, 'a'), scope, credentials);
    EXPECT_EQ(last, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    last = store::sign_chunk(last, std::string(1024, 'a'), scope, credentials);
    EXPECT_EQ(last, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    EXPECT_EQ(store::sign_chunk(last, "", scope, credentials),
              "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
}

TEST_F(S3Documentation, PostPolicy) {
    const std::string policy =
        "{ \"expiration\": \"2015-12-30T12:00:00.000Z\",\r\n  \"conditions\": [\r\n"
        "    {\"bucket\": \"sigv4examplebucket\"},\r\n    [\"starts-with\", \"$key\", \"user/user1/\"],\r\n"
        "    {\"acl\": \"public-read\"},\r\n    {\"success_action_redirect\": "
        "\"http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html\"},\r\n"
        "    [\"starts-with\", \"$Content-Type\", \"image/\"],\r\n    {\"x-amz-meta-uuid\": \"14365123651274\"},\r\n"
        "    {\"x-amz-server-side-encryption\": \"AES256\"},\r\n    [\"starts-with\", \"$x-amz-meta-tag\", \"\"],\r\n"
        "\r\n    {\"x-amz-credential\": \"AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request\"},\r\n"
        "    {\"x-amz-algorithm\": \"AWS4-HMAC-SHA256\"},\r\n    {\"x-amz-date\": \"20151229T000000Z\" }\r\n  ]\r\n}";
    auto that_day = scope;
    that_day.at = store::parse_utc("2015-12-29T00:00:00Z").value();
    EXPECT_EQ(store::sign_post_policy(to_base64(policy), that_day, credentials),
              "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
    EXPECT_EQ(store::amz_credential(that_day, credentials), "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request");
}

// The example that botocore is tested with.
TEST(RdsToken, IsThatOfOtherClients) {
    const AwsCredentials credentials{.access_key_id = "akid", .secret_access_key = "skid"};
    const auto token = store::rds_token("prod-instance.us-east-1.rds.amazonaws.com", 3306, "someusername", "us-east-1",
                                        credentials, store::parse_utc("2016-11-07T17:39:33Z").value());
    EXPECT_TRUE(
        token.starts_with("prod-instance.us-east-1.rds.amazonaws.com:3306/?Action=connect&DBUser=someusername&"));
    EXPECT_TRUE(token.contains("X-Amz-Expires=900&"));
    EXPECT_TRUE(token.contains("X-Amz-Signature=d1138cdbc0ca63eec012ec0fc6c2267e03642168f5884a7795320d4c18374c61"))
        << token;
}

}  // namespace
}  // namespace slipway::test
