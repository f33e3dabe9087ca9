// What is in a passage, and for how long that is remembered.
#include "knowledge/reading.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace slipway::knowledge {
namespace {

Found passage() {
    Found found;
    found.chunk_id = "chunk";
    found.document.title = "Winds";
    found.place.headings = {"Trade winds", "In summer"};
    found.text = "The wind blows. Winds blow over the sea!";
    return found;
}

TEST(Reading, PartsEndWhereTheirTermsEnd) {
    const auto reading = read(passage(), "english");
    const auto wind = hash_of_term("wind"), blow = hash_of_term("blow");
    const std::vector<TermHash> terms{wind, hash_of_term("trade"), wind, hash_of_term("summer"), wind, blow, wind,
                                      blow, hash_of_term("sea")};
    EXPECT_EQ(reading.terms, terms);
    EXPECT_EQ(reading.ends, (std::vector<std::uint32_t>{4, 6, 9}));
    std::vector<TermHash> different{wind, blow, hash_of_term("sea")};
    std::ranges::sort(different);
    EXPECT_EQ(reading.different_ones, different);
}

TEST(Readings, BelongToOneWorkspace) {
    Readings readings;
    const auto reading = std::make_shared<const Reading>(read(passage(), "english"));
    readings.keep({"one"}, "chunk", reading);
    EXPECT_EQ(readings.find({"one"}, "chunk"), reading);
    EXPECT_EQ(readings.find({"two"}, "chunk"), nullptr);
    EXPECT_EQ(readings.find({"one"}, "chunk2"), nullptr);
}

TEST(Readings, AreForgottenUnlessTheyAreAskedFor) {
    Readings readings;
    const auto make = [] {
        Reading reading;
        reading.terms.resize(1000);
        return std::make_shared<const Reading>(std::move(reading));
    };
    const auto often = make(), once = make();
    readings.keep({"w"}, "often", often);
    readings.keep({"w"}, "once", once);
    std::size_t alive = 0;
    std::vector<std::weak_ptr<const Reading>> all;
    for (std::size_t i = 0; i < 3 * Readings::kBytesMax / 8000; ++i) {
        const auto reading = make();
        readings.keep({"w"}, fmt::format("other {}", i), reading);
        all.push_back(reading);
        EXPECT_EQ(readings.find({"w"}, "often"), often);
    }
    for (const auto& one : all) alive += one.expired() ? 0 : 1;
    EXPECT_LE(alive * 8000, Readings::kBytesMax);
    EXPECT_GT(alive * 8000, Readings::kBytesMax / 4);
    EXPECT_EQ(readings.find({"w"}, "once"), nullptr);
}

TEST(Readings, OneThatIsTooLargeIsNotKept) {
    Readings readings;
    Reading reading;
    reading.terms.resize(Readings::kBytesMax / sizeof(TermHash));
    readings.keep({"w"}, "huge", std::make_shared<const Reading>(std::move(reading)));
    EXPECT_EQ(readings.find({"w"}, "huge"), nullptr);
}

}  // namespace
}  // namespace slipway::knowledge
