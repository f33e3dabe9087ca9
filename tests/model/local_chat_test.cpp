#include "model/local_chat.h"

#include <gtest/gtest.h>

namespace slipway::model {
namespace {

constexpr std::string_view kKettle =
    "Cleaning a kettle\nFill the kettle with one part vinegar and two parts water. Let it stand for an hour. Then boil "
    "it once and pour it away. "
    "Rinse it three times with cold water.\n\nMy aunt did this every Sunday. She owned nine kettles.";
constexpr std::string_view kIron =
    "An iron with scale spits brown drops. Vinegar helps there too, but use half as much. Wipe the plate with a cloth.";

ChatRequest request_with(std::vector<GroundingPassage> passages, std::string question) {
    ChatRequest request;
    request.question = std::move(question);
    request.passages = std::move(passages);
    return request;
}

ChatReply complete(ChatRequest request) {
    LocalChat model;
    return run_to_end(model.complete(std::move(request))).value();
}

TEST(LocalChat, QuotesTheSentencesThatAnswerAndCitesThem) {
    auto request = request_with({{1, "Tea", "Tea grows on hills.", 0.1}, {2, "Kettles", std::string(kKettle), 0.9}},
                                "how much vinegar do I put into the kettle?");
    request.messages.push_back({Role::user, request.question});
    const auto reply = complete(std::move(request));
    EXPECT_EQ(reply.stop, StopReason::end);
    EXPECT_TRUE(reply.message.content.starts_with(
        "Fill the kettle with one part vinegar and two parts water. [2] Let it stand for an hour. [2]"))
        << reply.message.content;
    EXPECT_FALSE(reply.message.content.contains("Cleaning a kettle"));
    EXPECT_FALSE(reply.message.content.contains("Tea grows"));
    EXPECT_EQ(reply.cited, std::vector<int>{2});
    EXPECT_EQ(reply.model, "local");
    EXPECT_TRUE(reply.usage.estimated);
    EXPECT_GT(reply.usage.completion_tokens, 0);
    EXPECT_GT(reply.usage.prompt_tokens, 0);
}

TEST(LocalChat, QuotesNoMoreThanTheLimit) {
    const auto reply =
        complete(request_with({{1, "Kettles", std::string(kKettle), 0.9}, {2, "Irons", std::string(kIron), 0.9}},
                              "vinegar kettle hour boil rinse cold water iron scale cloth aunt Sunday"));
    std::size_t cited = 0;
    for (auto at = reply.message.content.find('['); at != std::string::npos;
         at = reply.message.content.find('[', at + 1))
        ++cited;
    EXPECT_GE(cited, 2u);
    EXPECT_LE(cited, LocalChatOptions().sentences_max);
}

TEST(LocalChat, RefusesWhenNoPassageAnswers) {
    for (const auto& request :
         {request_with({}, "how do I clean a kettle?"),
          request_with({{1, "Kettles", std::string(kKettle), 0.2}}, "which kettle won the prize in Paris?"),
          request_with({{1, "Kettles", std::string(kKettle), 0.9}}, "quantum chromodynamics"),
          request_with({{1, "Kettles", "", 0.9}}, "how do I clean a kettle?"),
          request_with({{1, "Kettles", std::string(kKettle), 0.9}}, "")}) {
        const auto reply = complete(request);
        EXPECT_EQ(reply.stop, StopReason::refused) << request.question;
        EXPECT_EQ(reply.message.content, "");
        EXPECT_TRUE(reply.cited.empty());
    }
}

TEST(LocalChat, AScoreThatIsNotANumberDoesNotAnswer) {
    EXPECT_EQ(complete(request_with({{1, "Kettles", std::string(kKettle), std::nan("")}}, "kettle vinegar")).stop,
              StopReason::refused);
}

TEST(LocalChat, BeginsWithTheSentenceThatAPronounPointsTo) {
    const std::string text = "The blue lever opens the sluice. It must be pulled slowly by two people. Fish like that.";
    const auto reply = complete(request_with({{1, "Sluice", text, 0.9}}, "how many people must pull slowly?"));
    EXPECT_TRUE(reply.message.content.starts_with(
        "The blue lever opens the sluice. [1] It must be pulled slowly by two people. [1]"))
        << reply.message.content;
}

TEST(LocalChat, WordsThatAPassageWasFoundByCountToo) {
    const std::string text =
        "Bread keeps for three days in a box. Cars want oil every year. The moon is far away. A vehicle that stands "
        "still rusts. Move it monthly.";
    GroundingPassage passage{1, "Mixed", text, 0.9};
    passage.terms = {{"vehicl", 3.0}};
    const auto reply = complete(request_with({passage}, "what about my automobile?"));
    EXPECT_TRUE(reply.message.content.contains("A vehicle that stands still rusts. [1]")) << reply.message.content;
}

TEST(LocalChat, ItemsOfAListAreSentencesAndHeadingsAreNot) {
    const std::string text =
        "What to pack\nA torch with new batteries\nTwo litres of water\nA whistle on a string\n\nLeave before noon.";
    const auto reply = complete(request_with({{3, "Hike", text, 0.8}}, "which batteries, how much water?"));
    EXPECT_TRUE(reply.message.content.contains("A torch with new batteries [3] Two litres of water [3]"))
        << reply.message.content;
    const std::string asked = "How long does it take?\nThe path takes four hours. Children need six.";
    const auto hours = complete(request_with({{1, "Hike", asked, 0.8}}, "how long does the path take?"));
    EXPECT_EQ(hours.message.content, "The path takes four hours. [1] Children need six. [1]");
}

TEST(LocalChat, TextWithoutFullStopsIsNotQuotedWhole) {
    std::string text;
    for (int i = 0; i < 500; ++i) text += "kettle vinegar ";
    EXPECT_EQ(complete(request_with({{1, "Noise", text, 0.9}}, "kettle vinegar")).stop, StopReason::refused);
}

TEST(LocalChat, AskedForFewTokensItSaysLess) {
    auto request = request_with({{1, "Kettles", std::string(kKettle), 0.9}}, "how much vinegar for the kettle?");
    const auto whole = complete(request);
    request.tokens_max = 30;
    const auto cut = complete(request);
    EXPECT_EQ(cut.stop, StopReason::length);
    EXPECT_LT(cut.message.content.size(), whole.message.content.size());
    EXPECT_TRUE(cut.message.content.ends_with("[1]"));
}

TEST(LocalChat, WithoutAQuestionTheLastMessageOfTheUserCounts) {
    auto request = request_with({{1, "Kettles", std::string(kKettle), 0.9}}, "");
    request.messages.push_back({Role::user, "how much vinegar for the kettle?"});
    request.messages.push_back({Role::assistant, "One moment."});
    EXPECT_EQ(complete(std::move(request)).stop, StopReason::end);
}

TEST(LocalChat, StreamsTheSameAnswerWordByWord) {
    LocalChat model;
    std::string text;
    std::size_t deltas = 0;
    DeltaSink sink = [&](std::string_view delta) -> Task<void> {
        EXPECT_FALSE(delta.empty());
        text += delta;
        ++deltas;
        co_return Result<void>();
    };
    const auto request = request_with({{1, "Kettles", std::string(kKettle), 0.9}}, "how much vinegar for the kettle?");
    const auto streamed = run_to_end(model.stream(request, sink));
    ASSERT_TRUE(streamed);
    EXPECT_EQ(text, streamed->message.content);
    EXPECT_EQ(text, complete(request).message.content);
    EXPECT_GT(deltas, 10u);
}

TEST(LocalChat, AnErrorOfTheListenerEndsTheStream) {
    LocalChat model;
    std::size_t deltas = 0;
    DeltaSink sink = [&](std::string_view) -> Task<void> {
        if (++deltas == 3) co_return fail(ErrorCode::unavailable, "gone");
        co_return Result<void>();
    };
    const auto streamed =
        run_to_end(model.stream(request_with({{1, "K", std::string(kKettle), 0.9}}, "vinegar kettle"), sink));
    ASSERT_FALSE(streamed);
    EXPECT_EQ(streamed.error().message, "gone");
    EXPECT_EQ(deltas, 3u);
}

// Two dimensions: ships, and all else. Remembers what it was asked for.
class ShipModel final : public EmbeddingModel {
 public:
    Task<std::vector<store::Vector>> embed(std::vector<std::string> texts) override {
        std::vector<store::Vector> vectors;
        for (const auto& text : texts)
            vectors.push_back(text.contains("ship") ? store::Vector{1, 0.1F} : store::Vector{0.1F, 1});
        asked.insert(asked.end(), texts.begin(), texts.end());
        co_return vectors;
    }
    std::size_t dimension() const override { return 2; }
    std::string name() const override { return "test/ships"; }

    std::vector<std::string> asked;
};

TEST(LocalChat, AQuestionWhoseVectorIsKnownIsNotEmbeddedAgain) {
    const auto meaning = std::make_shared<ShipModel>();
    LocalChat chat({}, meaning);
    ChatRequest request;
    request.question = "Where do ships sleep?";
    request.question_vector = store::Vector{1, 0.1F};
    request.passages.push_back(
        {1, "Harbours", "A ship sleeps in the harbour. Bread is baked at night.", 0.9, {}, 0.95});
    const auto known = run_to_end(chat.complete(request));
    ASSERT_TRUE(known);
    EXPECT_TRUE(known->message.content.contains("A ship sleeps in the harbour.")) << known->message.content;
    EXPECT_EQ(meaning->asked.size(), 2U);
    EXPECT_EQ(std::ranges::count(meaning->asked, request.question), 0);

    request.question_vector.reset();
    const auto made = run_to_end(chat.complete(request));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->message.content, known->message.content);
    EXPECT_EQ(std::ranges::count(meaning->asked, request.question), 1);
}

}  // namespace
}  // namespace slipway::model
