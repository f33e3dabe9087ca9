#include "store/redis/url.h"

#include <gtest/gtest.h>

#include "store/redis/command.h"
#include "store/redis/failure.h"

namespace slipway::store::redis {
namespace {

TEST(RedisUrl, ReadsAllParts) {
    const auto options =
        parse_url("rediss://app:p%40ss@Cache.Example:7000/3?ca=/etc/ca.pem&timeout=500ms&connections=7");
    ASSERT_TRUE(options.has_value()) << options.error().message;
    EXPECT_TRUE(options->secure);
    EXPECT_EQ(options->user, "app");
    EXPECT_EQ(options->password, "p@ss");
    EXPECT_EQ(options->address, (Address{"cache.example", 7000}));
    EXPECT_EQ(options->database, 3);
    EXPECT_EQ(options->certificate_authorities, "/etc/ca.pem");
    EXPECT_EQ(options->command_time_max, Milliseconds(500));
    EXPECT_EQ(options->connections_max, 7U);
    EXPECT_EQ(options->place(), "rediss://cache.example:7000/3");
}

TEST(RedisUrl, WhatItDoesNotSayStaysAsItWasGiven) {
    Options defaults;
    defaults.command_time_max = Milliseconds(700);
    defaults.connect_time_max = Milliseconds(900);
    const auto options = parse_url("redis://cache.example?timeout=500ms", defaults).value();
    EXPECT_EQ(options.command_time_max, Milliseconds(500));
    EXPECT_EQ(options.connect_time_max, Milliseconds(900));
}

TEST(RedisUrl, HasDefaults) {
    const auto options = parse_url("redis://:word@[::1]");
    ASSERT_TRUE(options.has_value()) << options.error().message;
    EXPECT_FALSE(options->secure);
    EXPECT_EQ(options->user, "");
    EXPECT_EQ(options->password, "word");
    EXPECT_EQ(options->place(), "redis://[::1]:6379/0");
}

TEST(RedisUrl, RefusesWithoutShowingThePassword) {
    for (const auto* const url :
         {"http://:hunter2@host", "redis://:hunter2@", "redis://:hunter2@host:0", "redis://:hunter2@host:66000",
          "redis://:hunter2@host/x", "redis://:hunter2@host/-1", "redis://:hunter2@host?ca=/a",
          "redis://:hunter2@host?unknown=hunter2", "redis://:hunter2@host?timeout=hunter2",
          "redis://:hunter2@host?timeout=0", "redis://:hunter2@host?connections=0", "redis://:hunter2%zz@host",
          "redis://:hunter2@host#hunter2", "redis://hunter2@host", "redis://:hunter2/@host", "hunter2"}) {
        const auto options = parse_url(url);
        ASSERT_FALSE(options.has_value()) << url;
        EXPECT_EQ(options.error().code, ErrorCode::invalid);
        EXPECT_EQ(options.error().message.find("hunter2"), std::string::npos) << options.error().message;
    }
}

TEST(RedisCommand, IsAnArrayOfStrings) {
    const auto command = Command("SET").key("a").add("b\r\n").add("PX").add(10);
    EXPECT_EQ(command.encoded(), "*5\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\nb\r\n\r\n$2\r\nPX\r\n$2\r\n10\r\n");
}

// The values of the specification and of redis-cli's CLUSTER KEYSLOT.
TEST(RedisCommand, SlotsAreThoseOfTheSpecification) {
    EXPECT_EQ(slot_of("123456789"), 0x31C3);
    EXPECT_EQ(slot_of("foo"), 12182);
    EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
    EXPECT_EQ(slot_of("foo{}{bar}"), slot_of("foo{}{bar}"));
    EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
    EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
    EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
}

TEST(RedisScript, IsNamedByItsSha1) {
    EXPECT_EQ(Script("return 1").sha1(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

// A server may repeat what it was sent.
TEST(RedisFailure, TellsNothingThatWasSent) {
    const Reply repeated{.kind = Reply::Kind::error,
                         .text = "ERR unknown command `HELLO`, with args beginning with: `3` `AUTH` `hunter2`"};
    EXPECT_EQ(error_of("redis://host", repeated).message.find("hunter2"), std::string::npos);
    EXPECT_EQ(refused_greeting("redis://host", repeated, true).message.find("hunter2"), std::string::npos);
    const Reply odd{.kind = Reply::Kind::error, .text = "hunter2"};
    EXPECT_EQ(error_of("redis://host", odd).message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace slipway::store::redis
