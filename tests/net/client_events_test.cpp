#include <gtest/gtest.h>

#include "net/client.h"

namespace slipway::net {
namespace {

std::string shown(const std::vector<ServerSentEvent>& events) {
    std::string text;
    for (const auto& event : events) text += "<" + event.event + "|" + event.data + ">";
    return text;
}

std::string parse(std::string_view bytes) {
    EventParser parser;
    auto events = parser.feed(bytes);
    return events ? shown(*events) : "error";
}

TEST(EventParser, SplitsEventsAtEmptyLines) {
    EXPECT_EQ(parse("data: one\n\nevent: end\ndata: two\n\n"), "<|one><end|two>");
}

TEST(EventParser, ReadsEveryKindOfLineEnd) {
    EXPECT_EQ(parse("data: a\r\rdata: b\r\n\r\ndata: c\n\ndata: d\r\n\n"), "<|a><|b><|c><|d>");
}

TEST(EventParser, JoinsDataLinesWithNewlines) {
    EXPECT_EQ(parse("data: a\ndata:\ndata:  b\ndata\n\n"), "<|a\n\n b\n>");
}

TEST(EventParser, SkipsCommentsAndUnknownFields) {
    EXPECT_EQ(parse(": heartbeat\n\nid: 7\nretry: 10\nnonsense\ndata: x\n: y\n\n"), "<|x>");
}

TEST(EventParser, ForgetsTheNameOfAnEventWithoutData) { EXPECT_EQ(parse("event: a\n\ndata: x\n\n"), "<|x>"); }

TEST(EventParser, DispatchesEmptyData) { EXPECT_EQ(parse("data\n\n"), "<|>"); }

TEST(EventParser, DropsAByteOrderMarkAtTheStartOnly) {
    EXPECT_EQ(parse("\xEF\xBB\xBF"
                    "data: x\n\n\xEF\xBB\xBF"
                    "data: y\n\ndata: z\n\n"),
              "<|x><|z>");
}

TEST(EventParser, KeepsAnUnfinishedEventForLater) {
    EventParser parser;
    EXPECT_EQ(shown(*parser.feed("data: x\n")), "");
    EXPECT_EQ(shown(*parser.feed("\n")), "<|x>");
}

TEST(EventParser, GivesTheSameEventsWhereverTheBytesAreCut) {
    const std::string bytes =
        "\xEF\xBB\xBF"
        "event: e\r\ndata: Grüße\r\rdata: a\ndata: b\r\n\r\n: c\n\r\ndata: d\n\n";
    const std::string whole = parse(bytes);
    EXPECT_EQ(whole, "<e|Grüße><|a\nb><|d>");
    for (std::size_t first = 0; first <= bytes.size(); ++first) {
        for (std::size_t second = first; second <= bytes.size(); ++second) {
            EventParser parser;
            std::string text;
            for (const auto& piece :
                 {bytes.substr(0, first), bytes.substr(first, second - first), bytes.substr(second)})
                text += shown(*parser.feed(piece));
            ASSERT_EQ(text, whole) << first << " " << second;
        }
    }
}

TEST(EventParser, RefusesAnEventAboveItsLimit) {
    EventParser one_line(100);
    EXPECT_EQ(one_line.feed("data: " + std::string(200, 'x')).error().code, ErrorCode::upstream);
    EventParser many_lines(100);
    Result<std::vector<ServerSentEvent>> result;
    for (int i = 0; i < 50 && result; ++i) result = many_lines.feed("data: xxxx\n");
    EXPECT_FALSE(result);
}

}  // namespace
}  // namespace slipway::net
