// The built-in embedding model beside vectors and word pieces recorded once from the reference implementation
// (sentence-transformers on PyTorch): fixtures/minilm_ref.jsonl holds texts and ids, minilm_ref.npy the vectors.
#include "model/encoder/encoder.h"

#include <fstream>
#include <numeric>

#include <gtest/gtest.h>

#include "base/json.h"
#include "model/built_in/built_in.h"

namespace slipway::model::encoder {
namespace {

constexpr std::size_t kDimension = 384;

struct Reference {
    std::string text;
    std::vector<std::uint32_t> ids;
    std::vector<float> vector;
};

std::vector<Reference> read_references() {
    const std::string folder = SLIPWAY_SOURCE_DIR "/tests/model/encoder/fixtures/";
    std::vector<Reference> references;
    std::ifstream lines(folder + "minilm_ref.jsonl");
    for (std::string line; std::getline(lines, line);) {
        const auto value = json::parse(line);
        Reference reference{std::string(value.at("text").as_string()), {}, std::vector<float>(kDimension)};
        for (const auto& id : value.at("ids").as_array()) reference.ids.push_back(id.to_number<std::uint32_t>());
        references.push_back(std::move(reference));
    }
    // NumPy's format: a magic, a version, the length of a header, the header, little-endian floats row by row.
    std::ifstream array(folder + "minilm_ref.npy", std::ios::binary);
    array.seekg(8);
    std::uint16_t header = 0;
    array.read(reinterpret_cast<char*>(&header), sizeof header);
    array.seekg(10 + header);
    for (auto& reference : references)
        array.read(reinterpret_cast<char*>(reference.vector.data()), kDimension * sizeof(float));
    EXPECT_TRUE(array.good());
    // The reference reads the names of special tokens in a text as such; here they are text.
    std::erase_if(references, [](const Reference& reference) { return reference.text.contains("[SEP]"); });
    return references;
}

float dot(std::span<const float> a, std::span<const float> b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

class EncoderTest : public testing::Test {
 protected:
    void SetUp() override {
        if (built_in_encoder().empty()) GTEST_SKIP() << "built without the weights: scripts/install.sh encoder";
        const auto sets = all_kernels();
        for (std::size_t i = 0; i < sets.count; ++i) {
            auto encoder = Encoder::open(built_in_encoder(), *sets.sets[i]);
            ASSERT_TRUE(encoder) << encoder.error().message;
            encoders_.emplace_back(sets.sets[i]->name, std::move(*encoder));
        }
    }
    const Encoder& encoder() const { return encoders_.back().second; }

    std::vector<std::pair<std::string_view, Encoder>> encoders_;  // one for each instruction set that runs here
};

TEST_F(EncoderTest, CutsTextIntoTheWordPiecesOfTheReference) {
    const auto references = read_references();
    EXPECT_GE(references.size(), 100u);
    for (const auto& reference : references)
        EXPECT_EQ(encoder().word_piece().encode(reference.text, encoder().length()), reference.ids) << reference.text;
}

TEST_F(EncoderTest, ComputesTheVectorsOfTheReferenceOnEveryInstructionSet) {
    const auto references = read_references();
    for (const auto& [name, encoder] : encoders_) {
        float least = 1, sum = 0;
        for (const auto& reference : references) {
            const auto vector = encoder.embed(reference.text);
            ASSERT_EQ(vector.size(), kDimension);
            EXPECT_NEAR(dot(vector, vector), 1, 1e-5);
            const auto likeness = dot(vector, reference.vector);
            EXPECT_GT(likeness, 0.999F) << name << ": " << reference.text;
            least = std::min(least, likeness);
            sum += likeness;
        }
        std::printf("%-8s cosine to the reference: least %.5f, mean %.5f\n", std::string(name).c_str(), least,
                    sum / static_cast<float>(references.size()));
    }
}

TEST_F(EncoderTest, PutsTextsOfOneMeaningNearEachOther) {
    const auto asked = encoder().embed("my other half never hears me");
    const auto meant = encoder().embed("How to talk when your partner does not listen");
    const auto other = encoder().embed("The oven must be hot before the bread goes in");
    EXPECT_GT(dot(asked, meant), dot(asked, other) + 0.2F);
}

TEST_F(EncoderTest, ReadsNoFurtherThanItsLength) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += "word ";
    const auto cut = encoder().embed(text);
    text += std::string(1 << 20, 'x') + " and something else entirely";
    EXPECT_EQ(encoder().word_piece().encode(text, encoder().length()).size(), encoder().length());
    EXPECT_EQ(encoder().embed(text), cut);
}

TEST_F(EncoderTest, TakesSpecialTokensInTextAsText) {
    const auto pieces = encoder().word_piece().encode("[SEP]", encoder().length());
    EXPECT_GT(pieces.size(), 3u);
    EXPECT_EQ(std::ranges::count(pieces, pieces.back()), 1);
}

TEST_F(EncoderTest, OpensNothingThatIsCutShortOrForeign) {
    const auto whole = built_in_encoder();
    EXPECT_FALSE(Encoder::open({}));
    EXPECT_FALSE(Encoder::open(whole.first(40)));
    EXPECT_FALSE(Encoder::open(whole.first(whole.size() - 1)));
    EXPECT_FALSE(Encoder::open(whole.subspan(64)));
}

TEST(EncoderPacking, SaysWhatIsWrongWithItsInput) {
    const auto nothing = pack("", "", 12, 256);
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, ErrorCode::invalid);
    const std::string header = R"({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})";
    std::string file(8, '\0');
    file[0] = static_cast<char>(header.size());
    const auto foreign = pack(file + header + std::string(4, '\0'), "a\nb", 12, 256);
    ASSERT_FALSE(foreign);
    EXPECT_TRUE(foreign.error().message.contains("BERT")) << foreign.error().message;
}

}  // namespace
}  // namespace slipway::model::encoder
