#include "store/redis/reply.h"

#include <cmath>

#include <gtest/gtest.h>

namespace slipway::store::redis {
namespace {

// As text, so that a test reads like the protocol.
std::string shown(const Reply& reply) {
    switch (reply.kind) {
        case Reply::Kind::null:
            return "null";
        case Reply::Kind::text:
            return "'" + reply.text + "'";
        case Reply::Kind::integer:
            return fmt::format("{}", reply.integer);
        case Reply::Kind::number:
            return fmt::format("{}", reply.number);
        case Reply::Kind::truth:
            return reply.truth ? "true" : "false";
        case Reply::Kind::error:
            return "error '" + reply.text + "'";
        default:
            break;
    }
    std::string text = reply.kind == Reply::Kind::map ? "map(" : reply.kind == Reply::Kind::push ? "push(" : "list(";
    for (const auto& item : reply.items) text += shown(item) + " ";
    return text + ")";
}

// All replies of the bytes, fed in pieces of this size.
std::string read(std::string_view bytes, std::size_t piece, ReplyLimits limits = {}) {
    ReplyParser parser(limits);
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        parser.feed(bytes.substr(at, piece));
        while (true) {
            auto reply = parser.next();
            if (!reply) return text + "refused";
            if (!*reply) break;
            text += shown(**reply) + ";";
        }
    }
    return text + (parser.in_the_middle() ? "more" : "");
}

TEST(RedisReply, ReadsEachTypeHoweverItIsCut) {
    constexpr std::string_view kAll =
        "+OK\r\n-ERR no such thing\r\n:-12\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n:1\r\n*1\r\n_\r\n"
        "#t\r\n#f\r\n,1.5\r\n,inf\r\n(12345678901234567890\r\n!7\r\nSYNTAX!\r\n=6\r\ntxt:ab\r\n~1\r\n+a\r\n"
        "%1\r\n+k\r\n:1\r\n|1\r\n+ttl\r\n:3\r\n*1\r\n|1\r\n+a\r\n+b\r\n:7\r\n>2\r\n+message\r\n+x\r\n";
    constexpr std::string_view kRead =
        "'OK';error 'ERR no such thing';-12;'a\r\nbc';'';null;null;list();list(1 list(null ) );true;false;1.5;inf;"
        "'12345678901234567890';error 'SYNTAX!';'ab';list('a' );map('k' 1 );list(7 );push('message' 'x' );";
    for (const std::size_t piece : {1, 2, 3, 7, 1000}) EXPECT_EQ(read(kAll, piece), kRead) << piece;
}

TEST(RedisReply, RefusesWhatIsNoResp) {
    for (const auto* const bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "\r\n", ":\r\n", ":1x\r\n", "$-2\r\n", "$3\r\nabcd\r\n", "*-2\r\n", "%-1\r\n",
          "#x\r\n", "_x\r\n", ",\r\n", "=3\r\nabc\r\n", "$?\r\n", "*?\r\n", "*99999999999999999999\r\n"})
        EXPECT_EQ(read(bytes, 1000), "refused") << bytes;
}

TEST(RedisReply, HasLimits) {
    ReplyLimits limits{.bytes_max = 100, .items_max = 10, .depth_max = 3, .line_bytes_max = 20};
    EXPECT_EQ(read("$101\r\n", 1, limits), "refused");
    EXPECT_EQ(read("*1000000000\r\n", 1, limits), "refused");
    EXPECT_EQ(read("*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", 1, limits), "refused");
    EXPECT_EQ(read("+" + std::string(30, 'a'), 1, limits), "refused");
    EXPECT_EQ(read("*2\r\n$60\r\n" + std::string(60, 'a') + "\r\n$60\r\n", 1, limits), "refused");
    EXPECT_EQ(read("*2\r\n*5\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n*5\r\n:1\r\n:1\r\n:1\r\n", 1, limits), "refused");
    EXPECT_EQ(read("*2\r\n:1\r\n", 1, limits), "more");
}

TEST(RedisReply, IsLostAfterAnError) {
    ReplyParser parser;
    parser.feed("?\r\n+OK\r\n");
    EXPECT_FALSE(parser.next().has_value());
    EXPECT_FALSE(parser.next().has_value());
}

TEST(RedisReply, NumbersAndNamesOfErrors) {
    EXPECT_EQ((Reply{.kind = Reply::Kind::text, .text = "-5"}.as_integer()), -5);
    EXPECT_EQ((Reply{.kind = Reply::Kind::text, .text = "5 "}.as_integer()), std::nullopt);
    EXPECT_EQ((Reply{.kind = Reply::Kind::error, .text = "MOVED 1 a:2"}.error_name()), "MOVED");
    EXPECT_EQ((Reply{.kind = Reply::Kind::text, .text = "MOVED 1 a:2"}.error_name()), "");
}

}  // namespace
}  // namespace slipway::store::redis
