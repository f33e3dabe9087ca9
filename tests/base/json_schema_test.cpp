#include "base/json_schema.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

struct Case {
    const char* schema;
    const char* value;
    const char* expected;  // "path:type path:type", empty when it fits
};

std::string found(const Case& one) {
    std::string text;
    for (const auto& error : schema_errors(json::parse(one.schema), json::parse(one.value)))
        text += (text.empty() ? "" : " ") + error.path + ":" + error.type;
    return text;
}

TEST(JsonSchema, ChecksEachKeyword) {
    const Case cases[] = {
        {R"({"type":"string"})", R"("a")", ""},
        {R"({"type":"string"})", "5", ":type"},
        {R"({"type":["string","null"]})", "null", ""},
        {R"({"type":"string","nullable":true})", "null", ""},
        {R"({"type":"string"})", "null", ":type"},
        {R"({"type":"integer"})", "5", ""},
        {R"({"type":"integer"})", "5.0", ""},
        {R"({"type":"integer"})", "5.5", ":type"},
        {R"({"type":"integer"})", "18446744073709551615", ""},
        {R"({"type":"number"})", "5", ""},
        {R"({"type":"boolean"})", "0", ":type"},
        {R"({"minLength":3})", R"("日本")", ":too_short"},
        {R"({"minLength":3})", R"("日本語")", ""},
        {R"({"maxLength":3})", R"("日本語")", ""},
        {R"({"maxLength":3})", R"("abcd")", ":too_long"},
        {R"({"minimum":1,"maximum":10})", "0", ":too_small"},
        {R"({"minimum":1,"maximum":10})", "11", ":too_large"},
        {R"({"minimum":1,"maximum":10})", "10", ""},
        {R"({"enum":["a","b",3]})", R"("b")", ""},
        {R"({"enum":["a","b",3]})", R"("c")", ":enum"},
        {R"({"type":"array","items":{"type":"integer"}})", R"([1,"2",3,null])", "[1]:type [3]:type"},
        {R"({"minItems":2})", "[1]", ":too_short"},
        {R"({"maxItems":1})", "[1,2]", ":too_long"},
        {R"({"required":["a","b"]})", R"({"a":null})", "b:missing"},
        {R"({"properties":{"a":{"required":true,"type":"string"}}})", "{}", "a:missing"},
        {R"({"properties":{"a":{"properties":{"b":{"type":"string"}}}}})", R"({"a":{"b":1}})", "a.b:type"},
        {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1,"b":2})", "b:unknown_field"},
        {R"({"additionalProperties":{"type":"integer"}})", R"({"a":1,"b":"x"})", "b:type"},
        {R"({"type":"object"})", R"({"unknown":"fields are fine"})", ""},
    };
    for (const auto& one : cases) EXPECT_EQ(found(one), one.expected) << one.schema << " " << one.value;
}

TEST(JsonSchema, KnowsAnEmailAddressWhenItSeesOne) {
    const auto schema = json::parse(R"({"type":"string","format":"email"})");
    for (const char* good : {"a@b.de", "first.last+tag@mail.example.org"})
        EXPECT_TRUE(schema_errors(schema, json::value(good)).empty()) << good;
    for (const char* bad : {"", "@", "a@", "@b.de", "a@b", "a b@c.de", "a@b@c.de", "a@.de", "a@b..de", "a@b.de.",
                            "a@b.de\r\nBcc: x", "<a@b.de>"})
        EXPECT_FALSE(schema_errors(schema, json::value(bad)).empty()) << bad;
}

TEST(JsonSchema, ErrorListsEveryProblemWithItsPlace) {
    const auto schema = json::parse(R"({"type":"object","required":["email","password"],
        "properties":{"email":{"type":"string","format":"email"},"password":{"type":"string","minLength":8}}})");
    const auto checked = check_value(schema, json::parse(R"({"email":"nobody","password":"short"})"), "The body");
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    EXPECT_EQ(checked.error().message, "The body is not valid: email: Must be an e-mail address. (1 more)");
    const auto& errors = checked.error().details.at("errors").as_array();
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[1].at("path").as_string(), "password");
    EXPECT_EQ(errors[1].at("type").as_string(), "too_short");
    EXPECT_EQ(errors[1].at("message").as_string(), "Must have at least 8 characters.");
}

TEST(JsonSchema, StopsCountingErrorsOfAHostileBody) {
    json::array many(10'000, json::value("x"));
    EXPECT_EQ(schema_errors(json::parse(R"({"items":{"type":"integer"}})"), many).size(), kSchemaErrorsMax);
}

TEST(JsonSchema, RefusesSchemasThatItWouldNotUnderstand) {
    EXPECT_TRUE(check_schema(
        json::parse(R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}}}})")));
    const auto typo = check_schema(json::parse(R"({"properties":{"name":{"minLenght":3}}})"));
    ASSERT_FALSE(typo);
    EXPECT_EQ(typo.error().message,
              "schema.name: the schema keyword `minLenght` is not known; did you mean `minLength`?");
    for (const char* bad :
         {"5", R"({"type":"text"})", R"({"type":5})", R"({"enum":"a"})", R"({"minimum":"1"})", R"({"properties":[]})",
          R"({"items":5})", R"({"additionalProperties":5})", R"({"nullable":1})", R"({"pattern":"a"})"})
        EXPECT_FALSE(check_schema(json::parse(bad))) << bad;
}

TEST(JsonSchema, FillsInDefaultsWhereNothingWasGiven) {
    const auto schema = json::parse(R"({"properties":{"page":{"default":1},"deep":{"properties":{"x":{"default":"y"}}},
        "list":{"items":{"properties":{"n":{"default":0}}}}}})");
    auto value = json::parse(R"({"deep":{},"list":[{},{"n":5}]})");
    apply_defaults(schema, value);
    EXPECT_EQ(value, json::parse(R"({"deep":{"x":"y"},"list":[{"n":0},{"n":5}],"page":1})"));
}

TEST(JsonSchema, ReadsTextAsTheTypeThatIsWanted) {
    const auto read = [](const char* schema, std::string_view text) {
        return json::serialize(value_from_text(json::parse(schema), text));
    };
    EXPECT_EQ(read(R"({"type":"integer"})", "20"), "20");
    EXPECT_EQ(read(R"({"type":"integer"})", "20x"), "\"20x\"");
    EXPECT_EQ(read(R"({"type":"integer"})", "99999999999999999999"), "\"99999999999999999999\"");
    EXPECT_EQ(read(R"({"type":"number"})", "0.5"), "5E-1");
    EXPECT_EQ(read(R"({"type":"number"})", "nan"), "\"nan\"");
    EXPECT_EQ(read(R"({"type":"boolean"})", "true"), "true");
    EXPECT_EQ(read(R"({"type":"boolean"})", "maybe"), "\"maybe\"");
    EXPECT_EQ(read(R"({"type":"string"})", "20"), "\"20\"");
    EXPECT_EQ(read(R"({"type":["integer","null"]})", ""), "null");
}

}  // namespace
}  // namespace slipway
