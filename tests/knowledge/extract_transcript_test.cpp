#include "extract_fixture.h"

namespace slipway::knowledge {
namespace {

std::vector<int> seconds_of(const Extracted& extracted) {
    std::vector<int> seconds;
    for (const auto& block : extracted.blocks) seconds.push_back(block.place.seconds.value_or(-1));
    return seconds;
}

TEST(ExtractTranscript, WebVttCuesKeepTheirSecondsAndLoseTheirTags) {
    const auto document = read(
        "WEBVTT - talk\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE a remark\nof two "
        "lines\n\nintro\n00:01.500 --> 00:04.000 align:start\n"
        "<v Ann>Hello &amp; <i>welcome</i></v>\nto <00:00:03.000><c>this</c>.\n\n01:02:03.000 --> 01:02:05.000\nMuch "
        "later, 3 < 4.\n",
        "talk.vtt");
    EXPECT_EQ(texts(document, BlockKind::cue), (Strings{"Hello & welcome to this.", "Much later, 3 < 4."}));
    EXPECT_EQ(seconds_of(document), (std::vector<int>{1, 3723}));
}

TEST(ExtractTranscript, RollingCaptionsAreSaidOnce) {
    const auto document = read(
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n \nwater<00:00:00.500><c> is</c> patient\n\n00:00:02.000 --> "
        "00:00:02.010\nwater is patient\n \n\n"
        "00:00:02.010 --> 00:00:04.000\nwater is patient\nand finds its way\n\n00:00:04.000 --> 00:00:06.000\nand "
        "finds its way\nin the end\n",
        "a.vtt");
    EXPECT_EQ(texts(document, BlockKind::cue), (Strings{"water is patient", "and finds its way", "in the end"}));
    EXPECT_EQ(seconds_of(document), (std::vector<int>{0, 2, 4}));
}

TEST(ExtractTranscript, SubRipIsRecognisedWithoutItsExtension) {
    const auto document = read(
        "1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}<i>One.</i>\r\n\r\n2\r\n00:03:41,500 --> "
        "00:03:44,000\r\nTwo\r\nlines.\r\n",
        "talk.txt");
    EXPECT_EQ(texts(document, BlockKind::cue), (Strings{"One.", "Two lines."}));
    EXPECT_EQ(seconds_of(document), (std::vector<int>{1, 221}));
}

TEST(ExtractTranscript, LinesWithStampsUnderHeadingsAndFrontMatter) {
    const auto document = read(
        "---\ntitle: A talk\nyoutube_url: https://youtu.be/abc\n---\n# Part one\n\n[00:12] First words\nthat go "
        "on.\n\n[00:03:41] **Second** words.\n\n## Part two\n"
        "[1:00:00] Last.\n",
        "talk.md");
    EXPECT_EQ(texts(document, BlockKind::cue), (Strings{"First words that go on.", "Second words.", "Last."}));
    EXPECT_EQ(document.blocks[1].place.seconds, 12);
    EXPECT_EQ(document.blocks[2].place.seconds, 221);
    EXPECT_EQ(document.blocks.back().place.seconds, 3600);
    EXPECT_EQ(document.blocks.back().place.headings, (Strings{"Part one", "Part two"}));
    EXPECT_EQ(text_or(document.metadata, "youtube_url"), "https://youtu.be/abc");
}

TEST(ExtractTranscript, AFewBracketsDoNotMakeATranscript) {
    const auto document = read(
        "At [00:12] it began.\n\n[12] is a note.\n\n[aa:bb] too.\n\n[10:20] one stamp.\n\nProse.\n\nProse.", "a.txt");
    EXPECT_TRUE(texts(document, BlockKind::cue).empty());
    EXPECT_EQ(document.blocks.size(), 6U);
}

TEST(ExtractTranscript, SubtitlesWithoutACueAreBroken) {
    EXPECT_EQ(reason_of(extract("WEBVTT\n\nnothing here\n", "a.vtt")), "broken");
    EXPECT_EQ(reason_of(extract("hello", "a.srt")), "broken");
    EXPECT_EQ(reason_of(extract("WEBVTT\n\n99999999999:00:00.000 --> 1\nx\n", "a.vtt")), "broken");
    EXPECT_EQ(reason_of(extract("WEBVTT\n\n00:01.000 --> 00:02.000\n\n", "a.vtt")), "empty");
}

}  // namespace
}  // namespace slipway::knowledge
