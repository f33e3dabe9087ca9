#include "model/openai_embedding.h"

#include <numeric>

#include <gtest/gtest.h>

#include "model/scripted_provider.h"

namespace slipway::model {
namespace {

using slipway::testing::ScriptedProvider;
using Vectors = std::vector<store::Vector>;

Result<Vectors> embed(const ScriptedProvider& provider, std::vector<std::string> texts, std::size_t batch = 256,
                      std::size_t dimension = 256) {
    OpenAiEmbeddingOptions options;
    options.provider.name = "scripted";
    options.provider.base_url = provider.base_url();
    options.model = "scripted-embedding";
    options.dimension = dimension;
    options.ask_for_dimension = dimension != 256;
    options.batch_texts_max = batch;
    OpenAiEmbedding model(std::make_shared<net::Client>(), options);
    EXPECT_EQ(model.name(), "scripted/scripted-embedding");
    return run_to_end(model.embed(std::move(texts)));
}

float dot(const store::Vector& a, const store::Vector& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

TEST(OpenAiEmbedding, GivesOneVectorPerTextInOrder) {
    const ScriptedProvider provider;
    const auto together = embed(provider, {"the cat sat", "a dog barked", "the cat ran"});
    const auto alone = embed(provider, {"a dog barked"});
    ASSERT_TRUE(together && alone) << together.error().message;
    ASSERT_EQ(together->size(), 3);
    EXPECT_EQ((*together)[1], (*alone)[0]);
    EXPECT_GT(dot((*together)[0], (*together)[2]), dot((*together)[0], (*together)[1]));
    EXPECT_EQ((*together)[0].size(), 256);
}

TEST(OpenAiEmbedding, KeepsTheOrderOverSeveralRequests) {
    const ScriptedProvider provider;
    std::vector<std::string> texts;
    for (int i = 0; i < 10; ++i) texts.push_back(fmt::format("text number {}", i));
    const auto whole = embed(provider, texts);
    const auto batched = embed(provider, texts, 3);
    ASSERT_TRUE(whole && batched);
    EXPECT_EQ(*whole, *batched);
    EXPECT_EQ(provider.records(5).size(), 5);
    EXPECT_EQ(provider.records(5)[1].at("body").at("input").as_array().size(), 3);
}

TEST(OpenAiEmbedding, ReadsBase64) {
    const ScriptedProvider plain;
    const ScriptedProvider packed(R"([{"base64": true}])");
    const auto expected = embed(plain, {"the cat sat"});
    const auto found = embed(packed, {"the cat sat"});
    ASSERT_TRUE(expected && found) << found.error().message;
    EXPECT_EQ(*found, *expected);
}

TEST(OpenAiEmbedding, AsksForAnotherDimension) {
    const ScriptedProvider provider;
    const auto vectors = embed(provider, {"x"}, 256, 64);
    ASSERT_TRUE(vectors) << vectors.error().message;
    EXPECT_EQ((*vectors)[0].size(), 64);
}

TEST(OpenAiEmbedding, RefusesVectorsOfTheWrongSizeOrNumber) {
    const ScriptedProvider other_size(R"([{"dimension": 8}])");
    const auto size = embed(other_size, {"a", "b"});
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().code, ErrorCode::upstream);
    EXPECT_NE(size.error().message.find("8 dimensions"), std::string::npos) << size.error().message;
    const ScriptedProvider one_less(R"([{"drop": 1}])");
    const auto number = embed(one_less, {"a", "b"});
    ASSERT_FALSE(number);
    EXPECT_NE(number.error().message.find("1 vectors for 2 texts"), std::string::npos) << number.error().message;
}

TEST(OpenAiEmbedding, SendsNothingForNothing) {
    const ScriptedProvider provider;
    EXPECT_TRUE(embed(provider, {})->empty());
    EXPECT_EQ(embed(provider, {"a", " \n"}).error().code, ErrorCode::invalid);
    EXPECT_EQ(provider.requests(), 0);
}

}  // namespace
}  // namespace slipway::model
