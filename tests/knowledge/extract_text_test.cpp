#include "extract_fixture.h"

namespace slipway::knowledge {
namespace {

using namespace std::string_view_literals;

TEST(ExtractText, ParagraphsAreSeparatedByBlankLinesAndReflowed) {
    const auto document = read("One line\r\nand its second.\r\n\r\n  \r\nAnother   paragraph.", "tea_and-rice.txt");
    EXPECT_EQ(texts(document, BlockKind::paragraph), (Strings{"One line and its second.", "Another paragraph."}));
    EXPECT_EQ(document.title, "tea and rice");
}

TEST(ExtractText, ShortLinesAboveAParagraphAreHeadingsAndBulletsAreItems) {
    const std::string body =
        "This paragraph is long enough to stand below a heading, which a single short line above it then is.";
    const auto document = read("The Rice Jar\n\n" + body + "\n\nHow much is enough?\n\n" + body +
                                   "\n- one\n  and on\n* two\n\nNotes\n-----\n\nA short end.\n\nAnn",
                               "a.txt");
    EXPECT_EQ(texts(document, BlockKind::heading), (Strings{"The Rice Jar", "How much is enough?", "Notes"}));
    EXPECT_EQ(texts(document, BlockKind::list_item), (Strings{"one and on", "two"}));
    EXPECT_EQ(document.blocks[3].place.headings, (Strings{"The Rice Jar", "How much is enough?"}));
    EXPECT_EQ(document.title, "The Rice Jar");
    EXPECT_EQ(texts(document, BlockKind::paragraph).back(), "Ann");
}

TEST(ExtractText, ReadsUtf8WithMarkUtf16BothWaysAndWindows1252) {
    EXPECT_EQ(all_text(read("\xEF\xBB\xBF"
                            "caf\xC3\xA9",
                            "a.txt")),
              "café\n");
    EXPECT_EQ(all_text(read("\xFF\xFE"
                            "c\0a\0f\0\xE9\0"sv,
                            "a.txt")),
              "café\n");
    EXPECT_EQ(all_text(read("\xFE\xFF"
                            "\0c\0a\0f\0\xE9\xD8\x3D\xDE\x00"sv,
                            "a.txt")),
              "café😀\n");
    EXPECT_EQ(all_text(read("\x93"
                            "caf\xE9\x94 \x80"
                            "5",
                            "a.txt")),
              "“café” €5\n");
}

TEST(ExtractText, AnUnpairedSurrogateBecomesAReplacementCharacter) {
    EXPECT_EQ(all_text(read("\xFF\xFE"
                            "a\0\x00\xD8"
                            "b\0"sv,
                            "a.txt")),
              "a\uFFFDb\n");
}

TEST(ExtractText, ControlCharactersDoNotReachTheText) {
    EXPECT_EQ(all_text(read("a\x01\x1B[31mb\x7F", "a.txt")), "a[31mb\n");
}

TEST(ExtractText, EmptyDocumentsAreToldApart) {
    EXPECT_EQ(reason_of(extract("", "a.txt")), "empty");
    EXPECT_EQ(reason_of(extract(" \n\t\n ", "a.txt")), "empty");
    EXPECT_EQ(reason_of(extract("\xEF\xBB\xBF", "a.md")), "empty");
}

TEST(ExtractText, BinaryFormatsAreUnsupportedAndNamed) {
    const auto picture = extract("\x89PNG\r\n\x1A\n\0\0"sv, "photo.txt");
    EXPECT_EQ(reason_of(picture), "unsupported");
    EXPECT_NE(picture.error().message.find("photo.txt is a picture"), std::string::npos);
    EXPECT_EQ(reason_of(extract("abc\0def"sv, "data.bin")), "unsupported");
    EXPECT_EQ(reason_of(extract("{\\rtf1 hello}", "a.rtf")), "unsupported");
    EXPECT_EQ(reason_of(extract("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old", "a.doc")), "unsupported");
    EXPECT_EQ(reason_of(extract("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"sv,
                                "a.docx")),
              "encrypted");
}

TEST(ExtractText, AMisnamedFileIsBroken) {
    EXPECT_EQ(reason_of(extract("just words", "report.pdf")), "broken");
    EXPECT_EQ(reason_of(extract("just words", "report.docx")), "broken");
}

TEST(ExtractText, MessagesNameTheFileWithoutItsFolders) {
    const auto result = extract("", "/home/someone/private/report.txt");
    EXPECT_TRUE(result.error().message.starts_with("report.txt is empty"));
}

TEST(ExtractText, TwentyMegabytesOnOneLineAreRead) {
    std::string line;
    while (line.size() < 20'000'000) line += "word after word ";
    const auto document = read(line, "a.txt");
    ASSERT_EQ(document.blocks.size(), 1U);
    EXPECT_EQ(document.blocks[0].text.size(), trim(line).size());
}

TEST(ExtractText, LimitsOfBytesTextAndBlocksAreNamed) {
    EXPECT_EQ(limit_of(extract("0123456789", "a.txt", {.bytes_max = 9})), "bytes_max");
    EXPECT_EQ(limit_of(extract("0123456789", "a.txt", {.text_bytes_max = 9})), "text_bytes_max");
    const auto blocks = extract("a\n\nb\n\nc", "a.txt", {.blocks_max = 2});
    EXPECT_EQ(limit_of(blocks), "blocks_max");
    EXPECT_EQ(reason_of(blocks), "too_large");
    EXPECT_EQ(extract("a\n\nb", "a.txt", {.blocks_max = 2}).value().blocks.size(), 2U);
}

TEST(ExtractText, KnowsWhichFilesOfAFolderItReads) {
    for (const auto* name : {"a.md", "a.PDF", "x/y.docx", "a.vtt", "a.srt", "a.html", "a.txt"})
        EXPECT_TRUE(has_readable_extension(name)) << name;
    for (const auto* name : {"a.png", "a", ".md", "a.meta.yaml", "a.md/b"})
        EXPECT_FALSE(has_readable_extension(name)) << name;
}

TEST(Sidecar, ReadsKeysListsQuotesAndComments) {
    const auto metadata = read_sidecar(
        "# about the talk\ntitle: \"A # talk: part 1\"\nAuthor: Ann  # host\nsource_url: "
        "https://example.org/a:b\ntags: [one, 'two, three', ]\n"
        "namespace: money\nmore:\n  - x\n  - \"y\"\nempty:\n");
    ASSERT_TRUE(metadata) << metadata.error().message;
    EXPECT_EQ(
        json::serialize(*metadata),
        R"({"title":"A # talk: part 1","author":"Ann","source_url":"https://example.org/a:b","tags":["one","two, three"],)"
        R"("namespace":"money","more":["x","y"],"empty":""})");
}

TEST(Sidecar, ABadLineIsNamed) {
    const auto metadata = read_sidecar("title: x\nthis is no key\n");
    ASSERT_FALSE(metadata);
    EXPECT_EQ(integer_or(metadata.error().details, "line", 0), 2);
    EXPECT_FALSE(read_sidecar("a:\n  nested: 1\n"));
    EXPECT_EQ(text_or(read_sidecar(std::string(20'000, '#')).error().details, "reason"), "too_large");
}

}  // namespace
}  // namespace slipway::knowledge
