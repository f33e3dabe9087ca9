#include "net/field.h"

#include <gtest/gtest.h>

namespace slipway::net {
namespace {

TEST(Field, ANameIsOneToken) {
    for (const auto* good : {"X-Request-Id", "a", "!#$%&'*+-.^_`|~9"}) EXPECT_TRUE(is_field_name(good)) << good;
    for (const auto* bad : {"", "a b", "a:", "a\r\nB", "a\tb", "(a)", "\"a\"", "é", "a\x7f"})
        EXPECT_FALSE(is_field_name(bad)) << bad;
}

TEST(Field, AValueStaysInItsLine) {
    for (const auto* good : {"", "a\tb", "text/html; charset=utf-8", "Grüße"})
        EXPECT_TRUE(is_field_value(good)) << good;
    for (const auto* bad : {"a\r\nSet-Cookie: b", "a\nb", "\x01", "\x7f"}) EXPECT_FALSE(is_field_value(bad)) << bad;
    EXPECT_FALSE(is_field_value(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace slipway::net
