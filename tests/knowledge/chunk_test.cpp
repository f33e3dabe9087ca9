#include "knowledge/chunk.h"

#include <random>
#include <set>

#include "base/sentence.h"
#include "extract_fixture.h"

namespace slipway::knowledge {
namespace {

std::string sentences(int count, std::string_view word) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += fmt::format("{}This is sentence {} about {} and it is long enough.", i > 0 ? " " : "", i, word);
    return text;
}

Block block(std::string text, BlockKind kind = BlockKind::paragraph, Strings headings = {},
            std::optional<int> page = {}, std::optional<int> seconds = {}) {
    return {std::move(text), kind, {std::move(headings), page, seconds}};
}

std::vector<Chunk> chunks_of(std::vector<Block> blocks, ChunkOptions options = {}) {
    return chunk({.title = "t", .blocks = std::move(blocks)}, options);
}

TEST(Chunk, AShortDocumentIsOneChunk) {
    const auto chunks =
        chunks_of({block("Title", BlockKind::heading, {"Title"}), block("Text.", BlockKind::paragraph, {"Title"})});
    ASSERT_EQ(chunks.size(), 1U);
    EXPECT_EQ(chunks[0].text, "Title\nText.");
    EXPECT_EQ(chunks[0].place.headings, Strings{"Title"});
    EXPECT_EQ(chunks[0].ordinal, 0);
}

TEST(Chunk, HeadingsDivideAndOverlapStaysInsideTheSection) {
    const auto chunks =
        chunks_of({block("A", BlockKind::heading, {"A"}), block(sentences(40, "apples"), BlockKind::paragraph, {"A"}),
                   block("B", BlockKind::heading, {"B"}), block(sentences(30, "bread"), BlockKind::paragraph, {"B"})});
    ASSERT_GE(chunks.size(), 4U);
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const bool apples = chunks[i].text.contains("apples");
        EXPECT_NE(apples, chunks[i].text.contains("bread"));
        EXPECT_EQ(chunks[i].place.headings, Strings{apples ? "A" : "B"});
        if (i == 0 || chunks[i].place != chunks[i - 1].place) continue;
        // The overlap: the last whole sentences of the chunk before.
        const auto first = split_sentences(chunks[i].text).front();
        EXPECT_TRUE(chunks[i - 1].text.contains(first)) << first;
    }
    EXPECT_TRUE(chunks_of({block(sentences(40, "apples"))}, {.overlap = 0})[1].text.starts_with("This is sentence"));
}

TEST(Chunk, AnEditChangesOnlyItsSection) {
    const auto document = [](std::string_view word) {
        std::vector<Block> blocks;
        for (const auto* name : {"A", "B", "C"})
            blocks.insert(blocks.end(),
                          {block(name, BlockKind::heading, {name}),
                           block(sentences(30, name[0] == 'B' ? word : name), BlockKind::paragraph, {name})});
        return chunks_of(std::move(blocks));
    };
    std::set<std::string> before;
    for (const auto& chunk : document("bread")) before.insert(chunk.content_hash);
    std::size_t fresh = 0;
    const auto after = document("cheese");
    for (const auto& chunk : after) fresh += before.contains(chunk.content_hash) ? 0 : 1;
    EXPECT_GT(fresh, 0U);
    EXPECT_LE(fresh, after.size() / 2);
}

TEST(Chunk, TinySectionsOfOneParentJoinAndOthersDoNot) {
    std::vector<Block> blocks{block("Book", BlockKind::heading, {"Book"})};
    for (const auto* name : {"One", "Two", "Three"}) {
        blocks.push_back(block(name, BlockKind::heading, {"Book", name}));
        blocks.push_back(block("A short remark.", BlockKind::paragraph, {"Book", name}));
    }
    const auto chunks = chunks_of(blocks);
    ASSERT_EQ(chunks.size(), 1U);
    EXPECT_EQ(chunks[0].place.headings, (Strings{"Book", "One"}));
    const auto apart =
        chunks_of({block("x.", BlockKind::paragraph, {"A", "B"}), block("y.", BlockKind::paragraph, {"C", "D"})});
    EXPECT_EQ(apart.size(), 2U);
}

