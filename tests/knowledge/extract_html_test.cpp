#include "extract_fixture.h"

namespace slipway::knowledge {
namespace {

TEST(ExtractHtml, StructureSurvivesAndBoilerplateGoes) {
    const auto document = read(
        R"(<!DOCTYPE html><html><head><title> The &amp; page </title><meta name="author" content="Ann"><style>p{}</style></head>
<body><header><h1>Site</h1></header><nav>Home | About</nav>
<article><header><h1>Real title</h1></header><p>First &eacute;<br>line, <em>still</em> <a href="x">first</a>.</p>loose words
<script>alert("no")</script><h2>Sub</h2><ul><li>one</li><li>two <b>b</b><ul><li>inner</li></ul></li></ul>
<table><tr><th>a</th><th>b</th></tr><tr><td><p>1</p></td><td>2</td></tr></table><pre>x
  y</pre><p hidden>secret</p><div style="color:red; display: none">hidden order</div></article>
<aside>Ads</aside><footer>Imprint</footer></body></html>)",
        "a.html");
    EXPECT_EQ(document.title, "The & page");
    EXPECT_EQ(text_or(document.metadata, "author"), "Ann");
    EXPECT_EQ(texts(document, BlockKind::heading), (Strings{"Real title", "Sub"}));
    EXPECT_EQ(texts(document, BlockKind::paragraph), (Strings{"First é line, still first.", "loose words"}));
    EXPECT_EQ(texts(document, BlockKind::list_item), (Strings{"one", "two b", "inner"}));
    EXPECT_EQ(texts(document, BlockKind::table_row), (Strings{"a | b", "1 | 2"}));
    EXPECT_EQ(texts(document, BlockKind::code), Strings{"x\n  y"});
    EXPECT_EQ(document.blocks.back().place.headings, (Strings{"Real title", "Sub"}));
}

TEST(ExtractHtml, IsRecognisedByContentAlso) {
    EXPECT_EQ(all_text(read("<?xml version='1.0'?><!-- c --><html><body><p>hi</p></body></html>", "page")), "hi\n");
    EXPECT_EQ(all_text(read("a <b>bold</b> word", "a.txt")), "a <b>bold</b> word\n");
    EXPECT_EQ(all_text(read("a <b>bold</b> word", "a.htm")), "a bold word\n");
}

TEST(ExtractHtml, BrokenMarkupIsReadAsABrowserWould) {
    EXPECT_EQ(all_text(read("<p>one<p>two<div>three</p></b></td>four", "a.html")), "one\ntwo\nthree\nfour\n");
    EXPECT_EQ(reason_of(extract("<html><body></body></html>", "a.html")), "empty");
    EXPECT_EQ(reason_of(extract("<script>only()</script>", "a.html")), "empty");
}

TEST(ExtractHtml, AHundredThousandNestedElementsAreRefused) {
    std::string page;
    for (int i = 0; i < 100'000; ++i) page += "<div>";
    page += "deep";
    const auto result = extract(page, "deep.html");
    EXPECT_EQ(reason_of(result), "too_large");
    EXPECT_EQ(limit_of(result), "nesting_max");
}

TEST(ExtractHtml, DeepButAllowedNestingIsRead) {
    std::string page;
    for (int i = 0; i < 1'900; ++i) page += "<div>";
    EXPECT_EQ(all_text(read(page + "deep", "deep.html")), "deep\n");
}

TEST(ExtractHtml, ManyUnclosedParagraphsAreNoNesting) {
    std::string page = "<html>";
    for (int i = 0; i < 5'000; ++i) page += "<p>x<li>y<td>z<a name=q>";
    EXPECT_EQ(read(page, "a.html").blocks.size(), 10'000U);
}

// Each unclosed <b id=…> is opened again in every paragraph: memory by the square of the size.
TEST(ExtractHtml, FormattingThatMultipliesIsStoppedByTheBudget) {
    std::string page = "<html><p>";
    for (int i = 0; i < 1'500; ++i) page += fmt::format("<b id={}>", i);
    for (int i = 0; i < 50'000; ++i) page += "<p>x";
    const auto result = extract(page, "bomb.html", {.tree_bytes_max = 32 << 20});
    EXPECT_EQ(reason_of(result), "too_large");
    EXPECT_EQ(limit_of(result), "tree_bytes_max");
    EXPECT_EQ(reason_of(extract(page, "bomb.html", {.parse_time = std::chrono::milliseconds(0)})), "timeout");
}

TEST(ExtractHtml, ScriptsFullOfTagsDoNotCountAsNesting) {
    std::string page = "<html><script>";
    for (int i = 0; i < 100'000; ++i) page += "if(a<b)\"<div>\";";
    EXPECT_EQ(all_text(read(page + "</script><p>ok", "a.html")), "ok\n");
}

}  // namespace
}  // namespace slipway::knowledge
