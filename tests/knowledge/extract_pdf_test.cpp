#include "extract_fixture.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

TEST(ExtractPdf, PagesHeadingsAndParagraphsSurviveAndRunningLinesGo) {
    const auto document = read(fixture("water.pdf"), "water.pdf");
    EXPECT_EQ(document.title, "The Water Carrier");
    EXPECT_EQ(texts(document, BlockKind::heading),
              (Strings{"The first bucket", "The second bucket", "The garden", "What stays"}));
    const auto text = all_text(document);
    EXPECT_EQ(text.find("Page 1 of 4"), std::string::npos);
    EXPECT_EQ(text.find("The Water Carrier"), std::string::npos);
    EXPECT_NE(text.find("It finds the lowest place and rests there, and nobody calls it weak for that."),
              std::string::npos);
    ASSERT_FALSE(document.blocks.empty());
    EXPECT_EQ(document.blocks.front().place.page, 1);
    EXPECT_EQ(document.blocks.back().place.page, 4);
    EXPECT_EQ(document.blocks.back().place.headings, Strings{"What stays"});
    EXPECT_EQ(texts(document, BlockKind::paragraph).size(), 9U);
}

TEST(ExtractPdf, EncryptedScannedCutAndEmptyAreToldApart) {
    const auto locked = extract(fixture("locked.pdf"), "report.pdf");
    EXPECT_EQ(reason_of(locked), "encrypted");
    EXPECT_EQ(locked.error().message, "report.pdf is encrypted; remove the password and upload it again.");
    const auto scanned = extract(fixture("scanned.pdf"), "scan.pdf");
    EXPECT_EQ(reason_of(scanned), "no_text");
    EXPECT_NE(scanned.error().message.find("has no text layer"), std::string::npos);
    const auto whole = fixture("water.pdf");
    EXPECT_EQ(reason_of(extract(std::string_view(whole).substr(0, whole.size() / 2), "cut.pdf")), "broken");
    EXPECT_EQ(reason_of(extract("%PDF-1.4\nnothing more\n%%EOF\n", "junk.pdf")), "broken");
    EXPECT_EQ(reason_of(extract("", "none.pdf")), "empty");
}

TEST(ExtractPdf, AnyCutOrFlippedBytesNeverDoMoreThanFail) {
    const auto whole = fixture("water.pdf");
    std::uint32_t state = 7;
    for (int round = 0; round < 12; ++round) {
        auto damaged = whole;
        for (int i = 0; i < 40; ++i) {
            state = state * 1664525U + 1013904223U;
            damaged[state % damaged.size()] = static_cast<char>(state >> 24);
        }
        const auto result = extract(damaged, "damaged.pdf");
        if (!result) EXPECT_TRUE(result.error().code == ErrorCode::invalid) << result.error().message;
    }
}

TEST(ExtractPdf, AMissingProgramSaysWhatToInstall) {
    const auto result = extract(fixture("water.pdf"), "water.pdf", {.pdftotext = "no-such-program-here"});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    EXPECT_NE(result.error().message.find("poppler-utils"), std::string::npos);
}

TEST(ExtractPdf, TheChildHasTimeAndMemoryAndOutputLimits) {
    const auto bytes = fixture("water.pdf");
    EXPECT_EQ(reason_of(extract(bytes, "a.pdf", {.child_time = std::chrono::milliseconds(0)})), "timeout");
    EXPECT_EQ(limit_of(extract(bytes, "a.pdf", {.child_output_bytes_max = 1000})), "child_output_bytes_max");
    EXPECT_EQ(limit_of(extract(bytes, "a.pdf", {.pages_max = 3})), "pages_max");
    EXPECT_FALSE(extract(bytes, "a.pdf", {.child_memory_bytes = 8 << 20}));
}

PdfLine line(std::string_view text, double top, double height = 10, double left = 50) {
    return {std::string(text), top, left, height};
}

Extracted from_pages(std::vector<PdfPage> pages) {
    const ExtractLimits limits;
    BlockBuilder blocks("a.pdf", limits);
    read_pdf_pages(std::move(pages), blocks);
    return std::move(blocks).finish().value();
}

TEST(ExtractPdf, HyphensAtLineEndsAreJoinedAndAParagraphGoesOnOverThePage) {
    const auto document =
        from_pages({{line("A difficult exam-", 10), line("ple of the well-", 22), line("Being of soft\u00AD", 34),
                     line("ware that goes on and", 46)},
                    {line("on to the next page.", 10), line("• one", 40), line("more", 52), line("• two", 64)}});
    EXPECT_EQ(texts(document, BlockKind::paragraph),
              Strings{"A difficult example of the well-Being of software that goes on and on to the next page."});
    EXPECT_EQ(texts(document, BlockKind::list_item), (Strings{"one more", "two"}));
    EXPECT_EQ(document.blocks[0].place.page, 1);
    EXPECT_EQ(document.blocks[1].place.page, 2);
}

TEST(ExtractPdf, APageWithNothingButASoftHyphenIsNothing) {
    const auto document = from_pages({{line("It goes on and", 10)}, {line("\u00AD", 10)}, {line("on here.", 10)}});
    EXPECT_EQ(texts(document, BlockKind::paragraph), Strings{"It goes on and on here."});
}

TEST(ExtractPdf, ParagraphsAreToldByDistanceIndentAndColumn) {
    const auto document =
        from_pages({{line("Wide lines of one", 10), line("paragraph here.", 30), line("After a gap", 65),
                     line("it is another.", 85), line("Indented it is", 105, 10, 70), line("a third that goes", 125),
                     line("on in a column.", 10, 10, 300)}});
    EXPECT_EQ(texts(document, BlockKind::paragraph),
              (Strings{"Wide lines of one paragraph here.", "After a gap it is another.",
                       "Indented it is a third that goes on in a column."}));
}

TEST(ExtractPdf, SizesOfTypeMakeTheLevelsOfHeadings) {
    const std::string body(200, 'b');
    const auto document = from_pages(
        {{line("Book", 5, 24), line("Chapter", 40, 18), line(body, 70), line("Section", 90, 14), line(body, 110)}});
    EXPECT_EQ(document.blocks.back().place.headings, (Strings{"Book", "Chapter", "Section"}));
    EXPECT_EQ(document.blocks[2].place.headings, (Strings{"Book", "Chapter"}));
}

TEST(ExtractPdf, PageNumbersAndRunningLinesGoButChapterTitlesStay) {
    std::vector<PdfPage> pages;
    for (int i = 1; i <= 8; ++i)
        pages.push_back({line(fmt::format("The book — {}", i), 5), line(i < 5 ? "Chapter one" : "Chapter two", 25),
                         line(fmt::format("Text of page {}.", i), 60), line("More text.", 72), line("Still more.", 84),
                         line(std::to_string(i), 500)});
    const auto text = all_text(from_pages(pages));
    EXPECT_FALSE(text.contains("The book"));
    EXPECT_FALSE(text.contains("8\n"));
    EXPECT_TRUE(text.contains("Text of page 8."));
}

// A million small objects: the reader must come back, whatever it makes of them.
TEST(ExtractPdf, AMillionObjectsEndInAnAnswer) {
    std::string pdf =
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n";
    for (int i = 3; i < 1'000'000; ++i) pdf += fmt::format("{} 0 obj<</A {} 0 R>>endobj\n", i, i + 1);
    pdf += "trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n";
    EXPECT_NE(reason_of(extract(pdf, "objects.pdf", {.child_time = std::chrono::milliseconds(15'000)})), "read");
}

}  // namespace
}  // namespace slipway::knowledge
