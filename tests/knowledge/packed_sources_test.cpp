#include "knowledge/packed_sources.h"

#include <gtest/gtest.h>

namespace slipway::knowledge {
namespace {

TEST(PackedSources, ComeBackAsTheyWere) {
    Source first;
    first.number = 1;
    first.document_id = "0194-a";
    first.document_number = 1LL << 40;
    first.chunk_id = "c1";
    first.title = "Débts";
    first.name_space = "money";
    first.snippet = std::string(300, 's') + std::string(1, '\0') + "end";
    first.place = "page 12";
    first.url = "/api/documents/0194-a/file#page=12";
    first.source_url = "https://example.org/debts";
    first.youtube_url = "https://youtu.be/x";
    first.page = 12;
    first.score = 0.1 + 0.2;
    Source second;
    second.number = 2;
    second.seconds = 0;
    const std::vector<Source> sources{first, second};

    const PackedSources packed(sources);
    EXPECT_EQ(packed.size(), 2U);
    const auto unpacked = packed.unpack();
    ASSERT_EQ(unpacked.size(), 2U);
    for (std::size_t i = 0; i < sources.size(); ++i) {
        EXPECT_EQ(to_json(unpacked[i]), to_json(sources[i]));
        EXPECT_EQ(unpacked[i].score, sources[i].score);
    }
    EXPECT_FALSE(unpacked[1].page);
    EXPECT_EQ(unpacked[1].seconds, 0);
}

TEST(PackedSources, NoneAreNone) {
    EXPECT_EQ(PackedSources().size(), 0U);
    EXPECT_TRUE(PackedSources().unpack().empty());
    EXPECT_TRUE(PackedSources(std::vector<Source>()).unpack().empty());
}

}  // namespace
}  // namespace slipway::knowledge
