#include <gtest/gtest.h>

#include "base/text.h"
#include "knowledge/relevance.h"
#include "knowledge/service.h"
#include "knowledge/sources.h"
#include "knowledge/tables.h"
#include "must.h"
#include "store/database/engines/any_database.h"
#include "store/index/embedded.h"
#include "store/objects/file.h"
#include "store/temporary_folder.h"

namespace slipway::knowledge {
namespace {

using test::must;

// A text's vector says how much of it is about ships, in any of three languages, and how much is not.
class ShipModel final : public model::EmbeddingModel {
 public:
    Task<std::vector<store::Vector>> embed(std::vector<std::string> texts) override {
        if (broken) co_return fail(ErrorCode::unavailable, "The model sleeps.");
        std::vector<store::Vector> vectors;
        for (const auto& text : texts) {
            const bool ships = text.contains("ship") || text.contains("Schiff") || text.contains("navire");
            vectors.push_back(ships ? store::Vector{1, 0.1F} : store::Vector{0.1F, 1});
        }
        co_return vectors;
    }
    std::size_t dimension() const override { return 2; }
    std::string name() const override { return "test/ships"; }

    bool broken = false;
};

class Search : public testing::Test {
 protected:
    void open(std::shared_ptr<model::EmbeddingModel> embedding = nullptr, std::string_view synonyms = "boat, ship") {
        database_ = must(test::open_any_database(folder_ / "data.db"));
        index_ = must(store::open_embedded(folder_ / "index.db"));
        objects_ = must(store::open_file_objects(folder_ / "objects", {}, pool_));
        must(run_to_end(database_->migrate(store::series_migrations())));
        must(run_to_end(database_->migrate(migrations())));
        auto rules = std::make_shared<const Synonyms>(must(Synonyms::parse(synonyms, "english")));
        knowledge_ = std::make_unique<Knowledge>(*database_, *index_, *objects_, pool_, pool_, std::move(embedding),
                                                 rules, KnowledgeOptions());
        must(run_to_end(knowledge_->prepare(workspace_)));
    }
    Document put(std::string source, std::string text, std::string name_space = "sea",
                 WorkspaceId workspace = {"one"}) {
        NewDocument document;
        document.source = source;
        document.file_name = source;
        document.name_space = std::move(name_space);
        document.bytes = std::move(text);
        return must(run_to_end(knowledge_->put(std::move(workspace), std::move(document)))).document;
    }
    SearchResult search(SearchRequest request) {
        return must(run_to_end(knowledge_->search(workspace_, std::move(request))));
    }
    SearchResult search(std::string question) {
        SearchRequest request;
        request.question = std::move(question);
        return search(std::move(request));
    }
    static std::vector<std::string> sources(const SearchResult& result) {
        std::vector<std::string> names;
        for (const auto& found : result.found) names.push_back(found.document.source);
        return names;
    }

