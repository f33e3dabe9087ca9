// What events become, where the tests of the whole binary do not look.
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "lambda/answer.h"
#include "lambda/request_inside.h"
#include "lambda/runtime.h"
#include "must.h"

namespace slipway::lambda {
namespace {

using test::must;

HttpEvent http(std::string_view payload) { return std::get<HttpEvent>(must(read_event(payload))); }

TEST(LambdaEvent, APathIsEscapedOnceWhateverTheSenderDid) {
    EXPECT_EQ(escape_path("/a b/é%2F%zz?#"), "/a%20b/%C3%A9%2F%25zz%3F%23");
    EXPECT_EQ(
        http(
            R"({"version":"2.0","rawPath":"/a b","rawQueryString":"q=a b&r=%26","requestContext":{"http":{"method":"GET"}}})")
            .target,
        "/a%20b?q=a%20b&r=%26");
    // Decoded by a REST API, as sent by a balancer.
    EXPECT_EQ(http(R"({"httpMethod":"GET","path":"/a","queryStringParameters":{"q":"a&b=%41+c"},"requestContext":{}})")
                  .target,
              "/a?q=a%26b%3D%2541%2Bc");
    EXPECT_EQ(
        http(R"({"httpMethod":"GET","path":"/a","queryStringParameters":{"q":"a%26b+c"},"requestContext":{"elb":{}}})")
            .target,
        "/a?q=a%26b+c");
}

TEST(LambdaEvent, OnlyAStageOfApiGatewaysOwnHostLeavesThePath) {
    const auto target = [](std::string_view domain, std::string_view path) {
        return http(
                   fmt::format(
                       R"({{"rawPath":"{}","requestContext":{{"stage":"api","domainName":"{}","http":{{"method":"GET"}}}}}})",
                       path, domain))
            .target;
    };
    EXPECT_EQ(target("x.execute-api.eu-west-1.amazonaws.com", "/api/auth/me"), "/auth/me");
    EXPECT_EQ(target("x.execute-api.eu-west-1.amazonaws.com", "/api"), "/");
    EXPECT_EQ(target("x.execute-api.eu-west-1.amazonaws.com", "/apis"), "/apis");
    EXPECT_EQ(target("api.example.org", "/api/auth/me"), "/api/auth/me");
}

TEST(LambdaEvent, TheAddressThatTheSenderSawStandsLast) {
    const auto chain = [](std::string_view headers) {
        return std::string(
            http(
                fmt::format(
                    R"({{"rawPath":"/","headers":{},"requestContext":{{"http":{{"method":"GET","sourceIp":"203.0.113.9"}}}}}})",
                    headers))
                .headers.get("X-Forwarded-For"));
    };
    EXPECT_EQ(chain("{}"), "203.0.113.9");
    EXPECT_EQ(chain(R"({"x-forwarded-for":"127.0.0.1"})"), "127.0.0.1, 203.0.113.9");
    EXPECT_EQ(chain(R"({"x-forwarded-for":"127.0.0.1, 203.0.113.9"})"), "127.0.0.1, 203.0.113.9");
}

TEST(LambdaEvent, ARequestCannotBeMadeTwo) {
    const auto event = http(
        R"({"httpMethod":"GET","path":"/a\r\nX: y","body":"b","requestContext":{},
            "headers":{"a":"b\r\nc: d","x y":"z","host":"example.org","transfer-encoding":"chunked","content-length":"9"}})");
    EXPECT_EQ(request_text(event),
              "GET /a%0D%0AX:%20y HTTP/1.1\r\nhost: example.org\r\nConnection: close\r\nContent-Length: 1\r\n\r\nb");
    EXPECT_FALSE(read_event(R"({"httpMethod":"GET / HTTP/1.1\r\n","path":"/","requestContext":{}})"));
}

TEST(LambdaEvent, Base64IsTheUsualAlphabet) {
    EXPECT_EQ(decode_base64("+/8="), "\xFB\xFF");
    EXPECT_EQ(decode_base64("YQ"), "a");
    EXPECT_EQ(decode_base64("YWI="), "ab");
    for (const auto* const wrong : {"-_8=", "Y", "Y Q=", "YQ===", "YR"})
        EXPECT_EQ(decode_base64(wrong), std::nullopt) << wrong;
    const auto error =
        read_event(R"({"httpMethod":"GET","path":"/","body":"*canary*","isBase64Encoded":true,"requestContext":{}})");
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().message.find("canary"), std::string::npos);
}

TEST(LambdaEvent, AnswersThatAreNoTextAreBase64) {
    HttpEvent event;
    const auto is_base64 = [&event](std::string_view type, std::string body, std::string_view encoding = "") {
        HttpAnswer answer;
        answer.body = std::move(body);
        if (!type.empty()) answer.headers.set("Content-Type", std::string(type));
        if (!encoding.empty()) answer.headers.set("Content-Encoding", std::string(encoding));
        return bool_or(must(parse_json(render_answer(event, answer))).get_object(), "isBase64Encoded", false);
    };
    EXPECT_FALSE(is_base64("application/problem+json", "{}"));
    EXPECT_FALSE(is_base64("", ""));
    EXPECT_TRUE(is_base64("text/plain", "\xFF"));
    EXPECT_TRUE(is_base64("image/png", "abc"));
    EXPECT_TRUE(is_base64("application/json", "{}", "gzip"));
}

TEST(LambdaEvent, CookiesAreNeverJoined) {
    HttpAnswer answer;
    for (const auto* const cookie : {"a=1", "b=2", "c=3"}) answer.headers.add("Set-Cookie", cookie);
    answer.headers.add("Vary", "Origin");
    answer.headers.add("Vary", "Accept");
    HttpEvent event;
    const auto rendered = [&] { return must(parse_json(render_answer(event, answer))).get_object(); };
    EXPECT_EQ(write_json(*array_in(rendered(), "cookies")), R"(["a=1","b=2","c=3"])");
    EXPECT_EQ(text_or(*object_in(rendered(), "headers"), "vary"), "Origin, Accept");
    event.sender = Sender::load_balancer;
    const auto headers = *object_in(rendered(), "headers");
    EXPECT_EQ(text_or(headers, "set-cookie"), "a=1");
    EXPECT_EQ(text_or(headers, "Set-cookie"), "b=2");
    EXPECT_EQ(text_or(headers, "sEt-cookie"), "c=3");
    event.multi_value = true;
    EXPECT_EQ(array_in(*object_in(rendered(), "multiValueHeaders"), "set-cookie")->size(), 3U);
    EXPECT_TRUE(render_prelude(200, answer.headers).ends_with(std::string(8, '\0')));
}

TEST(LambdaRuntime, ItsPlaceIsAHostAPortAndPerhapsAPath) {
    const auto place = must(RuntimePlace::parse("127.0.0.1:9001/.rt/probe"));
    EXPECT_EQ(place.host, "127.0.0.1");
    EXPECT_EQ(place.port, 9001);
    EXPECT_EQ(place.path, "/.rt/probe");
    for (const auto* const wrong :
         {"", "host", "host:", ":80", "host:0", "host:99999", "host:80x", "host:80/a b", "host:80/\r\n"})
        EXPECT_FALSE(RuntimePlace::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace slipway::lambda
