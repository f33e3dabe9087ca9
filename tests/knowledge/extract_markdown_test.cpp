#include "extract_fixture.h"

namespace slipway::knowledge {
namespace {

TEST(ExtractMarkdown, HeadingsOfBothFormsBuildThePlace) {
    const auto document = read("Top\n===\n\nIntro.\n\n## Sub ##\n\nText\nflows.\n\nOther\n-----\n\nEnd.", "a.md");
    EXPECT_EQ(texts(document, BlockKind::heading), (Strings{"Top", "Sub", "Other"}));
    EXPECT_EQ(texts(document, BlockKind::paragraph), (Strings{"Intro.", "Text flows.", "End."}));
    EXPECT_EQ(document.blocks[3].place.headings, (Strings{"Top", "Sub"}));
    EXPECT_EQ(document.blocks.back().place.headings, (Strings{"Top", "Other"}));
    EXPECT_EQ(document.title, "Top");
}

TEST(ExtractMarkdown, InlineMarksGoAndTheirTextStays) {
    const auto document = read(
        "A **bold** and *soft* word, __strong__ _it_, ~~gone~~, `code *x*`, a [link](http://x/(y) \"t\"), ![a "
        "picture](p.png), [ref][1], "
        "<https://a.example/b>, <b>html</b>, snake_case_name, 2*3, a \\* star, 5 < 6 &amp; 7, note[^1].\n\n[1]: "
        "http://y\n",
        "a.md");
    EXPECT_EQ(all_text(document),
              "A bold and soft word, strong it, gone, code *x*, a link, a picture, ref, https://a.example/b, html, "
              "snake_case_name, 2*3, a * star, "
              "5 < 6 & 7, note.\n");
}

TEST(ExtractMarkdown, ListsTablesAndCode) {
    const auto document = read(
        "Before:\n- one\n  goes on\n- [x] two\n1. three\n\n| a | b |\n|---|:-:|\n| **1** | 2 \\| 3 |\n| 4 | "
        "|\n\nAfter\n\n```py\nif x:\n    y  # not "
        "a heading\n```\n\n    indented\n",
        "a.md");
    EXPECT_EQ(texts(document, BlockKind::list_item), (Strings{"one goes on", "two", "three"}));
    EXPECT_EQ(texts(document, BlockKind::table_row), (Strings{"a | b", "1 | 2 | 3", "4 |"}));
    EXPECT_EQ(texts(document, BlockKind::code), (Strings{"if x:\n    y  # not a heading", "indented"}));
    EXPECT_EQ(texts(document, BlockKind::paragraph), (Strings{"Before:", "After"}));
}

TEST(ExtractMarkdown, FrontMatterBecomesMetadata) {
    const auto document = read(
        "---\ntitle: Breathing\nauthor: Ann\nyoutube_url: https://youtu.be/x\ntags: [calm, breath]\nnested:\n  a: "
        "b\n---\n# Other\n\nText.",
        "a.md");
    EXPECT_EQ(document.title, "Breathing");
    EXPECT_EQ(text_or(document.metadata, "author"), "Ann");
    EXPECT_EQ(json::serialize(*array_in(document.metadata, "tags")), R"(["calm","breath"])");
    EXPECT_EQ(all_text(document), "Other\nText.\n");
}

TEST(ExtractMarkdown, ARuleAtTheTopIsNoFrontMatter) {
    const auto document = read("---\nOnce there was a rule.\n---\nEnd.", "a.md");
    EXPECT_TRUE(document.metadata.empty());
    EXPECT_NE(all_text(document).find("Once there was a rule."), std::string::npos);
}

TEST(ExtractMarkdown, UnclosedFrontMatterIsText) {
    const auto document = read("---\ntitle: lost\n\nText.", "a.md");
    EXPECT_NE(all_text(document).find("title: lost"), std::string::npos);
}

TEST(ExtractMarkdown, CommentsAreLeftOut) {
    EXPECT_EQ(all_text(read("<!-- do\nnot\nread --> but this\n\nand this", "a.md")), "but this\nand this\n");
}

TEST(ExtractMarkdown, AnUnclosedFenceKeepsItsText) {
    EXPECT_EQ(texts(read("```\na\nb", "a.md"), BlockKind::code), Strings{"a\nb"});
}

TEST(ExtractMarkdown, MegabytesOfOpenBracketsAreReadInLinearTime) {
    for (const std::string_view piece : {"[", "![", "<a", "`` ` ", "*", "[a](", "\\", "&", "_a*", "> ", "# ", "|-"}) {
        std::string text = "start ";
        while (text.size() < 2'000'000) text += piece;
        EXPECT_TRUE(extract(text, "a.md")) << piece;
    }
}

TEST(ExtractMarkdown, AHugeHeadingIsNotMultipliedIntoEveryBlock) {
    std::string text = "# " + std::string(1'000'000, 'h') + "\n\n";
    for (int i = 0; i < 10'000; ++i) text += "p\n\n";
    const auto document = read(text, "a.md");
    EXPECT_EQ(document.blocks[0].text.size(), 1'000'000U);
    EXPECT_EQ(document.blocks[5].place.headings[0].size(), 120U);
}

}  // namespace
}  // namespace slipway::knowledge
