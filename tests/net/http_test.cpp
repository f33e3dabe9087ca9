#include "net/http.h"

#include <gtest/gtest.h>

namespace slipway::net {
namespace {

TEST(Http, MethodsHaveTheirNames) {
    EXPECT_EQ(to_string(Method::del), "DELETE");
    EXPECT_EQ(method_from("PATCH"), Method::patch);
    EXPECT_FALSE(method_from("get"));
    EXPECT_FALSE(method_from("TRACE"));
}

TEST(Http, HeaderNamesCompareWithoutCase) {
    Headers headers;
    headers.add("Set-Cookie", "a");
    headers.add("set-cookie", "b");
    EXPECT_EQ(headers.get("SET-COOKIE"), "a");
    EXPECT_EQ(headers.size(), 2U);
    headers.set("Set-cookie", "c");
    EXPECT_EQ(headers.size(), 1U);
    headers.remove("SET-cookie");
    EXPECT_FALSE(headers.has("Set-Cookie"));
    EXPECT_EQ(headers.get("Set-Cookie"), "");
}

TEST(Http, FormsKeepOrderAndRepetitions) {
    const auto fields = parse_form("b=1&a=x%26y&b=2&empty=&alone&&plus=a+b");
    ASSERT_TRUE(fields);
    const Fields expected{{"b", "1"}, {"a", "x&y"}, {"b", "2"}, {"empty", ""}, {"alone", ""}, {"plus", "a b"}};
    EXPECT_EQ(*fields, expected);
    EXPECT_FALSE(parse_form("a=%f"));
}

TEST(Http, ContentTypesFollowTheExtension) {
    EXPECT_EQ(content_type_of("a/b.c/INDEX.HTML"), "text/html; charset=utf-8");
    EXPECT_EQ(content_type_of("x.tar.gz"), "application/gzip");
    EXPECT_EQ(content_type_of("noextension"), "application/octet-stream");
    EXPECT_EQ(content_type_of("folder.html/name"), "application/octet-stream");
}

constexpr std::string_view kType = "multipart/form-data; boundary=\"x-y\"";

TEST(Http, MultipartHasFieldsAndFiles) {
    const std::string body =
        "--x-y\r\nContent-Disposition: form-data; name=\"namespace\"\r\n\r\nmoney\r\n"
        "--x-y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\\\docs\\\\a \\\"b\\\".txt\"\r\n"
        "Content-Type: text/plain\r\n\r\nline 1\r\n--x-\r\n\r\n\r\n--x-y--\r\nepilogue";
    const auto parts = parse_multipart(kType, body);
    ASSERT_TRUE(parts) << parts.error().message;
    ASSERT_EQ(parts->size(), 2U);
    EXPECT_EQ((*parts)[0].name, "namespace");
    EXPECT_EQ((*parts)[0].data, "money");
    EXPECT_EQ((*parts)[0].file_name, "");
    EXPECT_EQ((*parts)[1].file_name, "a \"b\".txt");
    EXPECT_EQ((*parts)[1].content_type, "text/plain");
    EXPECT_EQ((*parts)[1].data, "line 1\r\n--x-\r\n\r\n");
}

TEST(Http, MultipartMayBeginWithPreambleAndHaveEmptyParts) {
    const auto parts = parse_multipart("Multipart/Form-Data; charset=utf-8; boundary=b",
                                       "preamble\r\n--b\r\ncontent-disposition: form-data; name=a\r\n\r\n\r\n--b--");
    ASSERT_TRUE(parts) << parts.error().message;
    ASSERT_EQ(parts->size(), 1U);
    EXPECT_EQ(parts->front().name, "a");
    EXPECT_EQ(parts->front().data, "");
}

TEST(Http, BrokenMultipartIsInvalid) {
    const std::string part = "--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    const std::vector<std::pair<std::string, std::string>> broken{
        {"multipart/form-data", part + "--x-y--"},
        {"text/plain; boundary=x-y", part + "--x-y--"},
        {"multipart/form-data; boundary=" + std::string(71, 'b'), part},
        {std::string(kType), ""},
        {std::string(kType), part},
        {std::string(kType), part + "--x-yz"},
        {std::string(kType), "--x-y\r\nContent-Type: text/plain\r\n\r\n1\r\n--x-y--"},
        {std::string(kType), "--x-y\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--x-y--"},
        {std::string(kType), "--x-y\r\nno colon here\r\n\r\n1\r\n--x-y--"},
        {std::string(kType), "--x-y\r\nX: " + std::string(5000, 'x') + "\r\n\r\n1\r\n--x-y--"},
        {std::string(kType), "--x-y\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n1\r\n--x-y--"},
    };
    for (const auto& [type, body] : broken) {
        const auto parts = parse_multipart(type, body);
        ASSERT_FALSE(parts) << type << " " << body;
        EXPECT_EQ(parts.error().code, ErrorCode::invalid);
    }
}

TEST(Http, MultipartHasALimitOfParts) {
    std::string body;
    for (int i = 0; i < 3; ++i) body += "--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    body += "--x-y--\r\n";
    EXPECT_TRUE(parse_multipart(kType, body, 3));
    EXPECT_FALSE(parse_multipart(kType, body, 2));
}

}  // namespace
}  // namespace slipway::net
