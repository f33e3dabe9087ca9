#include "deploy/provider/message_pack.h"

#include <gtest/gtest.h>

#include "must.h"

namespace slipway::test {
namespace {

using deploy::Value;

// What comes back is what went in, byte by byte: values are kept as they came.
TEST(TerraformValue, IsReadAndWrittenAsItIs) {
    const std::string long_text(300, 'x');
    Value inner;
    inner.set("name", Value::text("vpc"));
    inner.set("long", Value::text(long_text));
    inner.set("count", Value::whole(-7));
    inner.set("later", Value::unknown());
    inner.set("none", Value());
    inner.set("many", Value::list(std::vector<Value>(20, Value::truth(true))));
    const auto bytes = deploy::write_value(inner);
    const auto again = must(deploy::read_value(bytes));
    EXPECT_EQ(deploy::write_value(again), bytes);
    ASSERT_NE(again.member("later"), nullptr);
    EXPECT_TRUE(again.member("later")->is_unknown());
    EXPECT_TRUE(again.member("none")->is_null());
    EXPECT_EQ(again.member("many")->items.size(), 20U);
}

TEST(TerraformValue, KeepsWhatIsKnownOfAnUnknown) {
    const std::string refined("\x81\xa1x\xc7\x03\x0c\x81\x01\xc2", 9);  // {"x": an extension of kind 12: not null}
    const auto value = must(deploy::read_value(refined));
    EXPECT_TRUE(value.member("x")->is_unknown());
    EXPECT_EQ(deploy::write_value(value), refined);
}

TEST(TerraformValue, ThatIsCutShortOrTooDeepIsRefused) {
    const auto whole = deploy::write_value(Value::list({Value::text("abc"), Value::whole(1)}));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(deploy::read_value(whole.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(deploy::read_value(whole + "x").has_value());
    EXPECT_FALSE(deploy::read_value(std::string(1000, '\x91')).has_value());
    EXPECT_FALSE(deploy::read_value(std::string("\xdd\xff\xff\xff\xff", 5)).has_value());
}

}  // namespace
}  // namespace slipway::test
