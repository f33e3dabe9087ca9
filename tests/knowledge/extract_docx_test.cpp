#include <filesystem>

#include <minizip/zip.h>

#include "extract_fixture.h"

namespace slipway::knowledge {
namespace {

constexpr std::string_view kHead =
    R"(<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>)";
constexpr std::string_view kTail = "</w:body></w:document>";

struct Entry {
    std::string path;
    std::string content;
};

// An archive made with minizip in a temporary file.
std::string archive_of(const std::vector<Entry>& entries, const char* password = nullptr) {
    const auto path =
        std::filesystem::temp_directory_path() / fmt::format("slipway-docx-{}-{}.zip", ::getpid(), entries.size());
    auto* zip = zipOpen64(path.c_str(), APPEND_STATUS_CREATE);
    for (const auto& [name, content] : entries) {
        const auto sum = crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
        zipOpenNewFileInZip3(zip, name.c_str(), nullptr, nullptr, 0, nullptr, 0, nullptr, Z_DEFLATED, 9, 0, -MAX_WBITS,
                             DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, password, sum);
        zipWriteInFileInZip(zip, content.data(), static_cast<unsigned>(content.size()));
        zipCloseFileInZip(zip);
    }
    zipClose(zip, nullptr);
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::filesystem::remove(path);
    return bytes;
}

std::string docx(std::string_view body) {
    return archive_of({{"word/document.xml", fmt::format("{}{}{}", kHead, body, kTail)}});
}

TEST(ExtractDocx, AWrittenDocumentComesBackWithItsStructure) {
    const auto document = read(fixture("guide.docx"), "guide.docx");
    EXPECT_EQ(document.title, "The Quiet Kitchen");
    EXPECT_EQ(text_or(document.metadata, "author"), "Mira Lindqvist");
    const auto headings = texts(document, BlockKind::heading);
    for (const auto* heading : {"Why kitchens get loud", "Soft surfaces", "Measuring the change"})
        EXPECT_NE(std::ranges::find(headings, heading), headings.end()) << heading;
    EXPECT_EQ(texts(document, BlockKind::list_item),
              (Strings{"felt pads under chairs", "a woven rug, washable", "curtains of heavy linen"}));
    EXPECT_EQ(texts(document, BlockKind::table_row),
              (Strings{"Place | Before | After", "Table | 62 dB | 51 dB", "Stove | 70 dB | 66 dB"}));
    EXPECT_EQ(document.blocks.back().place.headings.back(), "Measuring the change");
}

TEST(ExtractDocx, DeletedTextFieldsAndRepetitionsAreLeftOut) {
    const auto document = read(
        docx(
            R"(<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t xml:space="preserve">Kept </w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>)"
            R"(<w:ins><w:r><w:t>added</w:t></w:r></w:ins><w:r><w:instrText>PAGE</w:instrText><w:tab/><w:t>&lt;end&gt;</w:t></w:r></w:p><w:p/>)"
            R"(<w:p><w:AlternateContent><w:Choice><w:r><w:t>once</w:t></w:r></w:Choice><w:Fallback><w:r><w:t>twice</w:t></w:r></w:Fallback></w:AlternateContent></w:p>)"),
        "a.docx");
    EXPECT_EQ(texts(document, BlockKind::paragraph), (Strings{"Kept added <end>", "once"}));
}

TEST(ExtractDocx, TranslatedHeadingStylesAreKnownByNameAndOutline) {
    const auto styles =
        R"(<w:styles xmlns:w="x"><w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>)"
        R"(<w:style w:styleId="Eigen"><w:name w:val="Mein Titel"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>)";
    const auto body =
        R"(<w:p><w:pPr><w:pStyle w:val="Eigen"/></w:pPr><w:r><w:t>Eins</w:t></w:r></w:p><w:p><w:pPr><w:pStyle w:val="berschrift2"/></w:pPr>)"
        R"(<w:r><w:t>Zwei</w:t></w:r></w:p><w:p><w:r><w:t>Text</w:t></w:r></w:p>)";
    const auto document = read(
        archive_of({{"word/styles.xml", styles}, {"word/document.xml", fmt::format("{}{}{}", kHead, body, kTail)}}),
        "a.docx");
    EXPECT_EQ(document.blocks.back().place.headings, (Strings{"Eins", "Zwei"}));
}

TEST(ExtractDocx, OtherArchivesAreUnsupportedAndBrokenOnesBroken) {
    EXPECT_EQ(reason_of(extract(archive_of({{"content.txt", "x"}}), "a.docx")), "unsupported");
    const auto whole = fixture("guide.docx");
    EXPECT_EQ(reason_of(extract(std::string_view(whole).substr(0, whole.size() / 2), "a.docx")), "broken");
    auto flipped = whole;
    for (std::size_t i = 200; i < flipped.size() - 1500; i += 97) flipped[i] = static_cast<char>(~flipped[i]);
    EXPECT_EQ(reason_of(extract(flipped, "a.docx")), "broken");
    EXPECT_EQ(reason_of(extract(docx("<w:p><w:r></w:p>"), "a.docx")), "broken");
    EXPECT_EQ(reason_of(extract(docx(""), "a.docx")), "empty");
}

TEST(ExtractDocx, AnEncryptedEntryIsEncrypted) {
    auto bytes = docx("<w:p><w:r><w:t>x</w:t></w:r></w:p>");
    // Bit 0 of the general flags, in the local header and in the directory.
    bytes[6] = static_cast<char>(bytes[6] | 1);
    const auto directory = bytes.find("PK\x01\x02");
    ASSERT_NE(directory, std::string::npos);
    bytes[directory + 8] = static_cast<char>(bytes[directory + 8] | 1);
    EXPECT_EQ(reason_of(extract(bytes, "a.docx")), "encrypted");
}

TEST(ExtractDocx, ABombIsStoppedByRatioAndBySize) {
    const auto bomb = docx(std::string(40 << 20, ' '));
    EXPECT_LT(bomb.size(), 100'000U);
    EXPECT_EQ(limit_of(extract(bomb, "bomb.docx")), "archive_ratio_max");
    EXPECT_EQ(limit_of(extract(bomb, "bomb.docx", {.archive_bytes_max = 1 << 20, .archive_ratio_max = 1'000'000})),
              "archive_bytes_max");
    std::vector<Entry> many;
    for (int i = 0; i < 60; ++i) many.push_back({fmt::format("f{}", i), "x"});
    EXPECT_EQ(limit_of(extract(archive_of(many), "many.docx", {.archive_entries_max = 50})), "archive_entries_max");
}

TEST(ExtractDocx, EndlessEntitiesAreRefusedBeforeParsing) {
    std::string xml = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"ha\">";
    for (char c = 'b'; c < 'm'; ++c)
        xml += fmt::format("<!ENTITY {0} \"&{1};&{1};&{1};&{1};&{1};&{1};&{1};&{1};\">", c, static_cast<char>(c - 1));
    xml += "]><w:document><w:body><w:p><w:r><w:t>&l;</w:t></w:r></w:p></w:body></w:document>";
    EXPECT_EQ(reason_of(extract(archive_of({{"word/document.xml", xml}}), "lolz.docx")), "broken");
}

TEST(ExtractDocx, NestingAndTheSizeOfTheTreeAreLimited) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "<w:x>";
    deep += "<w:t>x</w:t>";
    for (int i = 0; i < 100'000; ++i) deep += "</w:x>";
    EXPECT_EQ(limit_of(extract(docx(deep), "deep.docx", {.archive_ratio_max = 10'000})), "nesting_max");
    std::string wide;
    for (int i = 0; i < 100'000; ++i) wide += "<w:x/>";
    EXPECT_EQ(limit_of(extract(docx(wide), "wide.docx", {.tree_bytes_max = 1 << 20, .archive_ratio_max = 10'000})),
              "tree_bytes_max");
}

}  // namespace
}  // namespace slipway::knowledge
