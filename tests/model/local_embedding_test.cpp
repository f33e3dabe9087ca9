// The local models together, with the weights that the program carries.
#include "model/local_embedding.h"

#include <numeric>

#include <gtest/gtest.h>

#include "model/built_in/built_in.h"
#include "model/local_chat.h"

namespace slipway::model {
namespace {

float dot(const store::Vector& a, const store::Vector& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

class LocalEmbeddingTest : public testing::Test {
 protected:
    void SetUp() override {
        if (built_in_encoder().empty()) GTEST_SKIP() << "built without the weights: scripts/install.sh encoder";
        auto opened = LocalEmbedding::open(pool_, 2);
        ASSERT_TRUE(opened) << opened.error().message;
        model_ = std::move(*opened);
    }
    ChatReply ask(std::string question) {
        ChatRequest request;
        request.question = question;
        int number = 0;
        for (const auto* text : {"Leave the dough alone for an hour. Then fold it twice and wait again.",
                                 "If sleep does not come, get up and sit in another room until your eyes are heavy. Do "
                                 "not watch the clock."}) {
            const auto vectors = run_to_end(model_->embed({question, text})).value();
            request.passages.push_back({++number, "Notes", text, 0.0, {}, dot(vectors[0], vectors[1])});
        }
        LocalChat chat({}, model_);
        return run_to_end(chat.complete(std::move(request))).value();
    }

    WorkerPool pool_{"test", 2};
    std::shared_ptr<LocalEmbedding> model_;
};

TEST_F(LocalEmbeddingTest, GivesOneVectorPerTextInOrder) {
    std::vector<std::string> texts;
    for (int i = 0; i < 20; ++i) texts.push_back(fmt::format("text number {}", i));
    const auto together = run_to_end(model_->embed(texts));
    ASSERT_TRUE(together) << together.error().message;
    ASSERT_EQ(together->size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); i += 7)
        EXPECT_EQ((*together)[i], run_to_end(model_->embed({texts[i]})).value().front());
    EXPECT_EQ(together->front().size(), model_->dimension());
    EXPECT_EQ(model_->name(), "local/all-MiniLM-L6-v2");
}

TEST_F(LocalEmbeddingTest, RefusesAnEmptyText) {
    const auto result = run_to_end(model_->embed({"one", ""}));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::invalid);
}

TEST_F(LocalEmbeddingTest, TheLocalModelAnswersWhatIsMeantWithoutAWordInCommon) {
    const auto reply = ask("what can I do against insomnia?");
    EXPECT_EQ(reply.stop, StopReason::end) << reply.reason;
    EXPECT_TRUE(reply.message.content.starts_with(
        "If sleep does not come, get up and sit in another room until your eyes are heavy. [2]"))
        << reply.message.content;
    EXPECT_TRUE(reply.reason.starts_with("chance 0.")) << reply.reason;
}

TEST_F(LocalEmbeddingTest, TheLocalModelRefusesWhatIsNotMeant) {
    for (const auto* question : {"what is the capital of mongolia?", "how many hours does the flight to Rome take?"}) {
        const auto reply = ask(question);
        EXPECT_EQ(reply.stop, StopReason::refused) << reply.reason;
        EXPECT_TRUE(reply.message.content.empty());
    }
}

}  // namespace
}  // namespace slipway::model