TEST(Chunk, PagesStayApartSoThatTheCitationIsRight) {
    const auto chunks = chunks_of(
        {block("On page one.", BlockKind::paragraph, {}, 1), block("On page two.", BlockKind::paragraph, {}, 2)});
    ASSERT_EQ(chunks.size(), 2U);
    EXPECT_EQ(chunks[1].place.page, 2);
    const auto moved =
        chunks_of({block("Head", BlockKind::heading, {"Head"}, 1), block("Text.", BlockKind::paragraph, {"Head"}, 2)});
    ASSERT_EQ(moved.size(), 1U);
    EXPECT_EQ(moved[0].place.page, 2);
}

TEST(Chunk, SpeechIsJoinedToAboutAMinuteAndKeepsItsFirstSecond) {
    std::vector<Block> cues{block("Talk", BlockKind::heading, {"Talk"})};
    for (int i = 0; i < 100; ++i)
        cues.push_back(block(fmt::format("Words number {} are said here.", i), BlockKind::cue, {"Talk"}, {}, i * 5));
    const auto chunks = chunks_of(cues, {.overlap = 0});
    ASSERT_EQ(chunks.size(), 8U);
    EXPECT_TRUE(chunks[0].text.starts_with("Talk"));
    EXPECT_EQ(chunks[0].place.seconds, 0);
    EXPECT_EQ(chunks[1].place.seconds, 60);
    EXPECT_TRUE(chunks[1].text.starts_with("Words number 12 "));
    const auto overlapping = chunks_of(cues);
    EXPECT_EQ(overlapping[1].place.seconds, 60);
}

TEST(Chunk, LongWordsAndTextWithoutStopsAreCutAtCharacters) {
    std::string wide;
    for (int i = 0; i < 2'000; ++i) wide += "水";
    const auto chunks = chunks_of({block(wide)}, {.size_max = 100});
    std::string joined;
    for (const auto& chunk : chunks) {
        EXPECT_TRUE(is_valid_utf8(chunk.text));
        EXPECT_LE(chunk.text.size(), 100U);
        joined += chunk.text;
    }
    EXPECT_EQ(joined, wide);
}

TEST(Chunk, CodeIsCutAtLines) {
    std::string code;
    for (int i = 0; i < 200; ++i) code += fmt::format("{}line_{}();", i > 0 ? "\n    " : "", i);
    for (const auto& chunk : chunks_of({block(code, BlockKind::code)}, {.size_max = 300}))
        EXPECT_TRUE(chunk.text.ends_with(");")) << chunk.text;
}

TEST(Chunk, IdsAreDeterministicUuidsThatTellOccurrencesApart) {
    const auto id = chunk_id("document", "hash", 0);
    EXPECT_EQ(id, chunk_id("document", "hash", 0));
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '8');
    EXPECT_EQ((std::set<std::string>{id, chunk_id("document", "hash", 1), chunk_id("other", "hash", 0),
                                     chunk_id("document", "hash2", 0)}
                   .size()),
              4U);
    const std::string document = "019a0b1c-2d3e-7f40-8a5b-6c7d8e9fa0b1";
    EXPECT_TRUE(chunk_id(document, "hash", 0).starts_with("019a0b1c-2d3e-8"));
    EXPECT_NE(chunk_id(document, "hash", 0), chunk_id(document, "hash", 1));
}

TEST(Chunk, ImpossibleOptionsAreBroughtIntoRange) {
    const auto chunks = chunks_of({block(sentences(50, "x"))},
                                  {.size_max = 0, .overlap = 10'000, .size_min = 10'000, .transcript_seconds = -1});
    for (const auto& chunk : chunks) EXPECT_LE(chunk.text.size(), 64U);
}