    test::TemporaryFolder folder_;
    WorkspaceId workspace_{"one"};
    WorkerPool pool_{"test", 2};
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Index> index_;
    std::unique_ptr<store::Objects> objects_;
    std::unique_ptr<Knowledge> knowledge_;
};

using Names = std::vector<std::string>;

TEST_F(Search, FindsWhatTheWordsSayAndExplainsItsScores) {
    open();
    put("anchor.md", "# Anchors\n\nAn anchor of iron holds a ship in a storm. Throw it against the wind.");
    put("bread.md", "# Bread\n\nFlour, water and salt become bread in a hot oven.");
    const auto result = search("how does an anchor hold a ship?");
    ASSERT_EQ(sources(result), Names{"anchor.md"});
    EXPECT_EQ(result.mode, "text");
    EXPECT_EQ(result.note, "");
    const auto& found = result.found.front();
    EXPECT_EQ(found.document.title, "Anchors");
    EXPECT_GT(found.score, 0.9);
    EXPECT_LE(found.score, 1.0);
    EXPECT_TRUE(found.text_score.has_value());
    EXPECT_FALSE(found.vector_score.has_value());
    EXPECT_NE(std::ranges::find(found.terms, "anchor", &store::TermScore::term), found.terms.end());
}

TEST_F(Search, ScoresSayHowMuchOfTheQuestionIsAnswered) {
    open();
    put("anchor.md", "# Anchors\n\nAn anchor of iron holds a ship in a storm.");
    put("bread.md", "# Bread\n\nFlour, water and salt become bread in a hot oven.");
    const auto whole = search("iron anchor in a storm").found.front().score;
    const auto part = search("iron anchor made in Lisbon by dwarfs").found.front().score;
    const auto hardly = search("iron curtains and steel mills of Lisbon, Porto and Madrid").found.front().score;
    EXPECT_GT(whole, part);
    EXPECT_GT(part, hardly);
    EXPECT_LT(hardly, 0.35);
    EXPECT_EQ(search("zeppelins").found.size(), 0u);
}

TEST_F(Search, WordsThatStandTogetherScoreMoreThanScatteredOnes) {
    open();
    std::string between;
    for (int i = 0; i < 8; ++i) between += "Seagulls sleep on the harbour wall at noon. ";
    put("near.md", "Rope is coiled clockwise. A wet rope swells in the block and jams. " + between);
    put("far.md",
        "Rope is coiled clockwise. " + between + "A child may swell with pride. " + between + "The printer jams.");
    const auto result = search("rope swells and jams");
    ASSERT_EQ(result.found.size(), 2u);
    EXPECT_EQ(result.found.front().document.source, "near.md");
    EXPECT_GT(result.found[0].score, result.found[1].score);
}

TEST_F(Search, SynonymsFindAndScoreLessThanTheWordItself) {
    open();
    put("ship.md", "A ship needs paint.");
    put("bread.md", "Bread needs salt.");
    const auto by_synonym = search("boat paint");
    const auto by_word = search("ship paint");
    ASSERT_EQ(sources(by_synonym), Names{"ship.md"});
    EXPECT_LT(by_synonym.found.front().score, by_word.found.front().score);
    EXPECT_GT(by_synonym.found.front().score, 0.7);
}

TEST_F(Search, AQuestionThatLeansIsCompletedAndItsOwnWordsCountMost) {
    open();
    put("knots.md",
        "# Knots\n\n## Bowline\n\nA bowline makes a loop that does not slip.\n\n## Clove hitch\n\nA clove hitch ties a "
        "line to a pole.");
    put("hitch.md", "A hitch hiker stands at the road with a thumb up.");
    SearchRequest request;
    request.question = "and the clove hitch?";
    request.earlier = {"which knots hold a line?"};
    const auto result = search(request);
    EXPECT_EQ(result.question, "which knots hold a line? and the clove hitch?");
    ASSERT_FALSE(result.found.empty());
    EXPECT_EQ(result.found.front().document.source, "knots.md");
    EXPECT_TRUE(result.found.front().text.contains("clove hitch"));
}

TEST_F(Search, NamespacesFiltersLimitsAndMinimumHold) {
    open();
    put("a.md", "Salt in the sea.", "sea");
    put("b.md", "Salt in the soup, with pepper.", "kitchen");
    put("c.md", "Salt on the road in winter, when ice makes wheels slide.", "road");
    SearchRequest request;
    request.question = "salt in soup";
    request.namespaces = {"sea", "road"};
    EXPECT_EQ(search(request).found.size(), 2u);
    request.namespaces = {"nowhere"};
    EXPECT_EQ(search(request).found.size(), 0u);
    request.namespaces.clear();
    request.filter = store::Filter::equal("source", "c.md");
    EXPECT_EQ(sources(search(request)), Names{"c.md"});
    request.filter = {};
    request.limit = 1;
    EXPECT_EQ(sources(search(request)), Names{"b.md"});
    request.limit = 10;
    request.minimum_score = 0.9;
    EXPECT_EQ(sources(search(request)), Names{"b.md"});
}

TEST_F(Search, NearEqualPassagesAreFoldedAndDeeperOnesTakeTheirPlace) {
    open();
    for (int i = 0; i < 40; ++i)
        put(fmt::format("copy-{}.md", i),
            fmt::format("The lighthouse keeper lights the lamp at dusk every evening, and cleans its glass "
                        "with vinegar before breakfast, copy {}.",
                        i));
    put("other.md", "A lighthouse may also be a home for bats, owls and swallows, which nobody minds.");
    SearchRequest request;
    request.question = "lighthouse lamp";
    const auto result = search(request);
    ASSERT_EQ(result.found.size(), 2u);
    EXPECT_EQ(result.found[1].document.source, "other.md");
}

TEST_F(Search, NeighboursComeWithoutTheOverlap) {
    open();
    std::string text;
    for (int i = 0; i < 60; ++i)
        text += fmt::format("Sentence number {} tells of sailor{} and his voyage around the cape. ", i, i);
    put("long.txt", text);
    SearchRequest request;
    request.question = "sailor30";
    request.limit = 1;
    auto result = search(request);
    ASSERT_EQ(result.found.size(), 1u);
    must(run_to_end(knowledge_->add_neighbours(workspace_, result.found, 1)));
    const auto& found = result.found.front();
    EXPECT_FALSE(found.before.empty());
    EXPECT_FALSE(found.after.empty());
    const auto whole = found.before + " " + found.text + " " + found.after;
    std::size_t at = 0;
    for (int i = 20; i < 40; ++i) {
        const auto sentence = fmt::format("sailor{} ", i);
        const auto next = whole.find(sentence, at);
        if (next == std::string::npos) continue;
        EXPECT_EQ(whole.find(sentence, next + 1), std::string::npos) << sentence;
        at = next;
    }
    EXPECT_GT(at, 0u);
}

TEST_F(Search, WhatTheDatabaseDoesNotShowIsNotFound) {
    open();
    put("kept.md", "A compass points north.");
    const auto gone = put("gone.md", "A compass rose has thirty-two points.");
    store::Parameters none;
    must(run_to_end(database_->write(
        store::Scope::system(), "update documents set status = 'removing' where source = 'gone.md'", std::move(none))));
    EXPECT_EQ(sources(search("compass")), Names{"kept.md"});
    std::vector<store::Passage> stray(1);
    stray.front().id = "stray";
    stray.front().text = "A compass nobody published.";
    must(run_to_end(index_->upsert(workspace_, "documents", std::move(stray))));
    EXPECT_EQ(sources(search("compass")), Names{"kept.md"});
}

TEST_F(Search, WorkspacesDoNotSeeEachOther) {
    open();
    put("mine.md", "The treasure lies under the palm.");
    put("theirs.md", "The treasure lies under the stone.", "sea", {"two"});
    EXPECT_EQ(sources(search("treasure")), Names{"mine.md"});
}

TEST_F(Search, VectorsFindWhatWordsDoNot) {
    auto ships = std::make_shared<ShipModel>();
    open(ships);
    put("ship.md", "A ship needs paint.");
    put("bread.md", "Bread needs salt.");
    const auto result = search("Schiff");
    EXPECT_EQ(result.mode, "text+vector");
    ASSERT_FALSE(result.found.empty());
    EXPECT_EQ(result.found.front().document.source, "ship.md");
    EXPECT_TRUE(result.found.front().vector_score.has_value());
    EXPECT_GT(result.found.front().score, 0.5);  // no word, but the very vector
}

TEST_F(Search, AnEmbeddingModelThatFailsLeavesTheWords) {
    auto ships = std::make_shared<ShipModel>();
    open(ships);
    put("ship.md", "A ship needs paint.");
    ships->broken = true;
    const auto result = search("ship");
    EXPECT_EQ(result.mode, "text");
    EXPECT_TRUE(result.note.contains("The model sleeps.")) << result.note;
    EXPECT_EQ(sources(result), Names{"ship.md"});
}

TEST_F(Search, QuestionsWithoutWordsAreHandled) {
    open();
    put("ship.md", "A ship needs paint.");
    EXPECT_EQ(search("?!").found.size(), 0u);
    SearchRequest empty;
    empty.question = " \n ";
    EXPECT_EQ(run_to_end(knowledge_->search(workspace_, empty)).error().code, ErrorCode::invalid);
    std::string endless;
    for (int i = 0; i < 20'000; ++i) endless += fmt::format("word{} ", i);
    EXPECT_EQ(search(endless + "ship").found.size(), 0u);  // beyond what is looked at
    EXPECT_EQ(search("ship " + endless).found.size(), 1u);
}

TEST_F(Search, SourcesShowThePlaceAndThePartThatAnswers) {
    open();
    put("knots.md", "# Knots\n\n## Bowline\n\nSailors like songs. A bowline makes a loop that does not slip.");
    const auto result = search("loop that does not slip");
    const auto listed = sources_of(result.found, result.question, 60);
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].number, 1);
    EXPECT_EQ(listed[0].title, "Knots");
    EXPECT_EQ(listed[0].name_space, "sea");
    EXPECT_TRUE(listed[0].place.contains("Bowline"));
    EXPECT_TRUE(listed[0].snippet.contains("loop that does not slip")) << listed[0].snippet;
    EXPECT_EQ(listed[0].chunk_id, result.found[0].chunk_id);
    EXPECT_TRUE(listed[0].url.contains(result.found[0].document.id));
}

}  // namespace
}  // namespace slipway::knowledge