TEST(Chunk, TwentyMegabytesOnOneLineAreCutInLinearTime) {
    std::string line;
    for (int i = 0; line.size() < 20'000'000; ++i) line += fmt::format("word{} ", i);
    const auto chunks = chunks_of({block(line)});
    EXPECT_GT(chunks.size(), 16'000U);
}

// Random structured documents. Every word is new, so that "one chunk inside another" is a plain search.
class RandomDocument {
 public:
    explicit RandomDocument(std::uint32_t seed) : random_(seed) {}

    Extracted make() {
        Extracted document;
        const int sections = pick(1, 12);
        const bool paged = pick(0, 1) == 1;
        for (int section = 0; section < sections; ++section) {
            Strings headings(static_cast<std::size_t>(pick(0, 3)));
            for (auto& heading : headings) heading = fmt::format("h{}", pick(1, 3));
            const bool spoken = pick(0, 5) == 0;
            if (!headings.empty()) {
                headings.back() = words(pick(1, 6));
                document.blocks.push_back(block(headings.back(), BlockKind::heading, headings));
            }
            const int blocks = pick(0, 9);
            for (int i = 0; i < blocks; ++i) document.blocks.push_back(random_block(headings, paged, spoken));
        }
        if (document.blocks.empty()) document.blocks.push_back(block(words(3)));
        return document;
    }

    int pick(int from, int to) { return std::uniform_int_distribution(from, to)(random_); }

 private:
    Block random_block(const Strings& headings, bool paged, bool spoken) {
        if (pick(0, 3) == 0) ++page_;
        seconds_ += pick(1, 20);
        const auto kind = spoken
                              ? BlockKind::cue
                              : std::array{BlockKind::paragraph, BlockKind::paragraph, BlockKind::list_item,
                                           BlockKind::table_row, BlockKind::code}[static_cast<std::size_t>(pick(0, 4))];
        std::string text;
        const int lines = kind == BlockKind::paragraph ? pick(1, 12) : kind == BlockKind::code ? pick(1, 30) : 1;
        for (int i = 0; i < lines; ++i) {
            if (i > 0) text += kind == BlockKind::code ? (pick(0, 4) == 0 ? "\n\n  " : "\n  ") : " ";
            text += words(pick(1, pick(0, 9) == 0 ? 300 : 20));
            if (kind == BlockKind::paragraph) text += pick(0, 5) == 0 ? "。" : ". ";
        }
        return block(std::string(trim(text)), kind, headings, paged ? std::optional(page_) : std::nullopt,
                     spoken ? std::optional(seconds_) : std::nullopt);
    }

    std::string words(int count) {
        std::string text;
        for (int i = 0; i < count; ++i)
            text += fmt::format("{}{}{}", i > 0 ? " " : "", pick(0, 3) == 0 ? "Wé" : "w", next_word_++);
        return text;
    }

    std::mt19937 random_;
    int page_ = 1;
    int seconds_ = 0;
    int next_word_ = 1'000'000;
};

std::set<std::string> words_of(std::string_view text) {
    std::set<std::string> words;
    std::string spaced(text);
    std::ranges::replace(spaced, '\n', ' ');
    for (const auto word : split(spaced, ' '))
        if (!word.empty()) words.emplace(word);
    return words;
}

TEST(Chunk, PropertiesHoldForRandomDocuments) {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(seed);
        RandomDocument random(seed);
        const auto document = random.make();
        const ChunkOptions options{.size_max = static_cast<std::size_t>(random.pick(100, 1500)),
                                   .overlap = static_cast<std::size_t>(random.pick(0, 300)),
                                   .size_min = static_cast<std::size_t>(random.pick(0, 400))};
        const auto chunks = chunk(document, options);
        std::set<std::string> in_chunks;
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            EXPECT_FALSE(trim(chunks[i].text).empty());
            EXPECT_LE(chunks[i].text.size(), options.size_max);
            EXPECT_TRUE(is_valid_utf8(chunks[i].text));
            EXPECT_EQ(chunks[i].ordinal, static_cast<int>(i));
            in_chunks.merge(words_of(chunks[i].text));
            for (std::size_t j = 0; j < chunks.size(); ++j)
                if (i != j)
                    ASSERT_FALSE(chunks[j].text.contains(chunks[i].text)) << chunks[i].text << "\n--- in ---\n"
                                                                          << chunks[j].text;
        }
        std::set<std::string> in_document;
        for (const auto& each : document.blocks) in_document.merge(words_of(each.text));
        // "word。word" may be cut after the stop.
        for (const auto& word : in_document)
            if (!word.contains("。")) ASSERT_TRUE(in_chunks.contains(word)) << word;
        const auto again = chunk(document, options);
        ASSERT_EQ(again.size(), chunks.size());
        for (std::size_t i = 0; i < chunks.size(); ++i) ASSERT_EQ(again[i].content_hash, chunks[i].content_hash);
    }
}

}  // namespace
}  // namespace slipway::knowledge
